using System.Text.Json;
using System.Text.Json.Nodes;
using Quern.Testing;

namespace Quern.WorkerHost.Tests.Agents;

/// <summary>The file that an agent is made with.</summary>
public sealed class AgentConfigurationTests
{
    private static readonly string Pin = Convert.ToBase64String(new byte[32]);

    private static JsonObject Good() => new()
    {
        ["version"] = 1,
        ["group"] = "Lab machines",
        ["farm"] = new JsonArray("farm.example:8768", "[2001:db8::1]:8768"),
        ["masters"] = new JsonArray("wss://farm.example:9990"),
        ["protocol"] = "buildbot-msgpack",
        ["spki"] = new JsonArray(Pin),
        ["key"] = "quern_agent_secret",
        ["keyExpires"] = "2061-07-28T03:14:15Z",
        ["tags"] = new JsonArray("big"),
        ["slots"] = 2,
        ["name"] = "mill",
    };

    [Fact]
    public void Everything_in_it_is_read()
    {
        var read = Read(Good(), out string problem)!;

        Assert.Equal("", problem);
        Assert.Equal([("farm.example", 8768), ("2001:db8::1", 8768)], read.Farm);
        Assert.Equal(("Lab machines", "quern_agent_secret", 2, "mill"), (read.Group, read.Key, read.Slots, read.Name));
        Assert.Equal((new DateTimeOffset(2061, 7, 28, 3, 14, 15, TimeSpan.Zero), "big"), (read.KeyExpires, read.Tags.Single()));
        Assert.Equal("farm.example:9990", read.Masters.Single().Authority);
        Assert.DoesNotContain("secret", $"{read}", StringComparison.Ordinal);
    }

    [Fact]
    public void What_may_be_left_out_may()
    {
        var file = Good();
        foreach (string key in (string[])["tags", "slots", "name"]) file.Remove(key);

        Assert.Equal((1, null), (Read(file, out _)!.Slots, Read(file, out _)!.Name));
    }

    [Theory]
    [InlineData("version", "2")]
    [InlineData("version", "\"1\"")]
    [InlineData("group", null)]
    [InlineData("farm", "[]")]
    [InlineData("farm", "[\"farm.example\"]")]
    [InlineData("farm", "[\"farm.example:99999\"]")]
    [InlineData("farm", "[\"farm.example:1/x\"]")]
    [InlineData("farm", "\"farm.example:1\"")]
    [InlineData("masters", "[]")]
    [InlineData("masters", "[\"ws://farm.example:9990\"]")]
    [InlineData("masters", "[\"pbs://farm.example:9990\"]")]
    [InlineData("masters", "[7]")]
    [InlineData("protocol", "\"branch\"")]
    [InlineData("spki", "[]")]
    [InlineData("spki", "[\"AAAA\"]")]
    [InlineData("key", null)]
    [InlineData("keyExpires", "\"tomorrow\"")]
    [InlineData("slots", "0")]
    [InlineData("name", "\"a b\"")]
    public void What_is_wrong_is_named(string key, string? value)
    {
        var file = Good();
        file[key] = value is null ? null : JsonNode.Parse(value);

        Assert.Null(Read(file, out string problem));
        Assert.Contains(key is "masters" ? "master" : key, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_such_file_is_said_so()
    {
        using var folder = new ScratchFolder();
        File.WriteAllText(folder["text"], "{");
        File.WriteAllText(folder["list"], "[]");
        File.WriteAllText(folder["long"], new string(' ', AgentConfiguration.MaxBytes + 1));

        foreach (string name in (string[])["text", "list", "long", "missing"])
        {
            Assert.Null(AgentConfiguration.Read(folder[name], out string problem));
            Assert.Contains("configuration", problem, StringComparison.Ordinal);
        }
    }

    private static AgentConfiguration? Read(JsonObject file, out string problem)
    {
        using var folder = new ScratchFolder();
        File.WriteAllText(folder["agent.json"], file.ToJsonString(JsonSerializerOptions.Default));
        return AgentConfiguration.Read(folder["agent.json"], out problem);
    }
}
