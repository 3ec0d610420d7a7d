using Quern.Protocols.Buildbot.Perspective;
using Quern.Protocols.Perspective;

namespace Quern.WorkerHost;

/// <summary>The argument of <c>print</c>: masters of 0.8 send it by position.</summary>
internal static class PrintedText
{
    /// <summary>Empty when there is none, or when it is no text.</summary>
    public static string Of(IncomingCall call) =>
        call[0, PerspectiveNames.Message] is { } argument && argument.TryGetText(out string? text) ? text : "";
}
