using System.Collections.Immutable;
using Quern.Protocols.Perspective;

namespace Quern.Protocols.Buildbot.Perspective;

/// <summary>Method, command and argument names of the conversation over Perspective Broker, in one place.</summary>
public static class PerspectiveNames
{
    // The worker's Bot, and what a builder of it shares.
    public const string Print = "print";
    public const string GetWorkerInfo = "getWorkerInfo";
    public const string SetBuilderList = "setBuilderList";
    public const string Shutdown = "shutdown";
    public const string StartBuild = "startBuild";
    public const string StartCommand = "startCommand";
    public const string InterruptCommand = "interruptCommand";

    // Names of the time when workers were slaves.
    public const string GetSlaveInfo = "getSlaveInfo";
    public const string GetCommands = "getCommands";
    public const string GetVersion = "getVersion";
    public const string SetMaster = "setMaster";

    // The master's avatar.
    public const string Keepalive = "keepalive";

    // The master's step, file writer, directory writer and file reader.
    public const string Update = "update";
    public const string Complete = "complete";
    public const string Write = "write";
    public const string Close = "close";
    public const string Utime = "utime";
    public const string Unpack = "unpack";
    public const string Read = "read";

    // Commands. The others have the names of the MessagePack protocol.
    public const string UploadFile = "uploadFile";
    public const string UploadDirectory = "uploadDirectory";
    public const string DownloadFile = "downloadFile";

    // The one keyword argument of the conversation, of print.
    public const string Message = "message";

    /// <summary>The keyword arguments of <c>print</c>.</summary>
    public static ImmutableArray<KeyValuePair<string, JellyValue>> Says(string message) => [new(Message, message)];

    // Arguments of commands that hold a reference.
    public const string Writer = "writer";
    public const string Reader = "reader";
}
