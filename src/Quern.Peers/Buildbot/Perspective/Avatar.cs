using Quern.Protocols.Buildbot.Perspective;
using Quern.Protocols.Perspective;

namespace Quern.Peers.Buildbot.Perspective;

/// <summary>What a worker that has logged in may call of its master's own accord.</summary>
internal sealed class Avatar : ILocalObject
{
    private readonly TaskCompletionSource _leaving = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the worker has asked to be sent home once it is idle.</summary>
    public Task Leaving => _leaving.Task;

    public ValueTask CallAsync(IncomingCall call)
    {
        switch (call.Method)
        {
            case PerspectiveNames.Keepalive:
                call.Answer(JellyValue.None.Value);
                break;
            case PerspectiveNames.Shutdown:
                _leaving.TrySetResult();
                call.Answer(JellyValue.None.Value);
                break;
            default:
                call.Fail(CopiedFailure.Of(
                    "builtins.AttributeError", $"'Connection' object has no attribute 'perspective_{call.Method}'"));
                break;
        }

        return ValueTask.CompletedTask;
    }
}
