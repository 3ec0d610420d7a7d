namespace Quern.Protocols.Branch.Recipes;

/// <summary>Checks a document line by line, then as a whole. One object checks one document.</summary>
internal sealed partial class RecipeChecker(RecipeLimits limits, ProblemList problems)
{
    private const int PrefixOfBuild = 6;   // "build="

    /// <summary>A key as it counts: the last line it stands on.</summary>
    private readonly record struct Place(int Line, int Column, string Value);

    /// <summary>Written by the walk over the lines; a later line of the same key replaces the earlier one.</summary>
    private readonly Dictionary<string, Place> _values = new(StringComparer.Ordinal);

    private readonly Dictionary<string, List<RecipeList.Item>> _lists = new(StringComparer.Ordinal);

    /// <summary>Line of the first build block, 0 before it.</summary>
    private int _firstBlock;

    /// <summary>Line of the <c>}</c> that closed the last block, 0 before it.</summary>
    private int _lastClose;

    public void Check(RecipeDocument document)
    {
        int line = 1;
        foreach (var piece in document.Lines)
        {
            switch (piece)
            {
                case RecipeLine.Entry entry:
                    CheckEntry(line, entry);
                    line++;
                    break;
                case RecipeLine.Note note:
                    CheckNote(line, note);
                    line++;
                    break;
                case RecipeLine.Script script:
                    CheckScript(line, script);
                    line += script.Height;
                    break;
            }
        }
        CheckRequired();
        CheckFields();
    }

    private void CheckEntry(int line, RecipeLine.Entry entry)
    {
        CheckText(line, 0, entry.Key + "=" + entry.Value);
        if (!RecipeKeys.IsKnown(entry.Key))
        {
            // Working out the name that was meant costs time; not for a problem that is only counted.
            string meant = !problems.IsFull && RecipeKeys.Nearest(entry.Key) is { } key ? $"; did you mean '{key}'?" : ".";
            problems.Warning(line, 1, $"unknown key '{Shown(entry.Key)}' is ignored{meant}");
            return;
        }
        if (entry.Key != RecipeKeys.Tests && _values.TryGetValue(entry.Key, out var earlier))
            problems.Warning(line, 1, $"'{entry.Key}' stands already on line {earlier.Line}; the last one counts.");
        var place = new Place(line, entry.Key.Length + 2, entry.Value);
        _values[entry.Key] = place;
        if (RecipeKeys.IsList(entry.Key)) _lists[entry.Key] = ReadList(entry.Key, place);
    }

    private List<RecipeList.Item> ReadList(string key, Place place)
    {
        var items = RecipeList.Scan(place.Value, limits.MaxItems, out var problem);
        if (problem is { } p)
        {
            string message = $"{key}: {p.Message}";
            if (p.IsError) problems.Error(place.Line, place.Column + p.Offset, message);
            else problems.Warning(place.Line, place.Column + p.Offset, message);
        }
        return items;
    }

    private void CheckNote(int line, RecipeLine.Note note)
    {
        CheckText(line, 0, note.Text);
        if (note.IsBlank || note.IsComment) return;
        if (note.Text.TrimEnd() == "}")
        {
            // Nearly always the end of a shell function at the left margin: the script has been cut there.
            string where = _lastClose > 0 ? $" (the build block ended on line {_lastClose})" : "";
            problems.Error(line, 1, $"'}}' outside of a build block{where}; indent a '}}' that belongs to the script.");
            return;
        }
        problems.Warning(line, 1, $"'{Shown(note.Text)}' has no '=' and is ignored; write key=value, or start a comment with '#'.");
    }

    private void CheckScript(int line, RecipeLine.Script script)
    {
        if (script.Opening.TrimEnd() != "{")
            problems.Warning(line, PrefixOfBuild + 1, "what follows 'build=' is ignored; write 'build={' and the script on the lines below.");
        if (_firstBlock == 0) _firstBlock = line;
        else problems.Warning(line, 1, $"a build block stands already on line {_firstBlock}; this one is appended to it.");
        CheckText(line, PrefixOfBuild, script.Opening);
        for (int i = 0; i < script.Lines.Length; i++) CheckScriptLine(line + 1 + i, script.Lines[i]);
        if (script.Closed) _lastClose = line + script.Height - 1;
        else problems.Warning(line, 1, "the build block has no '}' on a line of its own; the rest of the file is the script.");
    }

    private void CheckScriptLine(int line, string text)
    {
        CheckLength(line, text);
        int nul = text.IndexOf('\0', StringComparison.Ordinal);
        if (nul >= 0) problems.Error(line, nul + 1, "a NUL character cannot stand in a script.");
        int broken = RecipeText.FirstBrokenSurrogate(text);
        if (broken >= 0) problems.Error(line, broken + 1, "the text is not valid Unicode here.");
        if (text.StartsWith('}'))
            problems.Warning(line, 1, "some Branch programs end the build block at any line that starts with '}'; indent it.");
    }

    /// <summary>Checks a line outside of the script for characters no key or value can have.</summary>
    /// <param name="before">Characters of the line that stand before <paramref name="text"/>.</param>
    private void CheckText(int line, int before, string text)
    {
        CheckLength(line, text);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] is not ((< ' ' and not '\t') or '\u007F')) continue;
            problems.Error(line, before + i + 1, $"the control character U+{(int)text[i]:X4} cannot stand here.");
            break;
        }
        int broken = RecipeText.FirstBrokenSurrogate(text);
        if (broken >= 0) problems.Error(line, before + broken + 1, "the text is not valid Unicode here.");
    }

    private void CheckLength(int line, string text)
    {
        if (text.Length > limits.MaxLineCharacters)
            problems.Error(line, limits.MaxLineCharacters + 1, $"the line has {text.Length} characters; at most {limits.MaxLineCharacters} are taken.");
    }

    /// <summary>A piece of the user's text for a message: cut, and without control characters.</summary>
    private static string Shown(string text)
    {
        string cut = text.Length <= 40 ? text : text[..40] + "…";
        return string.Concat(cut.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));
    }
}
