using System.Collections.Immutable;

namespace Quern.MasterHost.Configuration;

/// <summary>What was read from a configuration file.</summary>
public abstract record ConfigurationResult
{
    private ConfigurationResult() { }

    public sealed record Read(FarmConfiguration Configuration) : ConfigurationResult;

    /// <summary>Nothing of the file is used.</summary>
    /// <param name="Problems">All of them, in the order of the file; at least one.</param>
    public sealed record Invalid(ImmutableArray<ConfigurationProblem> Problems) : ConfigurationResult;
}
