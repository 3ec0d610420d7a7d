using Quern.Protocols.Buildbot;
using Quern.Protocols.Buildbot.Perspective;
using Quern.Protocols.Perspective;

namespace Quern.Peers.Buildbot.Perspective;

/// <summary>One object that a running command hands to its worker: its step, or the reader or writer of its transfer.</summary>
internal sealed class CommandObject(CommandRun run, string commandId, MasterObject kind, Intake intake, Complaints complaints) : ILocalObject
{
    public async ValueTask CallAsync(IncomingCall call)
    {
        // No worker in use closes a folder's writer, which unpack has closed already; one that does means no harm.
        if (kind is MasterObject.DirectoryWriter && call.Method == PerspectiveNames.Close)
        {
            call.Answer(JellyValue.None.Value);
            return;
        }

        BuildbotMessage? message = MasterObjectCalls.TryRead(kind, commandId, call.Method, call.Arguments, out CopiedFailure? failure);
        if (message is null)
        {
            complaints.Note($"called '{call.Method}' on the {kind} of its command '{commandId}': {failure!.Message}");
            call.Fail(failure);
            return;
        }

        var request = new PerspectiveRequest(call, message);
        using (intake.Begin())
        {
            if (await run.EnqueueAsync(request)) return;
            complaints.Note($"called '{call.Method}' for the command '{commandId}', which has ended");
            await request.RefuseAsync(CommandRun.UnknownCommand);
        }
    }
}
