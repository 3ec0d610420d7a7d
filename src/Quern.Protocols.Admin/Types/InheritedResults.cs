using System.Collections.Frozen;

namespace Quern.Protocols.Admin;

/// <summary>
/// What a peer that has not announced <c>results.v1</c> is told instead of a result that its schema did not have: it would index a table
/// beyond its end. Administration protocol, "Results for inherited peers".
/// </summary>
public static class InheritedResults
{
    private static readonly FrozenDictionary<string, FrozenDictionary<string, string>> s_instead = new Dictionary<string, FrozenDictionary<string, string>>
    {
        ["RS_BuildAgent"] = Instead(
            "BUILD_AGENT_FAILED", "BUILD_AGENT_ACCESS_DENIED", "BUILD_AGENT_UNKNOWN_GROUP", "BUILD_AGENT_INVALID_OPTIONS", "BUILD_AGENT_QUEUE_FULL"),
        ["RS_CreateGroup"] = Instead(
            "CREATE_GROUP_FAILED_ACCESS_DENIED",
            "CREATE_GROUP_INVALID_NAME", "CREATE_GROUP_NAME_TAKEN", "CREATE_GROUP_UNKNOWN_USER", "CREATE_GROUP_INVALID_CONFIG"),
        ["RS_DeleteGroup"] = Instead("DELETE_GROUP_FAILED_ACCESS_DENIED", "DELETE_GROUP_NOT_FOUND", "DELETE_GROUP_NOT_EMPTY", "DELETE_GROUP_CONFLICT"),
        ["RS_UpdateGroup"] = Instead(
            "UPDATE_GROUP_FAILED_ACCESS_DENIED", "UPDATE_GROUP_NOT_FOUND", "UPDATE_GROUP_INVALID_NAME", "UPDATE_GROUP_NAME_TAKEN",
            "UPDATE_GROUP_UNKNOWN_USER", "UPDATE_GROUP_INVALID_CONFIG", "UPDATE_GROUP_CONFLICT"),
        ["RS_CreateListener"] = Instead(
            "CREATE_LISTENER_INVALID_PORT", "CREATE_LISTENER_INVALID_ADDRESS", "CREATE_LISTENER_IN_USE", "CREATE_LISTENER_BIND_FAILED")
            .Concat(Instead("CREATE_LISTENER_ACCESS_DENIED", "CREATE_LISTENER_INVALID_CERTIFICATE", "CREATE_LISTENER_INVALID_NAME")).ToFrozenDictionary(),
        ["RS_DeleteListener"] = Instead("DELETE_LISTENER_ACCESS_DENIED", "DELETE_LISTENER_NOT_FOUND", "DELETE_LISTENER_LAST", "DELETE_LISTENER_CONFLICT"),
        ["RS_UpdateListener"] = Instead(
            "UPDATE_LISTENER_ACCESS_DENIED", "UPDATE_LISTENER_NOT_FOUND", "UPDATE_LISTENER_INVALID_PORT", "UPDATE_LISTENER_INVALID_ADDRESS",
            "UPDATE_LISTENER_INVALID_CERTIFICATE", "UPDATE_LISTENER_INVALID_NAME", "UPDATE_LISTENER_INVALID_STATE", "UPDATE_LISTENER_BIND_FAILED",
            "UPDATE_LISTENER_CONFLICT", "UPDATE_LISTENER_UNKNOWN_USER"),
        ["RS_Login"] = Instead("LOGIN_FAILED", "LOGIN_MAINTENANCE", "LOGIN_RATE_LIMITED", "LOGIN_PASSWORD_CHANGE_REQUIRED")
            .Concat(Instead("LOGIN_INVALID_TOKEN", "LOGIN_TOKEN_REQUIRED")).ToFrozenDictionary(),
        ["RS_CreateUser"] = Instead("CREATE_USER_INVALID_USERNAME", "CREATE_USER_USERNAME_TAKEN")
            .Concat(Instead("CREATE_USER_ACCESS_DENIED", "CREATE_USER_INVALID_EXPIRATION", "CREATE_USER_INVALID_ROLE")).ToFrozenDictionary(),
        ["RS_DeleteUser"] = Instead("DELETE_USER_ACCESS_DENIED", "DELETE_USER_NOT_FOUND", "DELETE_USER_LAST_ADMIN", "DELETE_USER_OWNS_RESOURCES"),
        ["RS_UpdateUser"] = Instead(
            "UPDATE_USER_ACCESS_DENIED", "UPDATE_USER_NOT_FOUND", "UPDATE_USER_INVALID_PASSWORD", "UPDATE_USER_INVALID_EMAIL",
            "UPDATE_USER_INVALID_PHONE", "UPDATE_USER_INVALID_EXPIRATION", "UPDATE_USER_INVALID_ROLE", "UPDATE_USER_LAST_ADMIN", "UPDATE_USER_CONFLICT"),
        ["RS_AuthSession"] = Instead("AUTH_SESSION_FAILED", "AUTH_SESSION_PENDING", "AUTH_SESSION_RATE_LIMITED"),
        ["RS_STStream"] = Instead("ST_STREAM_FAILED", "ST_STREAM_ACCESS_DENIED"),
    }.ToFrozenDictionary();

    /// <summary>The number to send for a result to a peer that knows the inherited ones alone.</summary>
    /// <param name="type">The answer, for instance <c>RS_Login</c>.</param>
    /// <param name="code">Number of the result.</param>
    /// <exception cref="ArgumentException">There is none: <c>BUILD_AGENT_ACCEPTED</c> has to wait for its end.</exception>
    public static int Of(AdminType type, int code)
    {
        string name = type.Results[code];
        if (!s_instead.TryGetValue(type.Name, out var instead)) return code;   // the inherited protocol had these all, or not the answer
        if (instead.TryGetValue(name, out string? inherited)) return type.Results.ToList().IndexOf(inherited);
        if (name == "BUILD_AGENT_ACCEPTED") throw new ArgumentException("An inherited peer is answered when the agent is built, not before.", nameof(code));
        return code;
    }

    private static FrozenDictionary<string, string> Instead(string inherited, params string[] ours) => ours.ToFrozenDictionary(o => o, _ => inherited);
}
