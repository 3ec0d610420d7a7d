using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Quern.Protocols.Branch;

/// <summary>
/// The named texts of a request, from a query, a form or a JSON object. Of a name that comes twice the last counts, as with the
/// original.
/// <code>
/// query, form = name "=" value *( "&amp;" name "=" value )
/// </code>
/// </summary>
public sealed class BranchHttpFields
{
    /// <summary>Names in one request. The longest of the API has three.</summary>
    public const int MaxFields = 64;

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    private BranchHttpFields() { }

    /// <summary>The first name; null when there is none.</summary>
    public string? First { get; private set; }

    /// <summary>The value of a name; null when it did not come.</summary>
    public string? this[string name] => _values.GetValueOrDefault(name);

    /// <summary>
    /// Reads a query. The original takes values as they stand; here <c>%2B</c> is read as <c>+</c>, because browsers write it so, and a
    /// <c>+</c> stays one, because names of packages have it.
    /// </summary>
    /// <param name="query">Without the question mark.</param>
    public static bool TryReadQuery(ReadOnlySpan<char> query, [NotNullWhen(true)] out BranchHttpFields? fields) =>
        TryRead(query, plusIsBlank: false, keepEmpty: true, out fields);

    /// <summary>Reads a form (<c>application/x-www-form-urlencoded</c>); an empty value counts as missing.</summary>
    public static bool TryReadForm(ReadOnlySpan<byte> body, [NotNullWhen(true)] out BranchHttpFields? fields)
    {
        fields = null;
        return Utf8.IsValid(body) && TryRead(Encoding.UTF8.GetString(body), plusIsBlank: true, keepEmpty: false, out fields);
    }

    /// <summary>
    /// Reads a JSON object: texts as they are, numbers as they are written; null and everything else counts as missing. An empty text
    /// is there, unlike in a form.
    /// </summary>
    public static bool TryReadJson(ReadOnlyMemory<byte> body, [NotNullWhen(true)] out BranchHttpFields? fields)
    {
        fields = null;
        if (!BranchJsonText.TryOpen(body, out var document)) return false;
        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object) return false;
            var read = new BranchHttpFields();
            int count = 0;
            foreach (var member in document.RootElement.EnumerateObject())
            {
                if (++count > MaxFields) return false;
                string? value = member.Value.ValueKind == JsonValueKind.Number ? member.Value.GetRawText() : BranchJsonText.TextOf(member.Value);
                if (value is not null && NameOf(member) is { } name) read.Add(name, value);
            }
            fields = read;
            return true;
        }
    }

    /// <summary>Takes what came as parts of a form; an empty value counts as missing. Null when there are too many.</summary>
    public static BranchHttpFields? Of(IReadOnlyCollection<KeyValuePair<string, string>> parts)
    {
        if (parts.Count > MaxFields) return null;
        var fields = new BranchHttpFields();
        foreach (var (name, value) in parts)
            if (value.Length > 0) fields.Add(name, value);
        return fields;
    }

    private static bool TryRead(ReadOnlySpan<char> text, bool plusIsBlank, bool keepEmpty, [NotNullWhen(true)] out BranchHttpFields? fields)
    {
        fields = null;
        if (text.Count('&') >= MaxFields) return false;
        var read = new BranchHttpFields();
        foreach (var range in text.Split('&'))
        {
            var part = text[range];
            if (part.IsEmpty) continue;
            int equals = part.IndexOf('=');
            var name = equals < 0 ? part : part[..equals];
            string value = equals < 0 ? "" : Decoded(part[(equals + 1)..], plusIsBlank);
            if (keepEmpty || value.Length > 0) read.Add(Decoded(name, plusIsBlank), value);
        }
        fields = read;
        return true;
    }

    private static string Decoded(ReadOnlySpan<char> text, bool plusIsBlank)
    {
        string plain = text.ToString();
        // An escape that is none stays as it is.
        return Uri.UnescapeDataString(plusIsBlank ? plain.Replace('+', ' ') : plain);
    }

    private static string? NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair.
            return null;
        }
    }

    private void Add(string name, string value)
    {
        First ??= name;
        _values[name] = value;
    }
}
