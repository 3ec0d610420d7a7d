using System.Collections.Immutable;
using Quern.Pipelines;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Quern.MasterHost.Configuration;

/// <summary>Reads <c>builders</c>. What is wrong goes to the problem log and the rest is still read.</summary>
/// <param name="problems">Where mistakes go.</param>
/// <param name="farm">What builders may name.</param>
internal sealed class BuilderMapper(ProblemLog problems, BuilderMapper.Farm farm)
{
    /// <summary>The worker that <c>quern up</c> brings along.</summary>
    private const string EmbeddedWorker = "embedded";

    private static readonly string[] BuilderKeys = ["name", "description", "workers", "tags", "properties", "env", "locks", "priority", "steps"];

    /// <summary>What the file says elsewhere.</summary>
    /// <param name="FullPath">Makes a path of the file absolute.</param>
    public sealed record Farm(
        ImmutableArray<WorkerSetting> Workers, IReadOnlyCollection<string> Locks, IReadOnlyCollection<string> Secrets, Func<string, string> FullPath);

    public ImmutableArray<Builder> Map(YamlSection top)
    {
        var builders = ImmutableArray.CreateBuilder<Builder>();
        foreach (var section in top.Sections("builders", BuilderKeys))
        {
            if (Name(section, builders) is { } name) builders.Add(Read(section, name));
            else Read(section, "unnamed");   // for its other mistakes
        }
        return builders.ToImmutable();
    }

    private string? Name(YamlSection section, IEnumerable<Builder> earlier)
    {
        if (section.Text("name", required: true) is not { } name) return null;
        if (!Builder.IsName(name)) problems.Add(section.At("name"), $"'{name}' is not a builder's name: {Builder.NameRule}.");
        else if (earlier.Any(b => b.Name == name)) problems.Add(section.At("name"), $"the builder '{name}' stands twice in this file.");
        else return name;
        return null;
    }

    private Builder Read(YamlSection section, string name)
    {
        var properties = Properties(section);
        var reader = new StepReader(problems, farm, [.. properties.Select(p => p.Name)]);
        return new Builder(name)
        {
            Description = section.Text("description") ?? "",
            Workers = Workers(section),
            Tags = Tags(section),
            Properties = properties,
            Environment = reader.Environment(section),
            Locks = Known(section, "locks", farm.Locks, "lock", "the section 'locks' names those that there are"),
            Priority = section.Number("priority", -1000, 1000) ?? 0,
            Steps = reader.Steps(section),
        };
    }

    private ImmutableArray<string> Workers(YamlSection section) =>
        Known(section, "workers", [EmbeddedWorker, .. farm.Workers.Select(w => w.Name.Value)], "worker", "the section 'workers' names those that there are");

    private ImmutableArray<string> Tags(YamlSection section)
    {
        var given = section.Texts("tags");
        var there = farm.Workers.SelectMany(w => w.Tags).Distinct().ToList();
        foreach (var (tag, at) in given)
        {
            // Architecture and environment are facts that workers bring along, tag or no tag.
            if (tag.StartsWith("arch=", StringComparison.Ordinal) || tag.StartsWith("env=", StringComparison.Ordinal)) continue;
            if (!there.Contains(tag)) problems.Add(at, $"no worker of this file has the tag '{tag}'.{Suggestion.For(tag, there)}");
        }
        return [.. given.Select(t => t.Text).Distinct()];
    }

    private ImmutableArray<string> Known(YamlSection section, string key, IReadOnlyCollection<string> known, string what, string where)
    {
        var given = section.Texts(key);
        foreach (var (text, at) in given)
            if (!known.Contains(text)) problems.Add(at, $"there is no {what} '{text}'; {where}.{Suggestion.For(text, known)}");
        return [.. given.Select(t => t.Text).Distinct()];
    }

    private ImmutableArray<BuilderProperty> Properties(YamlSection section)
    {
        var properties = ImmutableArray.CreateBuilder<BuilderProperty>();
        foreach (var (name, at, value) in section.Entries("properties"))
        {
            if (!PropertyNames.IsValid(name)) problems.Add(at, $"'{name}' is not a property's name: {PropertyNames.Rule}.");
            else if (PropertyNames.IsBuiltIn(name)) problems.Add(at, $"the property '{name}' is always there and cannot be declared.");
            else if (Property(name, value) is { } property) properties.Add(property);
        }
        return properties.ToImmutable();
    }

    private BuilderProperty? Property(string name, YamlNode value)
    {
        if (value is YamlScalarNode scalar) return Checked(new BuilderProperty(name, YamlSection.IsNull(scalar) ? null : scalar.Value), value.Start);
        if (YamlSection.Read(value, $"properties.{name}", problems, "default", "choices", "description") is not { } section) return null;
        var property = new BuilderProperty(name, section.Scalar("default")?.Value)
        {
            Description = section.Text("description") ?? "",
            Choices = [.. section.Texts("choices").Select(c => c.Text)],
        };
        return Checked(property, section.At("default"));
    }

    private BuilderProperty Checked(BuilderProperty property, Mark at)
    {
        if (property.Default is { } given && property.Refuse(given) is { } why) problems.Add(at, why);
        return property;
    }
}
