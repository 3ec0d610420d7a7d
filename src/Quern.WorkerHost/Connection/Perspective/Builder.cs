using Quern.Execution;
using Quern.Protocols.Buildbot;
using Quern.Protocols.Buildbot.Perspective;
using Quern.Protocols.Perspective;

namespace Quern.WorkerHost;

/// <summary>
/// What a worker shows its master for one builder. It runs one command at a time and does not look at command ids. Calls come one after the
/// other. buildbot-pb.md section 8.4.
/// </summary>
internal sealed class Builder(WorkerSession session, PerspectiveConnection connection, string name) : ILocalObject
{
    // The last command; whether it still runs its channel tells. Written by the connection's reader alone, read by it too.
    private (RunningCommand Command, PerspectiveChannel Channel)? _last;

    /// <summary>Absolute; paths of commands are below it. Written by the bot when the master moves the builder.</summary>
    public string Folder { get; set; } = "";

    public ValueTask CallAsync(IncomingCall call)
    {
        switch (call.Method)
        {
            case PerspectiveNames.Print:
                session.Log($"{name}: message from master: {PrintedText.Of(call)}");
                call.Answer(JellyValue.None.Value);
                break;
            case PerspectiveNames.SetMaster:   // masters of 0.8; the end of the connection tells as much
            case PerspectiveNames.StartBuild:
                call.Answer(JellyValue.None.Value);
                break;
            case PerspectiveNames.StartCommand:
                StartCommand(call);
                break;
            case PerspectiveNames.InterruptCommand:
                session.Keep(InterruptAsync(call, Running));
                break;
            case PerspectiveNames.Shutdown:   // masters know it from before 0.8.3
                call.Answer(JellyValue.None.Value);
                session.ShutDown();
                break;
            default:
                call.Fail(CopiedFailure.NoSuchMethod(call.Method));
                break;
        }
        return ValueTask.CompletedTask;
    }

    /// <summary>The master does not want the builder any more: what it runs is stopped and not heard of again.</summary>
    public void Drop() => Running?.Abandon();

    private RunningCommand? Running => _last is { Channel.IsOver: false } last ? last.Command : null;

    private void StartCommand(IncomingCall call)
    {
        if (StepCommand.TryRead(call, Folder, out var wrong) is not { } command)
        {
            call.Fail(wrong!);
            return;
        }
        if (command.Take(connection) is not { } references)
        {
            call.Fail(CopiedFailure.InvalidObjectId());
            return;
        }
        var channel = new PerspectiveChannel(connection, references);
        var result = session.Start(command.Name, command.Arguments, channel, WorkerSettings.Buildbot);
        if (result is not StartResult.Started { Command: var started })
        {
            references.Release();
            call.Fail(PythonFailures.Copy(((StartResult.Refused)result).Failure));
            return;
        }
        if (Running is { } leftover)
        {
            session.Log($"{name}: a command still ran when the next one came; it is stopped");
            session.Keep(leftover.InterruptAsync().AsTask());
        }
        _last = (started, channel);
        session.Keep(ReleaseAsync(started, references));
        call.Answer(JellyValue.None.Value);
    }

    private static async Task ReleaseAsync(RunningCommand command, StepReferences references)
    {
        await command.Completion;
        references.Release();
    }

    /// <summary>Whatever runs is interrupted; nothing running is fine.</summary>
    private static async Task InterruptAsync(IncomingCall call, RunningCommand? running)
    {
        if (running is not null) await running.InterruptAsync();
        call.Answer(JellyValue.None.Value);
    }
}
