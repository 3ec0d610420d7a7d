using System.Buffers.Binary;
using System.Collections.Immutable;
using Quern.Model;
using Quern.Scheduling.Matching;

namespace Quern.Scheduling.Tests.Matching;

/// <summary>Jobs and workers as short texts; a dash stands for nothing.</summary>
internal static class MatchingText
{
    /// <summary><c>number priority pool builder; …</c></summary>
    public static ReadyCandidate[] Jobs(string text) =>
        [.. Rows(text).Select(r => new ReadyCandidate(Id(int.Parse(r[0], null)), int.Parse(r[0], null), int.Parse(r[1], null), Word(r[2]), Word(r[3])))];

    /// <summary><c>name tag+tag free builder+builder [slots]; …</c></summary>
    public static WorkerOffer[] Workers(string text) =>
        [.. Rows(text).Select(r => new WorkerOffer(new WorkerName(r[0]), [.. Words(r[1])], int.Parse(r[2], null), int.Parse(r.Length > 4 ? r[4] : r[2], null), [.. Words(r[3])]))];

    public static JobId Id(int number)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt32BigEndian(bytes[12..], number);
        return new JobId(new Guid(bytes));
    }

    private static IEnumerable<string[]> Rows(string text) =>
        text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(r => r.Split(' '));

    private static string Word(string text) => text == "-" ? "" : text;

    private static string[] Words(string text) => text == "-" ? [] : text.Split('+');

    /// <summary><c>NAME:MOST:HELD</c>, separated by blanks; held by jobs 101, 102 and so on.</summary>
    public static LockOffer[] Locks(string text) =>
    [
        .. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(':')).Select(l =>
            new LockOffer(l[0], Number(l[1]), [.. Enumerable.Range(101, Number(l[2])).Select(n => (long)n)])),
    ];

    private static int Number(string text) => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
