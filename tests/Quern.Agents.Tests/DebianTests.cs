using Quern.Testing;

namespace Quern.Agents.Tests;

/// <summary>What Debian's own tools make of a package.</summary>
public sealed class DebianTests
{
    [Fact]
    public async Task Dpkg_reads_the_package()
    {
        using var folder = new ScratchFolder();
        string deb = folder.Write(Made.Bundle("linux-arm64"), "deb");

        Assert.Equal("quern-agent\n", await Tool.RunAsync("dpkg-deb", "--field", deb, "Package"));
        Assert.Equal("arm64\n", await Tool.RunAsync("dpkg-deb", "--field", deb, "Architecture"));
        Assert.Equal("0.1.0+20261129045100\n", await Tool.RunAsync("dpkg-deb", "--field", deb, "Version"));
        await Tool.RunAsync("dpkg-deb", "--raw-extract", deb, folder["raw"]);
        Assert.Equal(["DEBIAN", "etc", "usr"], Directory.GetFileSystemEntries(folder["raw"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal("/etc/quern-agent/agent.json\n", await File.ReadAllTextAsync(folder["raw/DEBIAN/conffiles"], TestContext.Current.CancellationToken));
        Assert.Equal(2, (await Tool.RunAsync("sh", "-c", "cd \"$1\" && md5sum -c DEBIAN/md5sums", "sh", folder["raw"])).Split(": OK").Length - 1);
        foreach (string script in (string[])["postinst", "prerm", "postrm"]) await Tool.RunAsync("sh", "-n", folder[$"raw/DEBIAN/{script}"]);
    }

    [Fact]
    public async Task A_later_package_is_the_newer_one()
    {
        string first = Made.Bundle().FullVersion, second = Made.Bundle(minutesLater: 1).FullVersion;

        await Tool.RunAsync("dpkg", "--compare-versions", second, "gt", first);
    }

    [Fact]
    public async Task It_is_installed_upgraded_with_its_identity_removed_and_purged()
    {
        using var folder = new ScratchFolder();
        folder.Write(Made.Runnable("""{"one":1}"""), "deb", "one.deb");
        folder.Write(Made.Runnable("""{"two":2}""", minutesLater: 1), "deb", "two.deb");

        string said = await FreshRoot.RunAsync(folder.Path, """
            dpkg -i /made/one.deb >/dev/null 2>&1
            stat -c '%A %U:%G %n' /etc/quern-agent/agent.json /usr/lib/quern-agent/quern-worker /var/lib/quern-agent
            cat /etc/quern-agent/agent.json; echo
            dpkg --verify quern-agent && echo verified
            ls -l /etc/systemd/system/multi-user.target.wants/quern-agent.service | sed 's/.*-> //'
            setpriv --reuid=quern-agent --regid=quern-agent --clear-groups cat /etc/quern-agent/agent.json; echo
            setpriv --reuid=65534 --regid=65534 --clear-groups cat /etc/quern-agent/agent.json 2>/dev/null || echo kept from others
            echo me >/var/lib/quern-agent/identity
            dpkg -i /made/two.deb >/dev/null 2>&1
            cat /var/lib/quern-agent/identity /etc/quern-agent/agent.json; echo
            stat -c '%A %U:%G' /etc/quern-agent/agent.json
            echo '{"changed":3}' >/etc/quern-agent/agent.json
            dpkg --force-confdef --force-confold -i /made/one.deb >/dev/null 2>&1
            cat /etc/quern-agent/agent.json /var/lib/quern-agent/identity
            dpkg -r quern-agent >/dev/null
            ls /etc/quern-agent /var/lib/quern-agent /usr/lib/quern-agent 2>/dev/null || :
            dpkg -P quern-agent >/dev/null
            ls -d /etc/quern-agent /var/lib/quern-agent /usr/lib/quern-agent /etc/systemd/system/multi-user.target.wants/quern-agent.service 2>/dev/null || echo all gone
            """, TestContext.Current.CancellationToken);

        Assert.Equal("""
            -rw-r----- root:quern-agent /etc/quern-agent/agent.json
            -rwxr-xr-x root:root /usr/lib/quern-agent/quern-worker
            drwx------ quern-agent:quern-agent /var/lib/quern-agent
            {"one":1}
            verified
            /lib/systemd/system/quern-agent.service
            {"one":1}
            kept from others
            me
            {"two":2}
            -rw-r----- root:quern-agent
            {"changed":3}
            me
            /etc/quern-agent:
            agent.json
            agent.json.dpkg-dist

            /var/lib/quern-agent:
            identity
            all gone

            """, said);
    }

    [Fact]
    public async Task Systemd_understands_the_unit()
    {
        using var folder = new ScratchFolder();
        folder.Write(Made.Runnable(), "deb", "one.deb");

        string said = await FreshRoot.RunAsync(folder.Path, """
            dpkg -i /made/one.deb >/dev/null 2>&1
            systemd-analyze verify /usr/lib/systemd/system/quern-agent.service
            """, TestContext.Current.CancellationToken);

        Assert.Equal("", said);
    }
}
