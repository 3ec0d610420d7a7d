using System.Text.Json;
using Quern.Model;
using Quern.Testing;

namespace Quern.Peers.Tests.Buildbot;

/// <summary>A command that a real master gave a real worker, from the readable form of a capture.</summary>
/// <param name="Id">MessagePack: the command's id. Perspective Broker: the number of its step.</param>
/// <param name="Name">As the master said it.</param>
/// <param name="Code">The last <c>rc</c> that the worker said; null when it said none.</param>
/// <param name="Failed">Whether it was refused, or ended with a failure.</param>
internal sealed record CapturedCommand(string Id, string Name, int? Code, bool Failed)
{
    /// <summary>One of the same kind; what it names does not matter, for the worker's words are those of the capture.</summary>
    public RemoteCommand Again => Name switch
    {
        "shell" => new RemoteCommand.Shell { Script = "x" },
        "uploadFile" or "upload_file" => new RemoteCommand.UploadFile("x", new MasterTarget.Package()),
        "uploadDirectory" or "upload_directory" => new RemoteCommand.UploadDirectory("x", new MasterTarget.Path("/x")),
        "downloadFile" or "download_file" => new RemoteCommand.DownloadFile(new MasterSource.File("/x"), "x"),
        "mkdir" => new RemoteCommand.MakeDirectory(["x"]),
        "rmdir" => new RemoteCommand.RemoveDirectory(["x"]),
        "cpdir" => new RemoteCommand.CopyDirectory("x", "y"),
        "stat" => new RemoteCommand.Stat("x"),
        "glob" => new RemoteCommand.Glob("x"),
        "listdir" => new RemoteCommand.ListDirectory("x"),
        "rmfile" => new RemoteCommand.RemoveFile("x"),
        _ => new RemoteCommand.Shell { Script = "x" },   // one that the worker does not know
    };

    /// <summary>What must come of it.</summary>
    public bool Fits(CommandResult result) => result switch
    {
        CommandResult.Refused => Failed,
        CommandResult.Ended ended => !Failed && ended.ExitCode == (Code ?? 0),
        _ => false,
    };

    /// <summary>Of a capture of MessagePack; those of the attaching are left out.</summary>
    public static IReadOnlyList<CapturedCommand> OfMessagePack(string capture)
    {
        JsonElement[] all = [.. Lines(capture, "msg")];
        return
        [
            .. all.Where(m => Text(m, "op") == "start_command" && m.TryGetProperty("builder_name", out _)).Select(start =>
            {
                string id = Text(start, "command_id");
                var said = all.Where(m => Text(m, "command_id") == id).ToList();
                int? code = said.Where(m => Text(m, "op") == "update").SelectMany(m => m.GetProperty("args").EnumerateArray())
                    .Where(e => e[0].GetString() == "rc").Select(e => (int?)e[1].GetInt32()).LastOrDefault();
                bool completed = said.Any(m => Text(m, "op") == "complete");
                bool failed = !completed || said.Any(m => Text(m, "op") == "complete" && m.GetProperty("args").ValueKind != JsonValueKind.Null);
                return new CapturedCommand(id, Text(start, "command_name"), code, failed);
            }),
        ];
    }

    /// <summary>Of a capture of Perspective Broker.</summary>
    public static IReadOnlyList<CapturedCommand> OfPerspective(string capture)
    {
        JsonElement[] all = [.. Lines(capture, "pb")];
        return
        [
            .. all.Where(m => Text(m, "method") == "startCommand").Select(start =>
            {
                var given = start.GetProperty("args").GetProperty("tuple");
                long step = given[0].GetProperty("remote").GetInt64();
                var said = all.Where(m => Text(m, "kind") == "message" && m.GetProperty("obj").ValueKind == JsonValueKind.Number && m.GetProperty("obj").GetInt64() == step).ToList();
                int? code = said.Where(m => Text(m, "method") == "update").SelectMany(m => m.GetProperty("args").GetProperty("tuple")[0].EnumerateArray())
                    .Select(u => ReturnCode(u[0])).LastOrDefault(c => c is not null);
                var last = said.Where(m => Text(m, "method") == "complete").Select(m => m.GetProperty("args").GetProperty("tuple")[0]).ToList();
                return new CapturedCommand($"{step}", given[2].GetString()!, code, last is not [{ ValueKind: JsonValueKind.Null }]);
            }),
        ];
    }

    private static IEnumerable<JsonElement> Lines(string capture, string key)
    {
        foreach (string line in File.ReadLines(Path.Combine(Repository.Root, "tests", "golden", capture + ".decoded.jsonl")))
        {
            using JsonDocument document = JsonDocument.Parse(line);
            if (document.RootElement.GetProperty("conn").GetInt32() == 1 && document.RootElement.TryGetProperty(key, out JsonElement message)) yield return message.Clone();
        }
    }

    /// <summary>Keys are text, or of workers on Python 2 bytes.</summary>
    private static int? ReturnCode(JsonElement update)
    {
        if (update.TryGetProperty("rc", out JsonElement code)) return code.GetInt32();
        if (!update.TryGetProperty("dict_items", out JsonElement items)) return null;
        foreach (JsonElement item in items.EnumerateArray())
            if (item[0].GetProperty("bytes").GetString() == "rc") return item[1].GetInt32();
        return null;
    }

    private static string Text(JsonElement message, string key) =>
        message.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
