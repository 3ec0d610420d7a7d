namespace Quern.Protocols.Perspective.Driver;

/// <summary>A local object that does what a test says.</summary>
internal sealed class ScriptedObject(Func<IncomingCall, ValueTask> take) : ILocalObject
{
    public static ScriptedObject Of(Action<IncomingCall> take) => new(call =>
    {
        take(call);
        return ValueTask.CompletedTask;
    });

    /// <summary>Answers each call with its arguments.</summary>
    public static ScriptedObject Echo() => Of(call => call.Answer(new JellyValue.List([.. call.Arguments.Select(a => a.Detach())])));

    public ValueTask CallAsync(IncomingCall call) => take(call);
}
