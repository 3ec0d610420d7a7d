using System.Collections.Immutable;

namespace Quern.Protocols.Branch.Recipes;

/// <content>Edits: what is there keeps its place, what is new goes where a new file would have it.</content>
public sealed partial record RecipeDocument
{
    /// <exception cref="ArgumentException">The key is the build key or no key at all, or the value holds a line end.</exception>
    public RecipeDocument SetText(string key, string value)
    {
        if (key is RecipeKeys.Build or "" || key.StartsWith('#') || key.AsSpan().ContainsAny('=', '\n'))
            throw new ArgumentException($"'{key}' is not a key with a value.", nameof(key));
        if (value.Contains('\n', StringComparison.Ordinal) || value.EndsWith('\r'))
            throw new ArgumentException($"The value of '{key}' holds a line end.", nameof(value));
        var entry = new RecipeLine.Entry(key, value);
        int index = LastIndexOf(key);
        return this with { Lines = index < 0 ? Lines.Insert(PlaceOf(key), entry) : Lines.SetItem(index, entry) };
    }

    /// <exception cref="ArgumentException">An item holds a bracket or a line end.</exception>
    public RecipeDocument SetList(string key, IEnumerable<string> items) => SetText(key, RecipeList.Write(items));

    /// <summary>Replaces a key that stands once for each line; the lines stand together, where the first one stood.</summary>
    public RecipeDocument SetRepeated(string key, IEnumerable<string> values)
    {
        int first = Lines.TakeWhile(l => l is not RecipeLine.Entry e || e.Key != key).Count();
        var rest = Remove(key);
        int at = first < Lines.Length ? first : rest.PlaceOf(key);
        return rest with { Lines = rest.Lines.InsertRange(at, values.Select(v => new RecipeLine.Entry(key, v))) };
    }

    /// <summary>Replaces the script; the first block keeps its place, later blocks go.</summary>
    /// <exception cref="ArgumentException">A line is <c>}</c>, which would end the block, or holds a line end.</exception>
    public RecipeDocument SetScript(ImmutableArray<string> lines)
    {
        foreach (string line in lines)
            if (line == "}" || line.Contains('\n', StringComparison.Ordinal) || line.EndsWith('\r'))
                throw new ArgumentException("A script line is '}' or holds a line end; neither can stand in a build block.", nameof(lines));
        var block = new RecipeLine.Script("{", lines, true);
        int first = Lines.TakeWhile(l => l is not RecipeLine.Script).Count();
        return this with { Lines = Lines.RemoveAll(l => l is RecipeLine.Script).Insert(first, block) };
    }

    /// <summary>Takes every line of the key out; comments stay.</summary>
    public RecipeDocument Remove(string key) => this with
    {
        Lines = Lines.RemoveAll(l => l is RecipeLine.Entry e ? e.Key == key : key == RecipeKeys.Build && l is RecipeLine.Script),
    };

    /// <summary>After the last line whose key comes earlier in the usual order, before the first that comes later.</summary>
    private int PlaceOf(string key)
    {
        int rank = RankOf(key);
        int place = -1;
        for (int i = 0; i < Lines.Length; i++)
        {
            int other = Lines[i] switch
            {
                RecipeLine.Entry entry => RankOf(entry.Key),
                RecipeLine.Script => RankOf(RecipeKeys.Build),
                _ => int.MaxValue,
            };
            if (other <= rank) place = i + 1;
        }
        if (place >= 0) return place;
        int leading = Lines.TakeWhile(l => l is RecipeLine.Note).Count();
        return leading;
    }

    /// <summary>Unknown keys stand before the build block, after all known ones.</summary>
    private static int RankOf(string key)
    {
        int index = RecipeKeys.All.IndexOf(key);
        return key == RecipeKeys.Build ? RecipeKeys.All.Length : index < 0 ? RecipeKeys.All.Length - 1 : index;
    }
}
