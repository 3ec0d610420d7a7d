using System.Collections.Immutable;

namespace Quern.Pipelines;

/// <summary>
/// The values of one run, and where each may stand. Whoever may run a builder is not its author: a value never becomes shell
/// syntax, and never leads a path out of the folder that the author named.
/// </summary>
internal sealed class PropertyValues
{
    /// <summary>Signs that mean nothing to a shell, wherever they stand.</summary>
    private const string SafeInScript = "_./@:+,=%-";

    private readonly SortedSet<string> _reasons = new(StringComparer.Ordinal);

    private PropertyValues(ImmutableSortedDictionary<string, string> all) => All = all;

    public ImmutableSortedDictionary<string, string> All { get; }

    /// <summary>What was wrong, also with places asked for so far.</summary>
    public ImmutableArray<string> Reasons => [.. _reasons];

    /// <summary>Takes what was given and completes it with defaults.</summary>
    /// <param name="job">The id of the job to be.</param>
    public static PropertyValues Of(Builder builder, IReadOnlyDictionary<string, string> given, string job)
    {
        var all = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        all[PropertyNames.Builder] = builder.Name;
        all[PropertyNames.Job] = job;
        var reasons = new List<string>();
        foreach (string name in given.Keys)
        {
            if (builder.Properties.Any(p => p.Name == name)) continue;
            reasons.Add(builder.Properties.IsEmpty
                ? $"builder '{builder.Name}' has no properties, so '{name}' cannot be set."
                : $"builder '{builder.Name}' has no property '{name}'; it has {string.Join(", ", builder.Properties.Select(p => p.Name))}.");
        }
        foreach (var property in builder.Properties)
        {
            if (!given.TryGetValue(property.Name, out string? value)) value = property.Default;
            if (value is null) reasons.Add($"builder '{builder.Name}' needs the property '{property.Name}', which has no default.");
            else if (property.Refuse(value) is { } why) reasons.Add(why);
            else all[property.Name] = value;
        }
        var values = new PropertyValues(all.ToImmutable());
        values._reasons.UnionWith(reasons);
        return values;
    }

    /// <summary>For words of a command, input and file contents: nobody reads more into them.</summary>
    public string Word(Template template) => template.Fill(ValueOf);

    /// <summary>For environment variables, in which workers replace <c>${NAME}</c> by a variable of their own.</summary>
    public string Variable(Template template) => template.Fill(name =>
    {
        string value = ValueOf(name);
        if (value.Contains("${", StringComparison.Ordinal)) _reasons.Add($"'{name}' stands in an environment variable, so it may not hold '${{', which workers replace.");
        return value;
    });

    /// <summary>For the text that a shell reads.</summary>
    public string Script(Template template) => template.Fill(name =>
    {
        string value = ValueOf(name);
        if (!value.All(c => char.IsAsciiLetterOrDigit(c) || SafeInScript.Contains(c, StringComparison.Ordinal)))
        {
            _reasons.Add($"'{name}' stands in a script, so it may hold letters, digits and {SafeInScript} only; " +
                "the builder can take any text when it gets it by 'env' or as a word of a list.");
        }
        return value;
    });

    /// <summary>For paths, of the worker and of the master.</summary>
    public string Path(Template template) => template.Fill(name =>
    {
        string value = ValueOf(name);
        if (value.StartsWith('/') || value.Split('/').Contains(".."))
            _reasons.Add($"'{name}' stands in a path, so it may neither begin with '/' nor hold '..'.");
        return value;
    });

    // The check of the file makes sure that every hole names a declared property; one without a value was told above.
    private string ValueOf(string name) => All.GetValueOrDefault(name, "");
}
