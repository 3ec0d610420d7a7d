using System.Text.Json.Nodes;
using Quern.Testing;

namespace Quern.WorkerHost.Tests.Branch;

/// <summary>
/// A master of one dialect that leads a bot through its life as the specification has it, and notes what the bot says: a word for each
/// request, with its value where that is a text.
/// </summary>
internal sealed class MasterScript(MasterConversation talk, string dialect)
{
    public bool IsOld => dialect == "V1b";

    /// <summary>The same as it stood on the wire, with its counts.</summary>
    public List<string> Frames { get; } = [];

    /// <summary>What the bot said, in order.</summary>
    public List<string> Said { get; } = [];

    /// <summary>All lines of the job's log.</summary>
    public List<string> Log { get; } = [];

    /// <summary>The last list of files.</summary>
    public JsonNode? Content { get; private set; }

    /// <summary>The bytes of the last package.</summary>
    public byte[] Package { get; private set; } = [];

    /// <summary>Files that the bot may fetch, by id: name and content.</summary>
    public Dictionary<string, (string Name, byte[] Content)> Sources { get; } = [];

    /// <summary>Answers in place of the usual ones, by the word and value that are noted.</summary>
    public Dictionary<string, string> Answers { get; } = [];

    /// <summary>Called with what was noted before it is answered; false ends the script there, without an answer.</summary>
    public Func<string, Task<bool>> Before { get; set; } = _ => Task.FromResult(true);

    /// <summary>The note after whose answer the script ends; null for none.</summary>
    public string? EndsAfter { get; set; }

    public JsonObject Deployment { get; } = new()
    {
        ["deploy_realroot"] = true,
        ["deploy_crossroot"] = false,
        ["realroot_packages"] = new JsonArray("base"),
        ["packagelisturl"] = "",
    };

    public static BranchRevision RevisionOf(string dialect) => dialect switch { "V2.1" => BranchRevision.V21, "V2.0" => BranchRevision.V20, _ => BranchRevision.V1b };

    public static JsonObject Recipe(string name, params string[] script) => new()
    {
        ["name"] = name,
        ["version"] = "1.2.13",
        ["real_version"] = "2",
        ["dependencies"] = new JsonArray("base"),
        ["build_dependencies"] = new JsonArray(),
        ["cross_dependencies"] = new JsonArray(),
        ["source"] = "",
        ["extra_sources"] = new JsonArray(),
        ["description"] = "lib",
        ["build_script"] = new JsonArray([.. script.Select(l => (JsonNode)l)]),
    };

    /// <summary>Answers until the bot is ready, which is answered too.</summary>
    /// <returns>Whether it is; false when the script was ended or the bot has gone.</returns>
    public async Task<bool> UntilReadyAsync()
    {
        while (true)
        {
            if (await talk.ReadAsync() is not { } frame) return false;
            Frames.Add(frame);
            string body = frame[(frame.IndexOf(' ', StringComparison.Ordinal) + 1)..];
            var (word, value) = Take(body);
            string note = value is JsonValue v && v.TryGetValue(out string? text) && text.Length > 0 ? $"{word} {text}" : word;
            Said.Add(note);
            if (word == "SUBMITCONTENT") Content = value;
            if (!await Before(note)) return false;
            if (word.Replace("_", "", StringComparison.Ordinal) == "FETCHEXTRASOURCE")
            {
                await talk.SendAsync(Sources[value!.ToString()].Content);
                continue;
            }
            await talk.SendAsync(MasterConversation.Frame(Answers.GetValueOrDefault(note) ?? Answer(word, value)));
            if (word is "FILETRANSFERMODE" or "FILE_TRANSFER_MODE" && !Answers.ContainsKey(note))
            {
                Package = await talk.ReadBytesAsync(int.Parse(value!.ToString(), System.Globalization.CultureInfo.InvariantCulture));
                await talk.SendAsync(MasterConversation.Frame(IsOld ? "UPLOAD_ACK" : Done("File transfer completed.")));
            }
            if (note == EndsAfter) return false;
            if (word is "SIGREADY" or "SIG_READY") return true;
        }
    }

    /// <summary>Orders a build and answers until the bot is ready again.</summary>
    public async Task<bool> BuildAsync(JsonObject recipe, string type = "RELEASE")
    {
        Frames.Clear();
        Said.Clear();
        Log.Clear();
        await OrderAsync(recipe, type);
        return await UntilReadyAsync();
    }

    public Task OrderAsync(JsonObject recipe, string type = "RELEASE") => talk.SendAsync(MasterConversation.Frame(IsOld
        ? $"{(type == "CROSS" ? "BUILD_PKG_CROSS" : "BUILD_PKG")} {recipe.ToJsonString()}"
        : new JsonObject { ["command"] = "BUILD", ["payload"] = new JsonObject { ["pkgbuild"] = recipe.DeepClone(), ["buildtype"] = type } }.ToJsonString()));

    /// <summary>The members of the package, by name.</summary>
    public async Task<Dictionary<string, System.Formats.Tar.TarEntry>> MembersAsync() => await TarBytes.ReadAsync(new MemoryStream(await Xz.ExpandAsync(Package)));

    private static string Done(string text) => new JsonObject { ["statuscode"] = 200, ["payload"] = text }.ToJsonString();

    private static (string Word, JsonNode? Value) Take(string body)
    {
        if (body.StartsWith('{'))
        {
            var request = JsonNode.Parse(body)!;
            return (request["command"]!.ToString(), request["payload"]);
        }
        int blank = body.IndexOf(' ', StringComparison.Ordinal);
        if (blank < 0) return (body, null);
        string value = body[(blank + 1)..];
        return (body[..blank], value[0] is '[' or '{' ? JsonNode.Parse(value) : JsonValue.Create(value));
    }

    private string Answer(string word, JsonNode? value)
    {
        switch (word)
        {
            case "APPENDLOG" or "SUBMITLOG" or "SUBMIT_LOG":
                Log.AddRange(value!.AsArray().Select(l => l!.ToString()));
                return IsOld ? "LOG_OK" : Done(word == "APPENDLOG" ? "Build log update acknowleged." : "Build log accepted.");
            case "GETDEPLOYMENTCONFIG":
                return new JsonObject { ["statuscode"] = 200, ["payload"] = Deployment.DeepClone() }.ToJsonString();
            case "GET_DEPLOYMENT_CONFIG":
                return Deployment.ToJsonString();
            case "GETEXTRASOURCEINFO" or "EXTRA_SOURCE_INFO":
                var (name, content) = Sources[value!.ToString()];
                var info = new JsonObject { ["filename"] = name, [IsOld ? "datalen" : "datalength"] = content.Length };
                return IsOld ? info.ToJsonString() : new JsonObject { ["statuscode"] = 200, ["payload"] = info }.ToJsonString();
        }
        return word switch
        {
            "AUTH" when IsOld => "AUTH_OK",
            "AUTH" => """{"statuscode": 200, "payload": {"auth_status": "Authentication completed.", "logon_message": "Branchmaster"}}""",
            "SETMACHINEINFO" => Done("Machine information set"),
            "SIGREADY" => Done("Ready signal acknowledged"),
            "REPORTSTATUSUPDATE" => Done("Job status updated."),
            "SUBMITCONTENT" => Done("No conflicts found."),
            "FILETRANSFERMODE" => Done("File transfer setup completed."),
            "REPORTSYSEVENT" => """{"statuscode": 400, "payload": "Invalid command."}""",
            "SET_MACHINE_TYPE" or "SET_MACHINE_NAME" or "SET_MACHINE_INFORMATION" or "SIG_READY" => "CMD_OK",
            "REPORT_STATUS_UPDATE" => "STATUS_ACK",
            "FILE_TRANSFER_MODE" => "ACK_FILE_TRANSFER",
            _ => IsOld ? "INV_CMD" : """{"statuscode": 400, "payload": "Invalid command."}""",
        };
    }
}
