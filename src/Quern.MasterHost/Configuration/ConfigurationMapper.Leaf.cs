using System.Collections.Immutable;
using Quern.Model;
using Quern.Protocols.Branch;

namespace Quern.MasterHost.Configuration;

internal sealed partial class ConfigurationMapper
{
    private LeafSettings Leaf(YamlSection top)
    {
        var settings = new LeafSettings();
        if (top.Section("leaf", "url", "anonymous_reads", "cors", "share", "pinned_urls", "architecture", "environments") is not { } leaf) return settings;
        return settings with
        {
            Url = LeafUrl(leaf),
            AnonymousReads = leaf.Flag("anonymous_reads") ?? false,
            Cors = leaf.Flag("cors") ?? false,
            Share = leaf.Flag("share") ?? false,
            PinnedUrls = leaf.Flag("pinned_urls") ?? false,
            Architecture = LeafArchitecture(leaf) ?? settings.Architecture,
            Environments = LeafEnvironments(leaf) is { IsEmpty: false } named ? named : settings.Environments,
        };
    }

    private string LeafUrl(YamlSection leaf)
    {
        string url = leaf.Text("url") ?? "";
        if (url.Length == 0 || LeafAddress.IsBase(url)) return url.TrimEnd('/');
        problems.Add(leaf.At("url"), $"'{url}' is not an address as http://farm.example:8080, without ? and #.");
        return "";
    }

    private string? LeafArchitecture(YamlSection leaf)
    {
        string? word = leaf.Text("architecture");
        if (word is null || MachineArchitecture.Problem(word) is not { } problem) return word;
        problems.Add(leaf.At("architecture"), problem);
        return null;
    }

    private ImmutableArray<BuildEnvironment> LeafEnvironments(YamlSection leaf)
    {
        var environments = ImmutableArray.CreateBuilder<BuildEnvironment>();
        foreach (var (word, at) in leaf.Texts("environments"))
        {
            BuildEnvironment? environment = word switch { "release" => BuildEnvironment.Release, "cross" => BuildEnvironment.Cross, _ => null };
            if (environment is null) problems.Add(at, $"'{word}' is not an environment: release or cross.");
            else if (environments.Contains(environment.Value)) problems.Add(at, $"'{word}' stands twice in this list.");
            else environments.Add(environment.Value);
        }
        return environments.ToImmutable();
    }
}
