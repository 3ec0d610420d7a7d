using System.Collections.Immutable;
using Quern.Protocols.Buildbot;

namespace Quern.Execution;

/// <summary>The entries of one update message, with the rented memory they stand on.</summary>
internal sealed class UpdateBatch(ImmutableArray<UpdateEntry> entries, ImmutableArray<PendingText> rented)
{
    public ImmutableArray<UpdateEntry> Entries => entries;

    /// <summary>Called once, when the channel has no more use for the entries.</summary>
    public void Return()
    {
        foreach (var text in rented) text.Return();
    }
}
