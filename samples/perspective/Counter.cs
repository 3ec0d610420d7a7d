using Quern.Protocols.Perspective;

namespace Perspective.Sample;

/// <summary>An object for one call: says each number, and knows when the server has let go of it.</summary>
internal sealed class Counter : ILocalObject
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task LetGo => _released.Task;

    public ValueTask CallAsync(IncomingCall call)
    {
        switch (call)
        {
            case { Method: "tick", Arguments: [JellyValue.Integer number] }:
                Console.WriteLine($"tick {number.Value}");
                call.Answer(JellyValue.None.Value);
                break;
            default:
                call.Fail(CopiedFailure.NoSuchMethod(call.Method));
                break;
        }
        return ValueTask.CompletedTask;
    }

    public void Released() => _released.TrySetResult();
}
