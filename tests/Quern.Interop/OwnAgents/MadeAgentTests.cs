using System.Diagnostics;
using Quern.Testing;

namespace Quern.Interop.OwnAgents;

/// <summary>Made to order, installed on a machine that is thrown away, joined, and given work.</summary>
public sealed class MadeAgentTests
{
    private const string RunScript = """
        cd /var/lib/quern-agent
        exec setpriv --reuid=quern-agent --regid=quern-agent --clear-groups --no-new-privs -- \
            "$program" agent run --config /etc/quern-agent/agent.json --state /var/lib/quern-agent
        """;

    [Fact]
    public async Task A_machine_without_OpenSSL_is_told_what_to_install()
    {
        using var folder = new ScratchFolder();
        File.Copy(Path.Combine(PublishedWorker.PayloadFolder, "linux-x64", "quern-worker"), folder["quern-worker"]);
        await File.WriteAllTextAsync(folder["agent.json"], """
            {"version":1,"group":"labs","protocol":"buildbot-msgpack","farm":["127.0.0.1:1"],"masters":["wss://127.0.0.1:1"],
             "spki":["q83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeJq80="],"key":"quern_agent_x","keyExpires":"2061-12-01T00:00:00Z","tags":[],"slots":1}
            """, TestContext.Current.CancellationToken);

        string said = await FreshRoot.RunAsync(folder.Path, """
            rm -f /usr/lib/*/libssl.so.* /usr/lib/libssl.so.* /usr/lib64/libssl.so.*
            code=0
            /made/quern-worker agent run --config /made/agent.json --state /var/lib/quern-agent || code=$?
            echo "exit code $code"
            """, TestContext.Current.CancellationToken);

        Assert.Matches("^quern-worker: this machine has no OpenSSL 3 or 1.1, .* install libssl3 .*\nexit code 2\n$", said);
    }

    [Theory]
    [InlineData("deb", "dpkg -i /made/one", "dpkg -i /made/two", "/usr/lib/quern-agent/quern-worker")]
    [InlineData("sh", "sh /made/one --no-service", "sh /made/two --no-service", "/opt/quern-agent/quern-worker")]
    public async Task An_agent_is_installed_joins_works_and_keeps_its_identity_over_an_upgrade(string format, string install, string upgrade, string program)
    {
        await using var farm = await AgentMaster.StartAsync();
        await farm.BuildAsync(format, "one");
        await farm.BuildAsync(format, "two");

        // The machine waits for a line before it goes on, so that the test can look at each state.
        using var machine = Process.Start(FreshRoot.StartOf(farm.Made, $"""
            program={program}
            {install} >&2
            ( {RunScript} ) >&2 & agent=$!
            read -r line
            kill $agent; wait $agent || :
            {upgrade} >&2
            {RunScript}
            """))!;
        var said = machine.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        try
        {
            var first = await farm.OnlineAgentAsync();
            string before = await farm.RunAsync("id", "-un");
            await machine.StandardInput.WriteLineAsync("go on");
            await machine.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
            await farm.UntilAwayAsync();
            var second = await farm.OnlineAgentAsync();
            string after = await farm.RunAsync("id", "-un");

            Assert.Contains("quern-agent", before.Split('\n'));
            Assert.Contains("quern-agent", after.Split('\n'));
            Assert.Equal($"{first["uuid"]}", $"{second["uuid"]}");
        }
        catch (Exception e) when (machine.HasExited)
        {
            throw new InvalidOperationException($"The machine ended: {await said}", e);
        }
        finally
        {
            machine.Kill(entireProcessTree: true);
            await machine.WaitForExitAsync(CancellationToken.None);
        }
    }
}
