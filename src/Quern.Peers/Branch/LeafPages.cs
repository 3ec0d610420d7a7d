using System.Security.Cryptography;
using Quern.Protocols.Branch;
using Quern.Protocols.Branch.Packages;

namespace Quern.Peers.Branch;

/// <summary>The lists of packages as they go over the wire, each written once for as long as nothing changes. Safe for many calls at once.</summary>
internal sealed class LeafPages(LeafOptions options)
{
    /// <summary>Lists that are remembered: two forms, and a few addresses by which the farm is known.</summary>
    private const int MaxRemembered = 8;

    private readonly Lock _lock = new();

    /// <summary>Newest last. Guarded by the lock.</summary>
    private readonly List<(LeafShelf Shelf, string BaseUrl, bool Lines, BranchWebAnswer.Message Page)> _pages = [];

    /// <param name="lines">The old form.</param>
    public BranchWebAnswer.Message Of(LeafShelf shelf, string baseUrl, bool lines)
    {
        lock (_lock)
        {
            foreach (var known in _pages)
                if (known.Shelf == shelf && known.Lines == lines && known.BaseUrl == baseUrl) return known.Page;
        }
        var packages = shelf.Newest.Select(e => PackageOf(e, baseUrl)).ToArray();
        var message = BranchHttpWriter.Write(lines ? new BranchHttpAnswer.PackageLines([.. packages]) : new BranchHttpAnswer.Packages([.. packages]));
        var page = new BranchWebAnswer.Message(message, Convert.ToHexStringLower(SHA256.HashData(message.Body.Span).AsSpan(0, 16)));
        lock (_lock)
        {
            _pages.RemoveAll(p => p.Shelf != shelf);
            if (_pages.Count == MaxRemembered) _pages.RemoveAt(0);
            _pages.Add((shelf, baseUrl, lines, page));
        }
        return page;
    }

    private LeafPackage PackageOf(LeafEntry entry, string baseUrl) => new(
        entry.Name.Value, entry.RealVersion, entry.Version, entry.Description, [.. entry.Dependencies.Select(d => d.Value)], entry.Md5,
        LeafAddress.PackageUrl(baseUrl, entry.Name.Value, options.PinnedUrls ? entry.RealVersion : ""));
}
