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
    SetBuilderList,

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
    Auth,
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
        WireOperation.SetBuilderList => "set_builder_list"u8,
        WireOperation.Update => "update"u8,
        WireOperation.Complete => "complete"u8,
        WireOperation.UploadFileWrite => "update_upload_file_write"u8,
        WireOperation.UploadFileClose => "update_upload_file_close"u8,
        WireOperation.UploadFileUtime => "update_upload_file_utime"u8,
        WireOperation.UploadDirectoryWrite => "update_upload_directory_write"u8,
        WireOperation.UploadDirectoryUnpack => "update_upload_directory_unpack"u8,
        WireOperation.ReadFile => "update_read_file"u8,
        WireOperation.ReadFileClose => "update_read_file_close"u8,
        WireOperation.Auth => "auth"u8,
        _ => default,
    };

    /// <summary>The operation of that name which <paramref name="side"/> serves, else <see cref="WireOperation.Unknown"/>.</summary>
    public static WireOperation Find(ReadOnlySpan<byte> name, BuildbotSide side, BuildbotRevision revision)
    {
        for (var operation = WireOperation.Response; operation <= WireOperation.Auth; operation++)
        {
            if (!name.SequenceEqual(NameOf(operation))) continue;
            return Serves(side, operation) && IsIn(revision, operation) ? operation : WireOperation.Unknown;
        }

        return WireOperation.Unknown;
    }

    public static bool IsIn(BuildbotRevision revision, WireOperation operation) => operation switch
    {
        WireOperation.SetWorkerSettings => revision is BuildbotRevision.V7,
        WireOperation.SetBuilderList or WireOperation.Auth => revision is BuildbotRevision.V1,
        _ => true,
    };

    private static bool Serves(BuildbotSide side, WireOperation operation) => side switch
    {
        BuildbotSide.Worker => operation < WireOperation.Update,
        BuildbotSide.Master => operation is WireOperation.Response or >= WireOperation.Update,
        _ => true,
    };
}
