using System.Security.Cryptography;
using Google.Protobuf;
using Quern.Admin.V1;
using Quern.Testing;

namespace Quern.Protocols.Admin.Tests;

/// <summary>Frames of the historic protocol, with what they mean written once more by hand.</summary>
internal static class GoldenFrames
{
    public const int Server = 0x01020359, Client = 0x0A0B0CAA, Agent = 0x0D0E0FFB;

    private const long Expires = 1893456000000;

    /// <summary>Message name, content in words, bytes; in the order of <see cref="Meanings"/>.</summary>
    public static IReadOnlyList<(string Name, string Content, byte[] Frame)> All { get; } =
        [.. Rows("frames.tsv").Select(r => (r[0], r[1], Convert.FromHexString(r[2])))];

    /// <summary>What, bytes.</summary>
    public static IReadOnlyList<(string What, byte[] Frame)> OlderPeers { get; } =
        [.. Rows("older-peers.tsv").Select(r => (r[0], Convert.FromHexString(r[1])))];

    public static IReadOnlyList<AdminMessage> Meanings { get; } =
    [
        AdminMessage.Of(new RQ_Session { InstanceUuid = "0b9f6c1e-2f64-4f0e-8f6d-6f2a9c1d3e55", InstanceType = InstanceType.InstanceClient, InstanceFlavor = InstanceFlavor.FlavorClientDesktop }, 1000),
        AdminMessage.Of(new RS_Session { InstanceSid = Client, ServerSid = Server, ServerUuid = "5f0c2e1a-7d3b-4c55-9a41-0f6e2b8c9d10" }, 1000),
        Ask(1001, new RQ_Ping()),
        Tell(1001, "PING_OK"),
        Ask(1002, new RQ_ServerBanner()),
        AdminMessage.Of(new RS_ServerBanner { Maintenance = true, Version = "7.1.0", Message = "Welcome", Image = ByteString.CopyFrom(0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A) }, 1002, to: Client, from: Server),
        Ask(1003, new RQ_Login { Username = "admin", Password = Convert.ToHexStringLower(SHA512.HashData("correct horse"u8)), Token = 287082 }),
        Tell(1003, "LOGIN_OK"),
        Tell(1003, "LOGIN_FAILED"),
        Tell(1003, "LOGIN_INVALID_TOKEN"),
        Tell(1003, "LOGIN_OK", new ResultTail { Session = new SessionGrant { SessionToken = "q1.9f3c", Expires = Expires } }),
        Ask(1004, new RQ_CreateUser { Username = "alice", Password = "Tr0ub4dor&3x", Email = "alice@example.org", Phone = "+4930123456", Expiration = Expires }),
        Tell(1004, "CREATE_USER_OK"),
        Tell(1004, "CREATE_USER_INVALID_PHONE"),
        Ask(1005, new RQ_UpdateUser()),
        Ask(1005, new RQ_UpdateUser { Username = "alice", Email = "a@example.org", Expiration = 0 }),
        Tell(1005, "UPDATE_USER_OK"),
        Tell(1005, "UPDATE_USER_ACCESS_DENIED"),
        Ask(1006, new RQ_DeleteUser { Username = "alice" }),
        Tell(1006, "DELETE_USER_OK"),
        Tell(1006, "DELETE_USER_ACCESS_DENIED"),
        Ask(1007, new RQ_CreateGroup { Name = "lab machines" }),
        Tell(1007, "CREATE_GROUP_OK"),
        Tell(1007, "CREATE_GROUP_FAILED_ACCESS_DENIED"),
        Ask(1008, new RQ_UpdateGroup()),
        Ask(1008, new RQ_UpdateGroup { Name = "lab machines", AddMember = { "alice" } }),
        Tell(1008, "UPDATE_GROUP_OK"),
        Tell(1008, "UPDATE_GROUP_FAILED_ACCESS_DENIED"),
        Ask(1009, new RQ_DeleteGroup()),
        Ask(1009, new RQ_DeleteGroup { Name = "lab machines" }),
        Tell(1009, "DELETE_GROUP_OK"),
        Tell(1009, "DELETE_GROUP_FAILED_ACCESS_DENIED"),
        Ask(1010, new RQ_CreateListener { Address = "0.0.0.0", Port = 8769 }),
        Tell(1010, "CREATE_LISTENER_OK"),
        Tell(1010, "CREATE_LISTENER_INVALID_PORT"),
        Ask(1011, new RQ_UpdateListener()),
        Ask(1011, new RQ_UpdateListener { Id = 2, Enabled = false, State = ListenerState.ListenerInactive }),
        Tell(1011, "UPDATE_LISTENER_OK"),
        Tell(1011, "UPDATE_LISTENER_ACCESS_DENIED"),
        Ask(1012, new RQ_DeleteListener()),
        Ask(1012, new RQ_DeleteListener { Id = 2 }),
        Tell(1012, "DELETE_LISTENER_OK"),
        Tell(1012, "DELETE_LISTENER_ACCESS_DENIED"),
        Ask(1013, new RQ_BuildAgent
        {
            Group = "lab machines",
            GeneratorOptions = new() { Payload = "micro" },
            PackagerOptions = new() { Format = "elf" },
            DeploymentOptions = new() { SshHost = "10.0.0.7", SshUsername = "root", SshPassword = "s3cret" },
        }),
        Tell(1013, "BUILD_AGENT_OK"),
        Tell(1013, "BUILD_AGENT_FAILED"),
        Ask(1014, new RQ_Logout()),
        Tell(1014, "LOGOUT_OK"),
        Ask(2001, new RQ_AuthSession { Password = "12345678" }, Agent),
        Tell(2001, "AUTH_SESSION_OK", to: Agent),
        Tell(2001, "AUTH_SESSION_FAILED", to: Agent),
        Ask(1015, new RQ_STStream { StreamId = 7777, Permanent = true, Oid = "/user", Direction = RQ_STStream.Types.Direction.Downstream }),
        Tell(1015, "ST_STREAM_OK"),
        // Events do not say who sent them.
        AdminMessage.Of(new EV_STStreamData { Oid = "1/username", ValueType = EV_STStreamData.Types.ValueType.String, Timestamp = Expires, String = "alice" }, 7777, to: Client),
        Ask(1016, new RQ_StopStream { Id = 7777 }),
        Tell(1016, "STOP_STREAM_OK"),
    ];

    private static AdminMessage Ask(int id, IMessage request, int from = Client) => AdminMessage.Of(request, id, to: Server, from: from);

    private static AdminMessage Tell(int id, string result, ResultTail? tail = null, int to = Client)
    {
        var type = AdminTypes.All.Single(t => t.Results.Contains(result));
        return AdminMessage.Of(type, type.Results.ToList().IndexOf(result), id, to: to, from: Server, tail: tail);
    }

    private static IEnumerable<string[]> Rows(string file) =>
        File.ReadLines(Path.Combine(Repository.Root, "tests", "golden", "admin", file)).Where(l => !l.StartsWith('#')).Select(l => l.Split('\t'));
}
