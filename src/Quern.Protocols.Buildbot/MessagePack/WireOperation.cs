namespace Quern.Protocols.Buildbot;

/// <summary>The operations of messages.</summary>
internal enum WireOperation
{
    Unknown,
    Response,

    // Master to worker.
    Print,
    Keepalive,
    GetWorkerInfo,
    SetWorkerSettings,
    StartCommand,
    InterruptCommand,
    Shutdown,

    // Worker to master.
    Update,
    Complete,
    UploadFileWrite,
    UploadFileClose,
    UploadFileUtime,
    UploadDirectoryWrite,
    UploadDirectoryUnpack,
    ReadFile,
    ReadFileClose,
}

internal static class WireOperations
{
    public static ReadOnlySpan<byte> NameOf(WireOperation operation) => operation switch
    {
        WireOperation.Response => "response"u8,
        WireOperation.Print => "print"u8,
        WireOperation.Keepalive => "keepalive"u8,
        WireOperation.GetWorkerInfo => "get_worker_info"u8,
        WireOperation.SetWorkerSettings => "set_worker_settings"u8,
        WireOperation.StartCommand => "start_command"u8,
        WireOperation.InterruptCommand => "interrupt_command"u8,
        WireOperation.Shutdown => "shutdown"u8,
        WireOperation.Update => "update"u8,
        WireOperation.Complete => "complete"u8,
        WireOperation.UploadFileWrite => "update_upload_file_write"u8,
        WireOperation.UploadFileClose => "update_upload_file_close"u8,
        WireOperation.UploadFileUtime => "update_upload_file_utime"u8,
        WireOperation.UploadDirectoryWrite => "update_upload_directory_write"u8,
        WireOperation.UploadDirectoryUnpack => "update_upload_directory_unpack"u8,
        WireOperation.ReadFile => "update_read_file"u8,
        WireOperation.ReadFileClose => "update_read_file_close"u8,
        _ => default,
    };

    /// <summary>The operation of that name which <paramref name="side"/> serves, else <see cref="WireOperation.Unknown"/>.</summary>
    public static WireOperation Find(ReadOnlySpan<byte> name, BuildbotSide side)
    {
        for (var operation = WireOperation.Response; operation <= WireOperation.ReadFileClose; operation++)
            if (name.SequenceEqual(NameOf(operation))) return Serves(side, operation) ? operation : WireOperation.Unknown;
        return WireOperation.Unknown;
    }

    private static bool Serves(BuildbotSide side, WireOperation operation) => side switch
    {
        BuildbotSide.Worker => operation < WireOperation.Update,
        BuildbotSide.Master => operation is WireOperation.Response or >= WireOperation.Update,
        _ => true,
    };
}
