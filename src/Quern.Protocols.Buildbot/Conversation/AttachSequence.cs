using System.Collections.Immutable;

namespace Quern.Protocols.Buildbot;

/// <summary>
/// The attach sequence as a pure function. Left-over directories are never asked for and never removed, whatever the worker
/// was told to want: kept build roots lie among them.
/// </summary>
/// <param name="places">Folders to have in the worker's base directory; plain names.</param>
/// <param name="settings">Chosen when the worker has described itself.</param>
public sealed class AttachSequence(ImmutableArray<string> places, Func<WorkerInfo, WorkerSettings> settings)
    : IAttachSequence
{
    internal const string Greeting = "attached";

    public static AttachState Initial { get; } = new AttachState.Greeting();

    /// <inheritdoc/>
    public AttachStep Next(AttachState state, AttachInput input) => (state, input) switch
    {
        (AttachState.Greeting, AttachInput.Started) => new(state, new AttachRequest.Print(Greeting)),
        (_, AttachInput.Answered { IsException: true } answer) => Refused(answer),
        (AttachState.Greeting, AttachInput.Answered) => new(new AttachState.Asking(), new AttachRequest.GetWorkerInfo()),
        (AttachState.Asking, AttachInput.Answered answer) => Described(answer.Result),
        (AttachState.Setting s, AttachInput.Answered) => List(s.Info),
        (AttachState.Commanding s, AttachInput.Answered) => Advance(s with { Answered = true }),
        (AttachState.Commanding s, AttachInput.Said said) => new(Take(s, said.Entries), null),
        (AttachState.Commanding, AttachInput.Completed { Failure: { Length: > 0 } failure }) =>
            Fail($"a command of the attach sequence failed: {failure}"),
        (AttachState.Commanding s, AttachInput.Completed) => Advance(s with { Completed = true }),
        (AttachState.Failed, _) => new(state, null),
        _ => OutOfTurn(input),
    };

    private AttachStep Described(WireValue result)
    {
        WorkerInfo? info = WorkerInfoReader.TryRead(result, out string problem);
        return info is null
            ? Fail(problem)
            : new(new AttachState.Setting(info), new AttachRequest.SetWorkerSettings(settings(info)));
    }

    private static AttachStep List(WorkerInfo info) => new(
        new AttachState.Commanding(info, Making: false),
        new AttachRequest.StartCommand(BuildbotNames.ListDirectory, new WireValue.Map([new("path", info.BaseDirectory)])));

    private static AttachState.Commanding Take(AttachState.Commanding state, ImmutableArray<UpdateEntry> entries)
    {
        foreach (UpdateEntry entry in entries)
        {
            state = entry switch
            {
                UpdateEntry.ReturnCode code => state with { ReturnCode = code.Value },
                UpdateEntry.Files files => state with { Files = files.Names },
                _ => state,
            };
        }

        return state;
    }

    private AttachStep Advance(AttachState.Commanding state)
    {
        if (!state.Answered || !state.Completed) return new(state, null);
        string what = state.Making ? "make its working places" : "list its base directory";
        if (state.ReturnCode is null) return Fail($"the worker did not say whether it could {what}");
        if (state.ReturnCode != 0) return Fail($"the worker could not {what} (rc {state.ReturnCode})");

        ImmutableArray<WireValue> missing = state.Making
            ? []
            : [.. places.Except(state.Files).Order(StringComparer.Ordinal)
                .Select(name => (WireValue)WorkerPath.Join(state.Info, state.Info.BaseDirectory, name))];
        return missing.IsEmpty
            ? new(new AttachState.Attached(state.Info), null)
            : new(
                new AttachState.Commanding(state.Info, Making: true),
                new AttachRequest.StartCommand(
                    BuildbotNames.MakeDirectory, new WireValue.Map([new("paths", new WireValue.List(missing))])));
    }

    internal static AttachStep Refused(AttachInput.Answered answer) =>
        Fail($"the worker refused a request: {(answer.Result is WireValue.Text text ? text.Value : "no text")}");

    internal static AttachStep OutOfTurn(AttachInput input) =>
        Fail($"the worker sent what does not belong in the attach sequence ({input.GetType().Name})");

    internal static AttachStep Fail(string reason) => new(new AttachState.Failed(reason), null);
}
