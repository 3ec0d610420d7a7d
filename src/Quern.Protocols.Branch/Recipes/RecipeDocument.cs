using System.Collections.Immutable;

namespace Quern.Protocols.Branch.Recipes;

/// <summary>
/// A recipe file as written: every line in its place, comments and unknown keys too. Immutable; the edits give a new document.
/// </summary>
public sealed partial record RecipeDocument(ImmutableArray<RecipeLine> Lines, bool EndsWithLineEnd)
{
    public static RecipeDocument Empty { get; } = new([], false);

    /// <summary>The value of a key; the last one wins when it stands more than once, null when it does not stand at all.</summary>
    public string? Text(string key)
    {
        int index = LastIndexOf(key);
        return index < 0 ? null : ((RecipeLine.Entry)Lines[index]).Value;
    }

    /// <summary>The items of a list key, empty ones left out; empty when the key is missing.</summary>
    public ImmutableArray<string> List(string key) => Text(key) is { } value ? RecipeList.Read(value) : [];

    /// <summary>The values of a key that stands once for each line (<see cref="RecipeKeys.Tests"/>), in order.</summary>
    public ImmutableArray<string> Repeated(string key) =>
        [.. Lines.OfType<RecipeLine.Entry>().Where(e => e.Key == key).Select(e => e.Value)];

    /// <summary>The lines of all build blocks, joined; null when there is no block.</summary>
    public ImmutableArray<string>? Script()
    {
        var blocks = Lines.OfType<RecipeLine.Script>().ToArray();
        return blocks.Length == 0 ? null : [.. blocks.SelectMany(b => b.Lines)];
    }

    /// <summary>The ten keys of Branch; missing ones are empty.</summary>
    public BranchPackageBuild ToPackageBuild() => new()
    {
        Name = Text(RecipeKeys.Name) ?? "",
        Version = Text(RecipeKeys.Version) ?? "",
        RealVersion = Text(RecipeKeys.RealVersion) ?? "",
        Source = Text(RecipeKeys.Source) ?? "",
        ExtraSources = List(RecipeKeys.ExtraSources),
        Description = Text(RecipeKeys.Description) ?? "",
        Dependencies = List(RecipeKeys.Dependencies),
        BuildDependencies = List(RecipeKeys.BuildDependencies),
        CrossDependencies = List(RecipeKeys.CrossDependencies),
        BuildScript = Script() ?? [],
    };

    /// <summary>A new file with the ten keys, in the order of <see cref="RecipeKeys.All"/>; empty ones are left out except those a recipe must have.</summary>
    /// <exception cref="ArgumentException">A value cannot stand in a file (line ends, brackets in items, a script line <c>}</c>).</exception>
    public static RecipeDocument FromPackageBuild(BranchPackageBuild build)
    {
        var document = new RecipeDocument([], true)
            .SetText(RecipeKeys.Name, build.Name)
            .SetText(RecipeKeys.Version, build.Version)
            .SetText(RecipeKeys.RealVersion, build.RealVersion)
            .SetScript(build.BuildScript);
        if (build.Description.Length > 0) document = document.SetText(RecipeKeys.Description, build.Description);
        if (build.Source.Length > 0) document = document.SetText(RecipeKeys.Source, build.Source);
        if (!build.ExtraSources.IsEmpty) document = document.SetList(RecipeKeys.ExtraSources, build.ExtraSources);
        if (!build.Dependencies.IsEmpty) document = document.SetList(RecipeKeys.Dependencies, build.Dependencies);
        if (!build.BuildDependencies.IsEmpty) document = document.SetList(RecipeKeys.BuildDependencies, build.BuildDependencies);
        if (!build.CrossDependencies.IsEmpty) document = document.SetList(RecipeKeys.CrossDependencies, build.CrossDependencies);
        return document;
    }

    public bool Equals(RecipeDocument? other) =>
        other is not null && EndsWithLineEnd == other.EndsWithLineEnd && Lines.AsSpan().SequenceEqual(other.Lines.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Lines.Length, EndsWithLineEnd);

    private int LastIndexOf(string key)
    {
        for (int i = Lines.Length - 1; i >= 0; i--)
            if (Lines[i] is RecipeLine.Entry entry && entry.Key == key) return i;
        return -1;
    }
}
