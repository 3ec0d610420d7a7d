using System.Collections.Immutable;
using System.Text;

namespace Quern.Protocols.Branch.Recipes;

/// <summary>
/// The list form of a recipe value: <c>[a][b][c]</c>.
/// <code>
/// list = *( "[" *( any except "[" "]" ) "]" )
/// </code>
/// Branch programs skip every <c>[</c> and end an item at every <c>]</c>, so text between two items becomes the front of the
/// next one and text after the last <c>]</c> is dropped. The reader does the same and says so.
/// </summary>
public static class RecipeList
{
    /// <summary>An item and where it starts in the value, from 0.</summary>
    public readonly record struct Item(string Text, int Offset);

    /// <summary>Items of a list without the empty ones.</summary>
    public static ImmutableArray<string> Read(string value, int maxItems = int.MaxValue) =>
        [.. Scan(value, maxItems, out _).Where(i => i.Text.Length > 0).Select(i => i.Text)];

    /// <summary>Items of a list with the empty ones, for lists whose positions have a meaning.</summary>
    public static ImmutableArray<string> ReadPositions(string value, int maxItems = int.MaxValue) =>
        [.. Scan(value, maxItems, out _).Select(i => i.Text)];

    /// <summary>True when the items can stand in a list: none is empty, none holds a bracket or a line end.</summary>
    public static bool CanWrite(IEnumerable<string> items) =>
        items.All(i => i.Length > 0 && !i.AsSpan().ContainsAny('[', ']', '\n') && !i.EndsWith('\r'));

    /// <exception cref="ArgumentException">An item holds a bracket or a line end.</exception>
    public static string Write(IEnumerable<string> items)
    {
        var text = new StringBuilder();
        foreach (string item in items)
        {
            if (item.AsSpan().ContainsAny('[', ']', '\n')) throw new ArgumentException($"'{item}' cannot stand in a list: it holds a bracket or a line end.", nameof(items));
            text.Append('[').Append(item).Append(']');
        }
        return text.ToString();
    }

    /// <summary>All items, empty ones too, at most <paramref name="maxItems"/>.</summary>
    /// <param name="problem">What is odd about the form, with its offset; null for a list that is written properly.</param>
    internal static List<Item> Scan(string value, int maxItems, out (int Offset, string Message, bool IsError)? problem)
    {
        problem = null;
        var items = new List<Item>();
        var text = new StringBuilder();
        int start = -1;
        bool inside = false;
        for (int i = 0; i < value.Length; i++)
        {
            char c = value[i];
            if (c == '[')
            {
                if (inside) problem ??= (i, "a '[' inside an item is skipped; close the item before with ']'.", false);
                inside = true;
            }
            else if (c == ']')
            {
                if (items.Count == maxItems)
                {
                    problem = (i, $"the list has more than {maxItems} items.", true);
                    return items;
                }
                if (!inside) problem ??= (i, "this ']' closes an item that has no '['.", false);
                items.Add(new Item(text.ToString(), start < 0 ? i : start));
                text.Clear();
                (start, inside) = (-1, false);
            }
            else
            {
                if (start < 0) start = i;
                if (!inside) problem ??= (i, "text outside of the brackets; a list is written [one][two].", false);
                text.Append(c);
            }
        }
        if (inside) problem ??= (value.Length, "the last item has no ']' and is dropped.", false);
        return items;
    }
}
