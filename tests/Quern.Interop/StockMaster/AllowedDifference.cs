using System.Collections.Immutable;

namespace Quern.Interop.StockMaster;

/// <summary>Where our worker is not like the stock worker, on purpose. <c>docs/interop.md</c> has the same list for people.</summary>
/// <param name="Protocol"><c>pb</c>, <c>msgpack</c>, or <c>*</c> for both.</param>
/// <param name="Case">As <c>read-build.py</c> names it.</param>
/// <param name="Field">Of the case.</param>
/// <param name="Why">One sentence.</param>
internal sealed record AllowedDifference(string Protocol, string Case, string Field, string Why)
{
    public static ImmutableArray<AllowedDifference> All { get; } =
    [
        new("*", "step missing-program", "stderr", "ours names the program and the error; the stock worker prints a Python traceback"),
        new("*", "step long-line", "stdout", "the stock worker loses characters of lines of 4096 and more; ours cuts without a loss"),
        new("*", "step printenv", "stdout", "ours sets QUERN_COMMAND, by which it finds what a command leaves behind"),
        new("*", "step bad-env", "header", "the stock worker adds a Python traceback to the exception"),
        new("*", "step bad-pty", "header", "the stock worker adds a Python traceback to the exception"),
        new("msgpack", "step obfuscated", "header", "the stock worker shows hidden arguments on this protocol; ours hides them"),
        new("msgpack", "step obfuscated", "stdout", "the stock worker runs the program with the marker instead of the argument; ours with the argument"),
    ];

    public bool Covers(string protocol, string name, string field) =>
        (Protocol == "*" || Protocol == protocol) && Case == name && Field == field;
}
