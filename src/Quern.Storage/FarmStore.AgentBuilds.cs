using Quern.Model;

namespace Quern.Storage;

/// <content>Agents made to order: files of the master, of which only the journal knows.</content>
public sealed partial class FarmStore
{
    /// <summary>Notes what came of an order for an agent.</summary>
    /// <param name="kind">One of <see cref="EventKinds"/>.</param>
    /// <param name="group">The name of the group; empty when there is none that may be named.</param>
    /// <param name="facts">Without secrets. Those that are empty are left out.</param>
    public Task SaveAgentBuildEventAsync(
        string kind, string group, Actor actor, CancellationToken cancellationToken, params IReadOnlyList<(string Name, string Value)> facts) =>
        WriteAsync(w =>
        {
            w.Emit(kind, group, actor.Name, EventData.By(actor, [.. facts.Where(f => f.Value.Length > 0).Select(f => (f.Name, (object?)f.Value))]));
            return ValueTask.FromResult(true);
        }, cancellationToken);
}
