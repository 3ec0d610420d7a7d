using System.Collections.Immutable;

namespace Quern.Packaging.Debian;

/// <summary>
/// Debian's own archive as this machine reaches it: the machine's mirror, Debian's keys, and nothing else of the machine's apt
/// configuration but how it connects.
/// </summary>
/// <param name="Suite">The suite asked for.</param>
/// <param name="Entries">The suite, and its updates and security when the machine has them.</param>
public sealed record DebianArchive(string Suite, ImmutableArray<AptEntry> Entries)
{
    /// <summary>Debian's keys (package debian-archive-keyring); nothing signed by others is taken.</summary>
    public const string KeyRing = "/usr/share/keyrings/debian-archive-keyring.gpg";

    /// <summary>Chooses the entries of Debian's archive for a suite.</summary>
    /// <param name="machine">What the machine's apt is configured with.</param>
    /// <param name="suite">For instance <c>bookworm</c>.</param>
    /// <param name="problem">What is wrong and what to do; empty on success.</param>
    public static DebianArchive? Choose(IEnumerable<AptEntry> machine, string suite, out string problem)
    {
        problem = "";
        if (suite.Length is 0 or > 64 || !suite.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'))
        {
            problem = $"'{suite}' is not the name of a Debian suite. Write one such as bookworm or trixie.";
            return null;
        }
        var debian = machine.Where(IsDebian).ToList();
        var entries = debian
            .Where(e => e.Suite == suite || e.Suite == suite + "-updates" || e.Suite == suite + "-security")
            .DistinctBy(e => (e.Uri, e.Suite)).ToList();
        if (!entries.Any(e => e.Suite == suite))
        {
            // Another release than the machine's own: the same mirror has it.
            if (debian.FirstOrDefault(e => !e.Suite.Contains('-', StringComparison.Ordinal)) is not { } main)
            {
                problem = "This machine's apt names no Debian archive (component main) in /etc/apt/sources.list or /etc/apt/sources.list.d. Add one.";
                return null;
            }
            entries.Insert(0, main with { Suite = suite });
        }
        return new DebianArchive(suite, [.. entries.Select(e => e with { Components = ["main"], SignedBy = KeyRing })]);
    }

    /// <summary>The entries as lines of a <c>sources.list</c>.</summary>
    /// <param name="type"><c>deb</c> or <c>deb-src</c>.</param>
    public IEnumerable<string> Lines(string type) =>
        Entries.Select(e => $"{type} [signed-by={e.SignedBy}] {e.Uri} {e.Suite} {string.Join(' ', e.Components)}");

    // Others' archives carry their own keys and suites; a wrong guess is caught by the signature.
    private static bool IsDebian(AptEntry entry) =>
        entry.Components.Contains("main") &&
        (entry.SignedBy.Length == 0 || entry.SignedBy.Contains("debian-archive", StringComparison.Ordinal)) &&
        (entry.Uri.StartsWith("http://", StringComparison.Ordinal) || entry.Uri.StartsWith("https://", StringComparison.Ordinal)) &&
        !entry.Uri.AsSpan().ContainsAny(" \t[]\"");
}
