using Quern.Protocols.Perspective;

namespace Perspective.Sample;

/// <summary>What the server may call from the login on.</summary>
internal sealed class Mind : ILocalObject
{
    public ValueTask CallAsync(IncomingCall call)
    {
        if (call.Method == "print" && call[0, "message"] is { } message && message.TryGetText(out string? text))
        {
            Console.WriteLine($"the server says: {text}");
            call.Answer(JellyValue.None.Value);
        }
        else
        {
            call.Fail(CopiedFailure.NoSuchMethod(call.Method));
        }
        return ValueTask.CompletedTask;
    }
}
