using Quern.Model;

namespace Quern.Packaging.Planning;

/// <summary>The environments that <c>quern.yaml</c> names: what a build of each runs in, and whether one may be asked for.</summary>
/// <param name="release">Null when the file does not name it.</param>
/// <param name="cross">Null when the file does not name it.</param>
public sealed class BuildEnvironments(EnvironmentSettings? release, EnvironmentSettings? cross)
{
    /// <summary>The settings, also of one that is switched off; null when it is not configured.</summary>
    public EnvironmentSettings? Find(BuildEnvironment environment) => environment == BuildEnvironment.Cross ? cross : release;

    /// <summary>Why a package cannot be built in the environment, with the key to change; null when it can.</summary>
    public string? Refusal(PackageName package, BuildEnvironment environment) => Refusal(package, environment, Find(environment));

    /// <summary>The same for settings that are at hand: the planner asks again, because a job may wait across a change of the file.</summary>
    internal static string? Refusal(PackageName package, BuildEnvironment environment, EnvironmentSettings? settings)
    {
        string word = environment == BuildEnvironment.Cross ? "cross" : "release", key = $"environments.{word}";
        return settings switch
        {
            null => $"{package} cannot be built for {word}: quern.yaml has no {key}. Add it, as in docs/building.md.",
            { Enabled: false } => $"{package} cannot be built for {word}: {key}.enabled is false in quern.yaml. Set it to true.",
            _ => null,
        };
    }
}
