using System.Collections.Immutable;

namespace Quern.MasterHost.Api;

/// <summary>Which kinds of events a listener wants: <c>job.finished,worker.*</c>; empty for all.</summary>
internal sealed record KindFilter(ImmutableArray<string> Exact, ImmutableArray<string> Prefixes)
{
    public static KindFilter Parse(string? text)
    {
        var words = (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(64).ToList();
        return new KindFilter([.. words.Where(w => !w.EndsWith('*'))], [.. words.Where(w => w.EndsWith('*')).Select(w => w[..^1])]);
    }

    public bool Takes(string kind)
    {
        if (Exact.IsEmpty && Prefixes.IsEmpty) return true;
        foreach (string exact in Exact)
            if (kind == exact) return true;
        foreach (string prefix in Prefixes)
            if (kind.StartsWith(prefix, StringComparison.Ordinal)) return true;
        return false;
    }
}
