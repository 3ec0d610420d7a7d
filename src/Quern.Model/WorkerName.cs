using System.Diagnostics.CodeAnalysis;

namespace Quern.Model;

/// <summary>
/// The name a worker logs in with: 1 to 128 printable ASCII characters except blank, <c>:</c> (it separates name and
/// password in HTTP Basic), <c>/</c> and <c>\</c>.
/// </summary>
public readonly record struct WorkerName
{
    public const string Rule = "1 to 128 printable ASCII characters without blank, colon, slash or backslash";

    private readonly string? _value;

    /// <exception cref="ArgumentException">The text breaks <see cref="Rule"/>.</exception>
    public WorkerName(string value)
    {
        if (!IsValid(value)) throw new ArgumentException($"'{value}' is not a worker name: {Rule}.", nameof(value));
        _value = value;
    }

    public string Value => _value ?? "";

    public static bool IsValid([NotNullWhen(true)] string? text)
    {
        if (text is not { Length: > 0 and <= 128 } || text is "." or "..") return false;
        foreach (char c in text)
            if (c is <= ' ' or > '~' or ':' or '/' or '\\') return false;
        return true;
    }

    public static bool TryParse([NotNullWhen(true)] string? text, out WorkerName name)
    {
        bool valid = IsValid(text);
        name = valid ? new WorkerName(text!) : default;
        return valid;
    }

    public override string ToString() => Value;
}
