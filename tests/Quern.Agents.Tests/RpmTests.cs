using Quern.Testing;

namespace Quern.Agents.Tests;

/// <summary>What rpm's own tools make of a package.</summary>
public sealed class RpmTests
{
    [Fact]
    public async Task Rpm_reads_the_package_and_finds_it_whole()
    {
        using var folder = new ScratchFolder();
        string rpm = folder.Write(Made.Bundle("linux-arm64"), "rpm");

        Assert.Equal("quern-agent 0.1.0 20261129045100 aarch64 linux Apache-2.0\n",
            await Tool.RunAsync("rpm", "-qp", "--qf", "%{NAME} %{VERSION} %{RELEASE} %{ARCH} %{OS} %{LICENSE}\n", rpm));
        Assert.Contains("Summary     : Agent of a Quern package build farm", await Tool.RunAsync("rpm", "-qip", rpm), StringComparison.Ordinal);
        Assert.Equal($"{rpm}: digests OK\n", await Tool.RunAsync("rpm", "-K", rpm));
        Assert.Equal("/etc/quern-agent/agent.json\n", await Tool.RunAsync("rpm", "-qpc", rpm));
        Assert.Contains("rpmlib(RichDependencies) <= 4.12.0-1", await Tool.RunAsync("rpm", "-qpR", rpm), StringComparison.Ordinal);
        foreach (string script in (string[])["PREIN", "POSTIN", "PREUN", "POSTUN"])
        {
            await File.WriteAllTextAsync(folder[script], await Tool.RunAsync("rpm", "-qp", "--qf", $"%{{{script}}}", rpm), TestContext.Current.CancellationToken);
            await Tool.RunAsync("sh", "-n", folder[script]);
        }
    }

    [Fact]
    public async Task One_changed_byte_is_found()
    {
        using var folder = new ScratchFolder();
        byte[] bytes = Made.Bytes(Made.Bundle(), "rpm");
        bytes[^100] ^= 1;
        await File.WriteAllBytesAsync(folder["bad.rpm"], bytes, TestContext.Current.CancellationToken);

        Assert.Contains("DIGESTS", (await Tool.TryAsync("rpm", "-K", folder["bad.rpm"])).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_operator_signs_it_as_the_page_says()
    {
        using var folder = new ScratchFolder();
        string rpm = folder.Write(Made.Bundle(), "rpm");
        await Tool.RunAsync("sh", "-euc", """
            cd "$1"
            export GNUPGHOME=$1/keys
            mkdir -m 700 keys
            gpg --batch --quiet --passphrase '' --quick-generate-key 'Farm packages <packages@farm.example>' rsa3072 sign never
            gpg --export --armor packages@farm.example >farm.asc
            rpmsign --define '_gpg_name packages@farm.example' --define '__gpg /usr/bin/gpg' --addsign "$2" >/dev/null
            gpgconf --kill all
            rpmkeys --dbpath "$1/trusting" --import farm.asc
            """, "sh", folder.Path, rpm);

        Assert.Equal($"{rpm}: digests signatures OK\n", await Tool.RunAsync("rpmkeys", "--dbpath", folder["trusting"], "-K", rpm));
        Assert.Equal((1, $"{rpm}: digests SIGNATURES NOT OK\n"), ((await Tool.TryAsync("rpmkeys", "--dbpath", folder["other"], "-K", rpm)) is var (code, output, _) ? (code, output) : default));
        Assert.Equal("quern-agent\n", await Tool.RunAsync("rpm", "-qp", "--nosignature", "--qf", "%{NAME}\n", rpm));
    }

    [Fact]
    public async Task Its_archive_holds_the_files()
    {
        using var folder = new ScratchFolder();
        string rpm = folder.Write(Made.Bundle(), "rpm");

        string list = await Tool.RunAsync("sh", "-c", "rpm2cpio \"$1\" | cpio -t --quiet", "sh", rpm);

        Assert.Equal("""
            ./etc/quern-agent
            ./etc/quern-agent/agent.json
            ./usr/lib/quern-agent
            ./usr/lib/quern-agent/quern-worker
            ./usr/lib/systemd/system/quern-agent.service
            ./var/lib/quern-agent

            """, list);
    }

    [Fact]
    public async Task It_is_installed_upgraded_with_its_identity_and_removed()
    {
        using var folder = new ScratchFolder();
        folder.Write(Made.Runnable("""{"one":1}"""), "rpm", "one.rpm");
        folder.Write(Made.Runnable("""{"two":2}""", minutesLater: 1), "rpm", "two.rpm");

        // Debian's database of packages does not know of rpm's, so nothing of what is needed is there by its word.
        string said = await FreshRoot.RunAsync(folder.Path, """
            rpm() { command rpm --dbpath /var/lib/rpmtest --nodeps --force-debian "$@"; }
            rpm -i /made/one.rpm
            stat -c '%A %U:%G %n' /etc/quern-agent/agent.json /usr/lib/quern-agent/quern-worker /var/lib/quern-agent
            rpm -V quern-agent && echo verified
            echo me >/var/lib/quern-agent/identity
            rpm -U /made/two.rpm
            cat /var/lib/quern-agent/identity /etc/quern-agent/agent.json; echo
            echo '{"changed":3}' >/etc/quern-agent/agent.json
            rpm -U --oldpackage /made/one.rpm 2>/dev/null
            cat /etc/quern-agent/agent.json
            rpm -e quern-agent 2>/dev/null
            ls /usr/lib/quern-agent 2>/dev/null || cat /var/lib/quern-agent/identity
            """, TestContext.Current.CancellationToken);

        Assert.Equal("""
            -rw-r----- root:quern-agent /etc/quern-agent/agent.json
            -rwxr-xr-x root:root /usr/lib/quern-agent/quern-worker
            drwx------ quern-agent:quern-agent /var/lib/quern-agent
            verified
            me
            {"two":2}
            {"changed":3}
            me

            """, said);
    }
}
