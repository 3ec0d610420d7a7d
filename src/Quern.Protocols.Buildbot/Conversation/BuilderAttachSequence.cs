using System.Collections.Immutable;

namespace Quern.Protocols.Buildbot;

/// <summary>
/// The attach sequence of revision v1: the worker is told its builders and makes their directories itself. Each working place
/// is a builder of its own name and directory. buildbot-msgpack.md section 13.2.
/// </summary>
/// <param name="places">Folders to have in the worker's base directory; plain names.</param>
public sealed class BuilderAttachSequence(ImmutableArray<string> places) : IAttachSequence
{
    /// <inheritdoc/>
    public AttachStep Next(AttachState state, AttachInput input) => (state, input) switch
    {
        (AttachState.Greeting, AttachInput.Started) => new(state, new AttachRequest.Print(AttachSequence.Greeting)),
        (_, AttachInput.Answered { IsException: true } answer) => AttachSequence.Refused(answer),
        (AttachState.Greeting, AttachInput.Answered) => new(new AttachState.Asking(), new AttachRequest.GetWorkerInfo()),
        (AttachState.Asking, AttachInput.Answered answer) => Described(answer.Result),
        (AttachState.Placing s, AttachInput.Answered answer) => Placed(s.Info, answer.Result),
        (AttachState.Failed, _) => new(state, null),
        _ => AttachSequence.OutOfTurn(input),
    };

    private AttachStep Described(WireValue result)
    {
        WorkerInfo? info = WorkerInfoReader.TryRead(result, out string problem);
        return info is null
            ? AttachSequence.Fail(problem)
            : new(
                new AttachState.Placing(info),
                new AttachRequest.SetBuilderList([.. places.Select(place => new BuilderPlace(place, place))]));
    }

    private AttachStep Placed(WorkerInfo info, WireValue result)
    {
        HashSet<string> taken = result is WireValue.List list
            ? [.. list.Items.OfType<WireValue.Text>().Select(name => name.Value)]
            : [];
        string? refused = places.FirstOrDefault(place => !taken.Contains(place));
        return refused is null
            ? new(new AttachState.Attached(info), null)
            : AttachSequence.Fail($"the worker did not take the builder {refused}");
    }
}
