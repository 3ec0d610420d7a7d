using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Agents;

/// <content>What was ordered before the master ended.</content>
internal sealed partial class AgentBuilds
{
    /// <summary>Goes on where the master ended: with what it had ordered, and with what it left half done.</summary>
    private async Task TakeUpAsync(IEnrolmentKeys keys, CancellationToken cancellationToken)
    {
        await _book.SweepAsync(cancellationToken);
        var groups = (await _store.ListGroupsAsync(cancellationToken)).ToDictionary(g => g.Id, g => g.Name);
        var all = await _store.ListAgentBuildsAsync(_shelf.Id, cancellationToken);
        _shelf.Clear(all.Select(b => b.Id).ToHashSet());
        foreach (var stored in all.Reverse())
        {
            var build = _book.Of(stored);
            var fate = InterruptedBuild.Of(build, stored, build.Artifact is { } artifact && _shelf.Has(build.Id, artifact.Bytes), groups.GetValueOrDefault(build.GroupId));
            if (fate is InterruptedBuild.Kept) continue;
            var who = OrderedBuild.WhoOrdered(stored);
            // Nobody has what the key was put into.
            if (build is { HasEnded: false, KeyId.Length: > 0 } && fate is not InterruptedBuild.Lost { KeyStays: true })
                await keys.RevokeKeyAsync(OrderedBuild.KeyMakerOf(who, groups.GetValueOrDefault(build.GroupId, build.GroupName)), build.KeyId, cancellationToken);
            if (fate is InterruptedBuild.Lost lost) await LoseAsync(build, lost);
            else if (fate is InterruptedBuild.Again again) await QueueAgainAsync(new OrderedBuild(build, again.Order, who, _ => { }), cancellationToken);
        }
    }

    private async Task LoseAsync(AgentBuild build, InterruptedBuild.Lost lost)
    {
        Log.Lost(_logger, build.Id, lost.Why);
        bool isDeployment = build.Step is > AgentBuildStep.Package and < AgentBuildStep.Done;
        var note = build.HasEnded ? null : new AgentBuildNote(isDeployment ? EventKinds.AgentDeployFailed : EventKinds.AgentBuildFailed, ("reason", lost.Why));
        await _book.EndAsync(build with { Step = AgentBuildStep.Error, Message = lost.Why, Artifact = null }, note);
    }

    private async Task QueueAgainAsync(OrderedBuild ordered, CancellationToken cancellationToken)
    {
        Log.TakenUp(_logger, ordered.Build.Id);
        var build = ordered.Build with { Step = AgentBuildStep.Queued, Percent = 0, Message = "", KeyId = "", Artifact = null };
        _shelf.Remove(build.Id);
        await _store.SaveAgentBuildStandingAsync(build.Id, build.ToStanding(), note: null, cancellationToken);
        Interlocked.Increment(ref _waiting);
        _queue.Writer.TryWrite(ordered with { Build = build });
    }
}
