using System.Text.RegularExpressions;
using Quern.Testing;

namespace Quern.Interop.OwnAgents;

/// <summary>
/// docs/operations/agents.md, command by command: blocks of <c>sh</c> are run by a shell, against a farm; blocks of <c>sh stays</c> go on beside the
/// rest; a block of <c>text</c> is what the block before it shows.
/// </summary>
public sealed partial class AgentsPageTests
{
    [Fact]
    public async Task Every_command_of_the_page_does_what_the_page_says()
    {
        await using var farm = await PageFarm.StartAsync();
        int blocks = 0;
        string shown = "";
        foreach (Match block in Block().Matches(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "operations", "agents.md"), TestContext.Current.CancellationToken)))
        {
            string body = block.Groups["body"].Value;
            switch (block.Groups["kind"].Value)
            {
                case "sh":
                    shown = await farm.RunAsync(body);
                    blocks++;
                    break;
                case "sh stays":
                    await farm.BeginAsync(body);
                    blocks++;
                    break;
                case "json":
                    farm.Configure(body);
                    break;
                case "text":
                    foreach (string line in body.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                        Assert.True(Pattern(line).IsMatch(shown), $"The page says that this is shown:\n{line}\nThis is shown:\n{shown}");
                    break;
                case "":
                    Assert.DoesNotMatch(OfQuern(), body);   // what is not Quern's is for other machines
                    break;
                case var other:
                    Assert.Fail($"The page has a block of '{other}', which nobody runs.");
                    break;
            }
        }
        Assert.True(blocks >= 12, $"only {blocks} blocks were found");
    }

    /// <summary>A line of the page; <c>…</c> stands for anything, and blanks for as many as a table needs.</summary>
    private static Regex Pattern(string line) =>
        new(Regex.Replace(Regex.Escape(line.Trim()).Replace("…", ".*", StringComparison.Ordinal), @"(\\ )+", @"\s+"), RegexOptions.CultureInvariant, TimeSpan.FromSeconds(10));

    [GeneratedRegex("^ *quern", RegexOptions.Multiline)]
    private static partial Regex OfQuern();

    [GeneratedRegex("^ *```(?<kind>[a-z ]*)\n(?<body>.*?)^ *```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
