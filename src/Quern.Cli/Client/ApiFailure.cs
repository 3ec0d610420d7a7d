using System.Text.Json.Nodes;

namespace Quern.Cli.Client;

/// <summary>A refusal of the API with the places it names.</summary>
internal sealed record ApiFailure(string Detail, JsonArray Problems)
{
    public CommandFailedException ToException()
    {
        var failure = new CommandFailedException(ExitCode.Failed, Detail);
        failure.Data["problems"] = Problems.DeepClone();
        return failure;
    }

    /// <summary><c>FILE:LINE:COLUMN: error: …</c>, one per place.</summary>
    public static IEnumerable<string> Places(string file, JsonArray problems) =>
        problems.Select(p => $"{file}:{p!["line"]}:{p["column"]}: {p["severity"]}: {p["message"]}");
}
