using System.Text.Json.Nodes;

namespace Quern.Scenarios.BadDays;

/// <summary>Explicit plans as outside programs send them.</summary>
internal static class Plans
{
    /// <summary>One job of one step.</summary>
    public static JsonObject Job(string script) => Steps(Shell("run", script));

    public static JsonObject Steps(params JsonObject[] steps) => new() { ["plan"] = new JsonObject { ["steps"] = new JsonArray([.. steps]) } };

    public static JsonObject Shell(string name, string script) => new()
    {
        ["name"] = name,
        ["command"] = new JsonObject { ["kind"] = "shell", ["command"] = new JsonArray("/bin/sh", "-c", script) },
    };

    public static JsonObject Submission(params JsonObject[] jobs) => new() { ["jobs"] = new JsonArray([.. jobs]) };
}
