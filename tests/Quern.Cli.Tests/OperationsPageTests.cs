using Quern.Testing;

namespace Quern.Cli.Tests;

/// <summary>The commands that the pages for operators show are commands that there are.</summary>
public sealed class OperationsPageTests
{
    [Fact]
    public void Every_command_of_the_page_on_agents_is_understood()
    {
        var commands = File.ReadLines(Path.Combine(Repository.Root, "docs", "operations", "agents.md"))
            .Where(line => line.TrimStart().StartsWith("quern ", StringComparison.Ordinal)).Select(line => line.Trim()["quern ".Length..]).ToList();
        var tree = CommandTree.Build(new Terminal(TextWriter.Null, TextWriter.Null, interactive: false));

        Assert.True(commands.Count >= 7, $"only {commands.Count} commands were found");
        Assert.All(commands, command => Assert.Empty(tree.Parse(command).Errors.Select(e => $"{command}: {e.Message}")));
    }
}
