using System.Diagnostics;
using Quern.Model;

namespace Quern.Storage;

/// <summary>The stored words of <see cref="BuildEnvironment"/>.</summary>
internal static class EnvironmentWords
{
    public static string Word(this BuildEnvironment environment) => environment switch
    {
        BuildEnvironment.Release => "release",
        BuildEnvironment.Cross => "cross",
        _ => throw new UnreachableException(),
    };

    public static BuildEnvironment Parse(string word) => word switch
    {
        "release" => BuildEnvironment.Release,
        "cross" => BuildEnvironment.Cross,
        _ => throw new InvalidDataException($"The database holds the unknown environment '{word}'."),
    };
}
