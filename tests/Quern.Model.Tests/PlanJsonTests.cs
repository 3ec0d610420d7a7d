using System.Collections.Immutable;
using System.Text.Json;
using Xunit;

namespace Quern.Model.Tests;

/// <summary>Plans are stored and sent as JSON: what is written must be what is read, and the wire chooses among our types only.</summary>
public sealed class PlanJsonTests
{
    [Fact]
    public void Every_command_reads_back_as_it_was_written()
    {
        RemoteCommand[] commands =
        [
            new RemoteCommand.Shell { Command = ["sh", "-c", "true"], Timeout = TimeSpan.FromSeconds(3), UsePty = true },
            new RemoteCommand.Shell { Script = "make", Environment = ImmutableSortedDictionary<string, string?>.Empty.Add("A", null).Add("B", "b") },
            new RemoteCommand.UploadFile("out/x", new MasterTarget.Package()) { BlockSize = 1 << 20 },
            new RemoteCommand.UploadDirectory("out", new MasterTarget.Path("/srv/x")),
            new RemoteCommand.DownloadFile(new MasterSource.Text("hello"), "in/x") { Mode = 0x1ED },
            new RemoteCommand.DownloadFile(new MasterSource.Blob(new string('a', 64)), "in/y"),
            new RemoteCommand.DownloadFile(new MasterSource.File("/srv/x"), "in/z"),
            new RemoteCommand.DownloadFile(new MasterSource.Secret("token"), "in/t"),
            new RemoteCommand.MakeDirectory(["a", "b"]),
            new RemoteCommand.RemoveDirectory(["a"]),
            new RemoteCommand.CopyDirectory("a", "b"),
            new RemoteCommand.RemoveFile("a"),
            new RemoteCommand.Stat("a"),
            new RemoteCommand.Glob("*.c"),
            new RemoteCommand.ListDirectory("a"),
        ];
        foreach (var command in commands)
        {
            string json = JsonSerializer.Serialize(command);
            var read = JsonSerializer.Deserialize<RemoteCommand>(json)!;

            Assert.IsType(command.GetType(), read);
            Assert.Equal(json, JsonSerializer.Serialize(read));
        }
        Assert.Equal(typeof(RemoteCommand).GetNestedTypes().Length, commands.Select(c => c.GetType()).Distinct().Count());
    }

    [Fact]
    public void A_step_reads_back_with_all_that_surrounds_it()
    {
        var step = new PlanStep("test", new RemoteCommand.Stat("a"))
        {
            If = "steps.build == 'failed'",
            Always = true,
            OnFailure = FailureEffect.Warn,
            HaltOnFailure = true,
            TimeLimit = TimeSpan.FromMinutes(3),
            SecretEnvironment = ImmutableSortedDictionary<string, string>.Empty.Add("TOKEN", "deploy"),
            SecretInput = "key",
        };
        var plan = new Plan([step]) { Builder = "nightly", Properties = ImmutableSortedDictionary<string, string>.Empty.Add("branch", "main") };

        string json = JsonSerializer.Serialize(plan);

        Assert.Contains("\"OnFailure\":\"warn\"", json, StringComparison.Ordinal);
        Assert.DoesNotContain("HaltsOnFailure", json, StringComparison.Ordinal);
        Assert.Equal(json, JsonSerializer.Serialize(JsonSerializer.Deserialize<Plan>(json)));
    }

    [Fact]
    public void A_command_that_says_nothing_of_silence_is_killed_after_twenty_minutes_without_output() =>
        Assert.Equal(TimeSpan.FromMinutes(20), ((RemoteCommand.Shell)JsonSerializer.Deserialize<RemoteCommand>("""{"kind":"shell","Script":"true"}""")!).SilenceTimeout);

    [Theory]
    [InlineData("""{"kind":"format_disk"}""")]
    [InlineData("""{"Script":"true"}""")]
    public void Another_kind_is_refused(string json) =>
        Assert.ThrowsAny<Exception>(() => JsonSerializer.Deserialize<RemoteCommand>(json));
}
