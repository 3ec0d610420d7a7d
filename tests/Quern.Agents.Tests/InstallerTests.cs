using Quern.Testing;

namespace Quern.Agents.Tests;

/// <summary>The shell installer, in machines that are thrown away.</summary>
public sealed class InstallerTests
{
    [Fact]
    public async Task It_is_installed_upgraded_with_its_identity_removed_and_purged()
    {
        using var folder = new ScratchFolder();
        folder.Write(Made.Runnable("""{"one":1}"""), "sh", "one.sh");
        folder.Write(Made.Runnable("""{"two":2}""", minutesLater: 1), "sh", "two.sh");
        folder.Write(Made.Runnable("""{"three":3}""", minutesLater: 2), "sh", "three.sh");

        string said = await FreshRoot.RunAsync(folder.Path, """
            sh /made/one.sh
            stat -c '%A %U:%G %n' /etc/quern-agent/agent.json /opt/quern-agent/quern-worker /var/lib/quern-agent
            readlink /etc/systemd/system/multi-user.target.wants/quern-agent.service
            systemd-analyze verify /etc/systemd/system/quern-agent.service
            ls -d /tmp/quern-agent.* 2>/dev/null || echo nothing left in /tmp
            echo me >/var/lib/quern-agent/identity
            sh /made/two.sh >/dev/null
            cat /var/lib/quern-agent/identity /etc/quern-agent/agent.json; echo
            stat -c '%A %U:%G' /etc/quern-agent/agent.json
            echo '{"changed":9}' >/etc/quern-agent/agent.json
            sh /made/three.sh | sed -n 1p
            cat /etc/quern-agent/agent.json /etc/quern-agent/agent.json.new; echo
            stat -c '%A' /etc/quern-agent/agent.json.new
            sh /made/three.sh --uninstall
            ls -A /etc/quern-agent /var/lib/quern-agent
            ls -d /opt/quern-agent /etc/systemd/system/quern-agent.service 2>/dev/null || echo the program is gone
            sh /made/three.sh --uninstall --purge
            ls -d /etc/quern-agent /var/lib/quern-agent 2>/dev/null || echo all gone
            """, TestContext.Current.CancellationToken);

        Assert.Equal("""
            quern-agent: installed in /opt/quern-agent; the service quern-agent starts with the machine
            -rw-r----- root:quern-agent /etc/quern-agent/agent.json
            -rwxr-xr-x root:root /opt/quern-agent/quern-worker
            drwx------ quern-agent:quern-agent /var/lib/quern-agent
            /etc/systemd/system/quern-agent.service
            nothing left in /tmp
            me
            {"two":2}
            -rw-r----- root:quern-agent
            quern-agent: /etc/quern-agent/agent.json was changed here and stays; the new one is /etc/quern-agent/agent.json.new
            {"changed":9}
            {"three":3}
            -rw-------
            quern-agent: removed; the configuration (/etc/quern-agent) and the identity (/var/lib/quern-agent) stay, --purge removes them too
            /etc/quern-agent:
            .installed.sha256
            agent.json
            agent.json.new

            /var/lib/quern-agent:
            identity
            the program is gone
            quern-agent: removed, with its configuration and its identity
            all gone

            """, said);
    }

    [Fact]
    public async Task Without_systemd_it_is_started_as_a_user_of_its_own_and_restarted_by_an_upgrade()
    {
        using var folder = new ScratchFolder();
        folder.Write(Made.Runnable(), "sh", "one.sh");

        string said = await FreshRoot.RunAsync(folder.Path, """
            sh /made/one.sh --no-service --start
            first=$(cat /opt/quern-agent/agent.pid)
            sed "s/^$(id -u quern-agent) /quern-agent /" /var/lib/quern-agent/started
            sh /made/one.sh --no-service --start >/dev/null
            second=$(cat /opt/quern-agent/agent.pid)
            [ "$first" != "$second" ] && ! kill -0 "$first" 2>/dev/null && kill -0 "$second" && echo restarted
            sh /made/one.sh --uninstall --purge >/dev/null
            kill -0 "$second" 2>/dev/null || echo stopped
            ls -d /opt/quern-agent /var/lib/quern-agent 2>/dev/null || echo all gone
            """, TestContext.Current.CancellationToken);

        Assert.Equal("""
            quern-agent: installed in /opt/quern-agent and started; there is no systemd here, so it does not start again with the machine
            quern-agent agent run --config /etc/quern-agent/agent.json --state /var/lib/quern-agent
            restarted
            stopped
            all gone

            """, said);
    }

    [Fact]
    public async Task An_agent_that_ends_at_once_is_told_of()
    {
        using var folder = new ScratchFolder();
        byte[] ends = await File.ReadAllBytesAsync("/usr/bin/false", TestContext.Current.CancellationToken);
        folder.Write(Made.Runnable() with { Program = ends }, "sh", "one.sh");

        string said = await FreshRoot.RunAsync(folder.Path, "sh /made/one.sh --no-service --start || echo failed with $?", TestContext.Current.CancellationToken);

        Assert.Contains("it was started and ended at once", said, StringComparison.Ordinal);
        Assert.EndsWith("failed with 1\n", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_is_not_root_installs_into_a_folder_of_their_own()
    {
        using var folder = new ScratchFolder();
        folder.Write(Made.Runnable(), "sh", "one.sh");

        string said = await FreshRoot.RunAsync(folder.Path, """
            useradd --create-home somebody
            cp /made/one.sh /home/somebody/one.sh && chown somebody /home/somebody/one.sh
            asked() { setpriv --reuid=somebody --regid=somebody --clear-groups env HOME=/home/somebody sh /home/somebody/one.sh "$@"; }
            asked || :
            asked --prefix /home/somebody/agent --start
            sed 's/^[0-9]* //' /home/somebody/agent/state/started
            stat -c '%A %n' /home/somebody/agent/etc/agent.json /home/somebody/agent/state
            asked --prefix /home/somebody/agent --uninstall --purge
            ls -d /home/somebody/agent 2>/dev/null || echo all gone
            """, TestContext.Current.CancellationToken);

        Assert.Equal("""
            quern-agent: only root can install into /opt/quern-agent; name a folder of your own with --prefix
            quern-agent: installed in /home/somebody/agent and started; there is no systemd here, so it does not start again with the machine
            agent run --config /home/somebody/agent/etc/agent.json --state /home/somebody/agent/state
            -rw------- /home/somebody/agent/etc/agent.json
            drwx------ /home/somebody/agent/state
            quern-agent: removed, with its configuration and its identity
            all gone

            """, said);
    }

    [Theory]
    [InlineData(false, "Build one for its platform")]
    [InlineData(true, "which this machine does not have. Build one for its C library")]
    public async Task A_machine_of_another_kind_is_left_as_it_is(bool sameProcessor, string why)
    {
        var here = AgentPlatform.Here!;
        var other = AgentPlatform.All.First(p => p != here && p.Uname.SequenceEqual(here.Uname) == sameProcessor);
        using var folder = new ScratchFolder();
        folder.Write(Made.Bundle(other.Rid), "sh", "one.sh");

        string said = await FreshRoot.RunAsync(folder.Path, """
            sh /made/one.sh || echo failed with $?
            ls -d /opt/quern-agent /etc/quern-agent /var/lib/quern-agent 2>/dev/null || echo nothing was made
            id quern-agent >/dev/null 2>&1 || echo no user was made
            """, TestContext.Current.CancellationToken);

        Assert.Contains($"this agent is for {other.Rid}", said, StringComparison.Ordinal);
        Assert.Contains(why, said, StringComparison.Ordinal);
        Assert.EndsWith("failed with 1\nnothing was made\nno user was made\n", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_file_installs_nothing()
    {
        using var folder = new ScratchFolder();
        byte[] bytes = Made.Bytes(Made.Runnable(), "sh");
        bytes[^1000] ^= 1;
        await File.WriteAllBytesAsync(folder["one.sh"], bytes, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(folder["short.sh"], bytes[..^2000], TestContext.Current.CancellationToken);

        string said = await FreshRoot.RunAsync(folder.Path, """
            for file in one short; do sh /made/$file.sh >/tmp/said 2>&1 || echo failed with $?; grep -o 'damaged on its way' /tmp/said; done
            ls -d /opt/quern-agent 2>/dev/null || echo nothing was made
            """, TestContext.Current.CancellationToken);

        Assert.Equal("failed with 1\ndamaged on its way\nfailed with 1\ndamaged on its way\nnothing was made\n", said);
    }

    [Theory, Trait("CWE", "22")]
    [InlineData("--prefix", "--prefix needs a folder")]
    [InlineData("--prefix relative", "--prefix must be absolute: relative")]
    [InlineData("--prefix /", "is not a folder to install into")]
    [InlineData("--prefix /opt/../etc", "is not a folder to install into")]
    [InlineData("--prefix /opt/x/..", "is not a folder to install into")]
    [InlineData("--purge", "--purge goes with --uninstall")]
    [InlineData("--unknown", "unknown option: --unknown")]
    public async Task Wrong_options_do_nothing(string options, string why)
    {
        using var folder = new ScratchFolder();
        folder.Write(Made.Runnable(), "sh", "one.sh");

        string said = await FreshRoot.RunAsync(folder.Path, $"sh /made/one.sh {options} || echo failed with $?", TestContext.Current.CancellationToken);

        Assert.Contains(why, said, StringComparison.Ordinal);
        Assert.EndsWith("failed with 1\n", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_archive_is_installed_by_the_script_in_it()
    {
        using var folder = new ScratchFolder();
        folder.Write(Made.Runnable(), "tar.gz", "one.tar.gz");

        string said = await FreshRoot.RunAsync(folder.Path, """
            cd /root && tar -xzf /made/one.tar.gz && quern-agent/install.sh --prefix /opt/farm/agent
            grep ^ExecStart /etc/systemd/system/quern-agent.service
            """, TestContext.Current.CancellationToken);

        Assert.Equal("""
            quern-agent: installed in /opt/farm/agent; the service quern-agent starts with the machine
            ExecStart=/opt/farm/agent/quern-worker agent run --config /etc/quern-agent/agent.json --state /var/lib/quern-agent

            """, said);
    }
}
