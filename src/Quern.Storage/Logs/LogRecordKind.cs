namespace Quern.Storage;

/// <summary>What a record in a log file is. The numbers are stored.</summary>
internal enum LogRecordKind : byte
{
    Text = 1,

    /// <summary>The log was closed properly. Records behind it mean that it was opened again.</summary>
    End = 2,
}
