using System.Text;
using Quern.Agents;
using Quern.MasterHost.Agents.Deployment;
using Quern.Peers.Estate;
using Quern.Storage;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Agents;

/// <summary>Agents brought to a machine by the system's ssh, against the real sshd.</summary>
public sealed class DeploymentTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_agent_is_installed_and_started_by_key()
    {
        await using var machine = await SshMachine.StartAsync();
        await using var farm = await FarmAsync();
        byte[] key = machine.Key;

        var steps = await farm.BuildAsync(Order("sh", machine.Target() with { PrivateKey = key }));

        Assert.Equal((AgentBuildStep.Done, "installed in /opt/quern-agent and started; there is no systemd here, so it does not start again with the machine"), (steps[^1].Step, steps[^1].Message));
        Assert.Equal(
            [AgentBuildStep.Queued, AgentBuildStep.Generate, AgentBuildStep.Package, AgentBuildStep.Connect, AgentBuildStep.Probe, AgentBuildStep.Upload,
             AgentBuildStep.Install, AgentBuildStep.Start, AgentBuildStep.Done],
            steps.Select(s => s.Step).Distinct());
        Assert.Equal(steps.Select(s => s.Percent).Order(), steps.Select(s => s.Percent));
        Assert.EndsWith("agent run --config /etc/quern-agent/agent.json --state /var/lib/quern-agent\n", await machine.AskAsync("cat /var/lib/quern-agent/started"), StringComparison.Ordinal);
        Assert.Contains(Assert.Single(farm.Desk.Keys).Secret, await machine.AskAsync("cat /etc/quern-agent/agent.json"), StringComparison.Ordinal);
        Assert.Equal("nothing\n", await machine.AskAsync("ls -d /tmp/quern-agent.* 2>/dev/null || echo nothing"));
        Assert.Empty(farm.Desk.Revoked);
        Assert.DoesNotContain(key, b => b != 0);
        Assert.Contains(await KindsAsync(farm), k => k == EventKinds.AgentDeployed);
    }

    [Theory]
    [InlineData("tar.gz")]
    [InlineData("deb")]
    public async Task Other_formats_are_installed_too_and_an_upgrade_keeps_the_identity(string format)
    {
        await using var machine = await SshMachine.StartAsync();
        await using var farm = await FarmAsync();

        var first = await farm.BuildAsync(Order(format, machine.Target() with { Password = SshMachine.Password }));
        await machine.AskAsync("echo me >/var/lib/quern-agent/identity");
        farm.Time.Advance(TimeSpan.FromMinutes(1));
        var second = await farm.BuildAsync(Order(format, machine.Target() with { Password = SshMachine.Password }));

        Assert.Equal((AgentBuildStep.Done, AgentBuildStep.Done), (first[^1].Step, second[^1].Step));
        Assert.Equal("me\n", await machine.AskAsync("cat /var/lib/quern-agent/identity"));
        Assert.Contains(farm.Desk.Keys.Last().Secret, await machine.AskAsync("cat /etc/quern-agent/agent.json"), StringComparison.Ordinal);
        if (format == "deb") Assert.Contains("not started: the machine has no systemd", second[^1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_with_a_passphrase_lets_in_and_a_wrong_passphrase_does_not()
    {
        await using var machine = await SshMachine.StartAsync();
        await using var farm = await FarmAsync();

        var good = await farm.BuildAsync(Order("sh", machine.Target() with { PrivateKey = machine.LockedKey, Passphrase = "open sesame" }));
        var bad = await farm.BuildAsync(Order("sh", machine.Target() with { PrivateKey = machine.LockedKey, Passphrase = "open barley" }));

        Assert.Equal(AgentBuildStep.Done, good[^1].Step);
        Assert.Equal(
            (AgentBuildStep.Error, $"root@127.0.0.1:{machine.Port}, connecting: the private key cannot be used: it is damaged, or the passphrase is not its own."),
            (bad[^1].Step, bad[^1].Message));
    }

    [Fact]
    public async Task A_user_without_root_installs_into_a_folder_of_their_own()
    {
        await using var machine = await SshMachine.StartAsync();
        await using var farm = await FarmAsync();
        var builder = machine.Target("builder") with { Password = SshMachine.Password };

        var refused = await farm.BuildAsync(Order("sh", builder));
        var done = await farm.BuildAsync(Order("sh", builder with { InstallPath = "/home/builder/agent" }));

        Assert.Equal(AgentBuildStep.Error, refused[^1].Step);
        Assert.Contains("user builder is not root and cannot become it", refused[^1].Message, StringComparison.Ordinal);
        Assert.Equal((AgentBuildStep.Done, "installed in /home/builder/agent and started; there is no systemd here, so it does not start again with the machine"), (done[^1].Step, done[^1].Message));
        Assert.Equal("builder\n", await machine.AskAsync("stat -c %U /home/builder/agent/state/started"));
    }

    [Fact, Trait("CWE", "322")]
    public async Task Another_host_key_is_no_machine_to_send_a_secret_to()
    {
        await using var machine = await SshMachine.StartAsync();
        await using var farm = await FarmAsync();
        string other = $"SHA256:{Convert.ToBase64String(new byte[32]).TrimEnd('=')}";

        var steps = await farm.BuildAsync(Order("sh", machine.Target() with { HostKeySha256 = other, Password = SshMachine.Password }));

        Assert.Equal(
            (AgentBuildStep.Error, $"root@127.0.0.1:{machine.Port}, connecting: its host key is not the one that was given ({other}) but {machine.HostKey}: it is another machine, or somebody stands in between. Nothing was sent."),
            (steps[^1].Step, steps[^1].Message));
        Assert.DoesNotContain(steps, s => s.Step > AgentBuildStep.Connect && s.Step < AgentBuildStep.Done);
        Assert.Equal("key-1", Assert.Single(farm.Desk.Revoked));
        Assert.Null(await farm.Builds.FetchAsync(BuildFarm.Owner, steps[0].Build, 0, 100, Cancellation));
    }

    [Fact]
    public async Task A_wrong_password_and_a_machine_that_is_not_there_are_told_as_what_they_are()
    {
        await using var machine = await SshMachine.StartAsync();
        await using var farm = await FarmAsync();

        var wrong = await farm.BuildAsync(Order("sh", machine.Target() with { Password = "another" }));
        var absent = await farm.BuildAsync(Order("sh", new SshTarget("127.0.0.1", 1, "root", machine.HostKey) { Password = "another" }));

        Assert.Contains("connecting: it does not let user root in with this password", wrong[^1].Message, StringComparison.Ordinal);
        Assert.Contains("root@127.0.0.1:1, connecting: no SSH server answers there", absent[^1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_of_another_kind_is_left_as_it_is()
    {
        await using var machine = await SshMachine.StartAsync();
        await using var farm = await FarmAsync();
        var other = AgentPlatform.All.First(p => p.ElfMachine != AgentPlatform.Here!.ElfMachine);
        farm.PutProgram("payloads", other.Rid, BuildFarm.Elf(other.ElfMachine));

        var steps = await farm.BuildAsync(Order("sh", machine.Target() with { Password = SshMachine.Password }) with { Platform = other.Rid });

        Assert.Contains($"looking what it is: the machine is {AgentPlatform.Here!.Uname[0]}, and the agent is for {other.Rid}", steps[^1].Message, StringComparison.Ordinal);
        Assert.Equal("nothing\n", await machine.AskAsync("ls -d /opt/quern-agent /etc/quern-agent /tmp/quern-agent.* 2>/dev/null || echo nothing"));
    }

    [Fact]
    public async Task An_agent_that_does_not_run_is_not_said_to()
    {
        await using var machine = await SshMachine.StartAsync();
        await using var farm = await FarmAsync();
        farm.PutProgram("payloads", AgentPlatform.Here!.Rid, await File.ReadAllBytesAsync("/usr/bin/false", Cancellation));

        var steps = await farm.BuildAsync(Order("sh", machine.Target() with { Password = SshMachine.Password }));

        Assert.Equal(AgentBuildStep.Error, steps[^1].Step);
        Assert.Contains("it could not be installed: quern-agent: it was started and ended at once", steps[^1].Message, StringComparison.Ordinal);
    }

    [Fact, Trait("CWE", "532")]
    public async Task No_secret_is_in_the_journal_in_a_message_or_left_in_a_file()
    {
        await using var machine = await SshMachine.StartAsync();
        await using var farm = await FarmAsync();

        var steps = await farm.BuildAsync(Order("sh", machine.Target() with { PrivateKey = machine.LockedKey, Passphrase = "open sesame" }));
        steps.AddRange(await farm.BuildAsync(Order("sh", machine.Target() with { Password = "wrong $ecret" })));

        string told = string.Join('\n', steps.Select(s => s.ToString())) + string.Join('\n', (await farm.Store.ReadJournalAsync(0, 1000, Cancellation)).Select(e => e.ToString()));
        foreach (string secret in (string[])["open sesame", "wrong $ecret", "PRIVATE KEY", .. farm.Desk.Keys.Select(k => k.Secret)])
            Assert.DoesNotContain(secret, told, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(Path.GetTempPath(), SshDeployer.FolderPrefixOf(farm.BuildsFolder) + "*"));
        foreach (string file in Directory.GetFiles(farm[""], "farm.db*"))
            foreach (string secret in (string[])["open sesame", "wrong $ecret", "PRIVATE KEY"])
                Assert.DoesNotContain(secret, Encoding.Latin1.GetString(await BuildFarm.ReadAsync(file)), StringComparison.Ordinal);
    }

    private static async Task<BuildFarm> FarmAsync()
    {
        var farm = await BuildFarm.StartAsync(withProgram: false);
        farm.PutProgram("payloads", AgentPlatform.Here!.Rid, WaitingProgram.Bytes);
        return farm;
    }

    private static AgentOrder Order(string format, SshTarget target) => new(BuildFarm.Group, "", format, target);

    private static async Task<List<string>> KindsAsync(BuildFarm farm) => [.. (await farm.Store.ReadJournalAsync(0, 1000, Cancellation)).Select(e => e.Kind)];
}
