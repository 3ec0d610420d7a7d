using System.Collections.Immutable;
using System.Text;
using Quern.Protocols.Perspective;

namespace Quern.Protocols.Buildbot.Perspective;

/// <summary>
/// The argument of <c>update</c>: a list of <c>[dictionary, 0]</c>. Newer workers send one key in one dictionary a call;
/// older ones any number of both. buildbot-pb.md section 8.5.
/// </summary>
public static class PerspectiveUpdates
{
    /// <summary>Pairs that one call may hold: a call may name the same part many times.</summary>
    public const int MaxEntries = 10_000;

    /// <summary>Text that one call may hold; a string of the wire has at most 640 KiB, and honest workers send one or two.</summary>
    public const int MaxTextBytes = 16 * 1024 * 1024;

    /// <summary>Reads the updates of one call. False when it is not of their shape, or goes beyond the limits.</summary>
    /// <param name="argument">The first argument of the call.</param>
    /// <param name="entries">In the order of the wire; text is a slice of the call's bytes.</param>
    /// <param name="problem">What was wrong; empty on success.</param>
    public static bool TryRead(JellyValue argument, out ImmutableArray<UpdateEntry> entries, out string problem)
    {
        entries = [];
        problem = "";
        if (Items(argument) is not { IsDefault: false } updates)
        {
            problem = "update takes a list";
            return false;
        }

        var read = ImmutableArray.CreateBuilder<UpdateEntry>(1);
        int textBytes = 0;
        foreach (JellyValue update in updates)
        {
            if (Items(update) is not { IsDefault: false, Length: >= 1 } pair || pair[0] is not JellyValue.Dictionary said)
            {
                problem = "an update is not a list of a dictionary and a number";
                return false;
            }

            foreach ((JellyValue key, JellyValue value) in said.Entries)
            {
                if (read.Count >= MaxEntries || ReadEntry(key, value, ref textBytes, ref problem) is not { } entry)
                {
                    if (problem.Length == 0) problem = $"an update has over {MaxEntries} entries";
                    return false;
                }

                read.Add(entry);
            }
        }

        entries = read.DrainToImmutable();
        return true;
    }

    private static UpdateEntry? ReadEntry(JellyValue key, JellyValue value, ref int textBytes, ref string problem)
    {
        if (!key.TryGetText(out string? name))
        {
            problem = "an update has a key that is no text";
            return null;
        }

        UpdateEntry? entry = name switch
        {
            BuildbotNames.Stdout or BuildbotNames.Stderr or BuildbotNames.Header => ReadText(name, "", value, ref textBytes),
            BuildbotNames.Log => ReadLog(value, ref textBytes),
            // Windows exit codes are 32 bits without sign: taken bit for bit.
            "rc" => value is JellyValue.Integer { Value: >= int.MinValue and <= uint.MaxValue } code
                ? new UpdateEntry.ReturnCode(unchecked((int)code.Value))
                : null,
            "elapsed" => value switch
            {
                JellyValue.Float seconds => new UpdateEntry.Elapsed(seconds.Value),
                JellyValue.Integer seconds => new UpdateEntry.Elapsed(seconds.Value),
                _ => null,
            },
            "files" => ReadFiles(value),
            "stat" => ReadStat(value),
            "failure_reason" => value.TryGetText(out string? reason) ? new UpdateEntry.FailureReason(reason) : null,
            _ => JellyWire.TryRead(value, out WireValue? unknown, out _) ? new UpdateEntry.Unknown(name, unknown) : null,
        };
        if (entry is null) problem = $"the value of \"{(name.Length <= 64 ? name : name[..64])}\" in an update is not what belongs there";
        if (textBytes > MaxTextBytes)
        {
            problem = $"an update holds over {MaxTextBytes} bytes of text";
            return null;
        }

        return entry;
    }

    private static UpdateEntry.Text? ReadText(string stream, string log, JellyValue value, ref int textBytes)
    {
        ReadOnlyMemory<byte> utf8;
        switch (value)
        {
            case JellyValue.Text text:
                utf8 = text.Utf8;
                break;
            case JellyValue.Bytes bytes:
                utf8 = bytes.Value;
                break;
            default:
                return null;
        }

        // A sum of ints that stay below the limit by 640 KiB at most.
        textBytes += utf8.Length;
        return new UpdateEntry.Text(stream, log, utf8, default, default);
    }

    private static UpdateEntry.Text? ReadLog(JellyValue value, ref int textBytes) =>
        Items(value) is { IsDefault: false, Length: 2 } pair && pair[0].TryGetText(out string? log)
            ? ReadText(BuildbotNames.Log, log, pair[1], ref textBytes)
            : null;

    /// <summary>Names of Python 2 workers are bytes of any encoding; what is no UTF-8 is replaced.</summary>
    private static UpdateEntry.Files? ReadFiles(JellyValue value)
    {
        if (Items(value) is not { IsDefault: false } items) return null;
        var names = ImmutableArray.CreateBuilder<string>(items.Length);
        foreach (JellyValue item in items)
        {
            if (item.TryGetText(out string? name)) names.Add(name);
            else if (item is JellyValue.Bytes bytes) names.Add(Encoding.UTF8.GetString(bytes.Value.Span));
            else return null;
        }

        return new UpdateEntry.Files(names.DrainToImmutable());
    }

    private static UpdateEntry.Stat? ReadStat(JellyValue value)
    {
        if (Items(value) is not { IsDefault: false } items) return null;
        var fields = ImmutableArray.CreateBuilder<long>(items.Length);
        foreach (JellyValue item in items)
        {
            switch (item)
            {
                case JellyValue.Integer number:
                    fields.Add(number.Value);
                    break;
                // Inode numbers have 64 bits without sign: taken bit for bit.
                case JellyValue.LargeInteger { Value: var big } when big >= ulong.MinValue && big <= ulong.MaxValue:
                    fields.Add(unchecked((long)(ulong)big));
                    break;
                default:
                    return null;
            }
        }

        return new UpdateEntry.Stat(fields.DrainToImmutable());
    }

    private static ImmutableArray<JellyValue> Items(JellyValue value) => value is JellyValue.Sequence sequence ? sequence.Items : default;
}
