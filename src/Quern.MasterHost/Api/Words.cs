using System.Diagnostics;
using Quern.Model;

namespace Quern.MasterHost.Api;

/// <summary>The words that stand for the model's closed sets.</summary>
internal static class Words
{
    public static string Of(BuildEnvironment environment) => environment == BuildEnvironment.Cross ? "cross" : "release";

    public static string Of(OutputStream stream) => stream switch
    {
        OutputStream.Stdout => "stdout",
        OutputStream.Stderr => "stderr",
        OutputStream.Header => "header",
        _ => throw new UnreachableException(),
    };

    /// <summary>Null and empty mean release.</summary>
    public static bool TryParse(string? word, out BuildEnvironment environment)
    {
        environment = word == "cross" ? BuildEnvironment.Cross : BuildEnvironment.Release;
        return word is null or "" or "release" or "cross";
    }
}
