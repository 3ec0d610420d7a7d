using System.Globalization;
using System.Security.Cryptography;
using Quern.Agents;
using Quern.Peers.Estate;
using Quern.Storage;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Agents;

/// <summary>Deployment by users who become root, to machines with systemd, and over connections that break.</summary>
public sealed class DeploymentToSystemsTests
{
    private const string Unit = "quern-agent.service";
    private const string Leftovers = "ls -d /tmp/quern-agent.* 2>/dev/null || echo nothing";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("sh", "/opt/quern-agent/quern-worker", "/etc/systemd/system/quern-agent.service")]
    [InlineData("tar.gz", "/opt/quern-agent/quern-worker", "/etc/systemd/system/quern-agent.service")]
    [InlineData("deb", "/usr/lib/quern-agent/quern-worker", "/lib/systemd/system/quern-agent.service")]
    public async Task A_user_with_sudo_installs_it_in_its_place_and_its_service_runs(string format, string program, string unit)
    {
        await using var machine = await SshMachine.StartAsync(systemd: true);
        await using var farm = await FarmAsync(WaitingProgram.Bytes);
        var target = machine.Target("trusted") with { Password = SshMachine.Password };

        var first = await farm.BuildAsync(Order(format, target));
        Assert.Equal((AgentBuildStep.Done, "installed; the service quern-agent runs"), (first[^1].Step, first[^1].Message));
        string asked = await machine.AskAsync("cat /var/log/systemctl; : >/var/log/systemctl"), pid = await machine.AskAsync("cat /run/unit.pid");
        await machine.AskAsync("echo me >/var/lib/quern-agent/identity");
        farm.Time.Advance(TimeSpan.FromMinutes(1));
        var second = await farm.BuildAsync(Order(format, target));

        string[] verbs = [.. asked.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ').First(w => w[0] != '-'))];
        string[] expected = format == "deb" ? ["daemon-reload", "start"] : ["daemon-reload", "enable", "restart"];
        Assert.Equal(expected, verbs.Where(v => expected.Contains(v)));
        Assert.Equal("is-active", verbs[^1]);
        Assert.Equal($"{unit}\n", await machine.AskAsync($"readlink /etc/systemd/system/multi-user.target.wants/{Unit}"));
        Assert.Equal($"ExecStart={program} agent run --config /etc/quern-agent/agent.json --state /var/lib/quern-agent\n", await machine.AskAsync($"grep ^ExecStart= {unit}"));
        Assert.Equal("quern-agent root:root\n", await machine.AskAsync($"echo $(stat -c %U /var/lib/quern-agent/started) $(stat -c %U:%G {program})"));
        Assert.Equal("nothing\n", await machine.AskAsync(Leftovers));

        Assert.Equal((AgentBuildStep.Done, "me\n"), (second[^1].Step, await machine.AskAsync("cat /var/lib/quern-agent/identity")));
        Assert.Contains($"restart {Unit}", await machine.AskAsync("cat /var/log/systemctl"), StringComparison.Ordinal);
        Assert.NotEqual(pid, await machine.AskAsync("cat /run/unit.pid"));
    }

    [Theory]
    [InlineData("sh", "which installing into /opt/quern-agent needs. Sign in as root, allow sudo without a password")]
    [InlineData("deb", "which installing a deb needs")]
    public async Task Sudo_that_asks_for_a_password_is_told_before_anything_is_sent(string format, string what)
    {
        await using var machine = await SshMachine.StartAsync(systemd: true);
        await using var farm = await FarmAsync(WaitingProgram.Bytes);

        var steps = await farm.BuildAsync(Order(format, machine.Target("asked") with { Password = SshMachine.Password }));

        Assert.Equal(AgentBuildStep.Error, steps[^1].Step);
        Assert.Contains($"asked@127.0.0.1:{machine.Port}, looking what it is: user asked is not root and cannot become it ('sudo -n' asks for a password), {what}", steps[^1].Message, StringComparison.Ordinal);
        Assert.DoesNotContain(steps, s => s.Step is AgentBuildStep.Upload or AgentBuildStep.Install);
        Assert.Equal("nothing\n", await machine.AskAsync(Leftovers));
        Assert.Equal("key-1", Assert.Single(farm.Desk.Revoked));
    }

    [Fact]
    public async Task A_service_that_does_not_run_is_told_with_what_systemd_says()
    {
        await using var machine = await SshMachine.StartAsync(systemd: true);
        await using var farm = await FarmAsync(await File.ReadAllBytesAsync("/usr/bin/false", Cancellation));

        var steps = await farm.BuildAsync(Order("sh", machine.Target("trusted") with { Password = SshMachine.Password }));

        Assert.Equal(
            (AgentBuildStep.Error, $"trusted@127.0.0.1:{machine.Port}, starting: it is installed, but the service quern-agent does not run: failed (Result: exit-code)."),
            (steps[^1].Step, steps[^1].Message));
        Assert.Empty(farm.Desk.Revoked);
    }

    [Fact]
    public async Task A_connection_that_breaks_while_the_file_is_sent_leaves_nothing_there()
    {
        await using var machine = await SshMachine.StartAsync();
        await using var farm = await FarmAsync([.. WaitingProgram.Bytes, .. RandomNumberGenerator.GetBytes(16 << 20)]);

        var steps = await farm.BuildAsync(Order("sh", machine.Target() with { Password = SshMachine.Password }), step =>
        {
            if (step.Message.StartsWith("sent ", StringComparison.Ordinal)) CutConnection(machine);
        });

        Assert.Equal(AgentBuildStep.Error, steps[^1].Step);
        Assert.StartsWith($"root@127.0.0.1:{machine.Port}, sending: ", steps[^1].Message, StringComparison.Ordinal);
        await GoneAsync(machine);
        Assert.Equal("nothing\n", await machine.AskAsync("ls -d /opt/quern-agent /etc/quern-agent /var/lib/quern-agent 2>/dev/null || echo nothing"));
        Assert.Equal("key-1", Assert.Single(farm.Desk.Revoked));
    }

    [Fact]
    public async Task A_connection_that_breaks_while_it_is_installed_does_not_leave_it_half_installed()
    {
        const string Begun = "/var/tmp/begun", Go = "/var/tmp/go";
        await using var machine = await SshMachine.StartAsync(setUp: $"""
            printf '#!/bin/sh\n: >{Begun}\nwhile [ ! -e {Go} ]; do sleep 0.1; done\nexec /usr/bin/gzip "$@"\n' >/usr/local/bin/gzip
            chmod +x /usr/local/bin/gzip
            """);
        await using var farm = await FarmAsync(WaitingProgram.Bytes);

        var building = farm.BuildAsync(Order("sh", machine.Target() with { Password = SshMachine.Password }));
        await UntilAsync(machine, $"[ -e {Begun} ]");
        CutConnection(machine);
        var steps = await building;
        await machine.AskAsync($": >{Go}");

        Assert.Equal(AgentBuildStep.Error, steps[^1].Step);
        Assert.StartsWith($"root@127.0.0.1:{machine.Port}, installing: the connection was lost", steps[^1].Message, StringComparison.Ordinal);
        Assert.Contains("The machine finishes what it has begun", steps[^1].Message, StringComparison.Ordinal);
        // The agent that comes to its end there has a key that is good.
        Assert.Empty(farm.Desk.Revoked);
        await UntilAsync(machine, "[ -e /var/lib/quern-agent/started ]");
        await GoneAsync(machine);
        Assert.Contains(await KindsAsync(farm), k => k == EventKinds.AgentDeployFailed);
    }

    /// <summary>Kills the farm's end of the connection, as a lost network or a killed master would end it.</summary>
    private static void CutConnection(SshMachine machine)
    {
        string keeps = "\0-M\0", to = string.Create(CultureInfo.InvariantCulture, $"\0-p\0{machine.Port}\0");
        foreach (string process in Directory.GetDirectories("/proc").Where(p => int.TryParse(Path.GetFileName(p), out _)))
        {
            string words;
            try
            {
                words = File.ReadAllText(Path.Combine(process, "cmdline"));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                continue;   // it has ended meanwhile
            }
            if (!words.StartsWith("ssh\0", StringComparison.Ordinal) || !words.Contains(keeps, StringComparison.Ordinal) || !words.Contains(to, StringComparison.Ordinal)) continue;
            using var ssh = System.Diagnostics.Process.GetProcessById(int.Parse(Path.GetFileName(process), CultureInfo.InvariantCulture));
            ssh.Kill();
        }
    }

    private static Task<string> GoneAsync(SshMachine machine) => UntilAsync(machine, "[ -z \"$(ls -d /tmp/quern-agent.* 2>/dev/null)\" ]");

    /// <summary>Waits there until a condition of shell holds; a minute at most.</summary>
    private static Task<string> UntilAsync(SshMachine machine, string condition) =>
        machine.AskAsync($"tries=0; until {condition}; do tries=$((tries + 1)); [ $tries -lt 600 ] || exit 1; sleep 0.1; done");

    private static async Task<BuildFarm> FarmAsync(byte[] program)
    {
        var farm = await BuildFarm.StartAsync(withProgram: false);
        farm.PutProgram("payloads", AgentPlatform.Here!.Rid, program);
        return farm;
    }

    private static AgentOrder Order(string format, SshTarget target) => new(BuildFarm.Group, "", format, target);

    private static async Task<List<string>> KindsAsync(BuildFarm farm) => [.. (await farm.Store.ReadJournalAsync(0, 1000, Cancellation)).Select(e => e.Kind)];
}
