using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Quern.Admin.V1;
using Quern.Peers.Estate;
using Quern.Protocols.Admin;

namespace Quern.MasterHost.Tests.Estate;

/// <summary>The administration protocol over TLS, from a client to the farm's own desks.</summary>
public sealed class AdminDoorTests
{
    private const string Password = "open sesame";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_superuser_looks_after_people_over_TLS()
    {
        await using var farm = await AdminDial.StartAsync();
        await using var client = await AdminDial.OpenAsync(farm);
        Assert.Equal("LOGIN_OK", await AdminDial.AskAsync(client, new RQ_Login { Username = "admin", Password = Password }));

        Assert.Equal("CREATE_USER_OK", await AdminDial.AskAsync(client, new RQ_CreateUser { Username = "alice", Password = "purple elephant", Role = { "operator" } }));
        Assert.Equal("CREATE_USER_USERNAME_TAKEN", await AdminDial.AskAsync(client, new RQ_CreateUser { Username = "alice", Password = "purple elephant" }));
        Assert.Equal("CREATE_USER_INVALID_PASSWORD", await AdminDial.AskAsync(client, new RQ_CreateUser { Username = "bobby", Password = "short" }));
        Assert.Equal("UPDATE_USER_LAST_ADMIN", await AdminDial.AskAsync(client, new RQ_UpdateUser { Username = "admin", Disabled = true }));
        Assert.Equal("CREATE_GROUP_OK", await AdminDial.AskAsync(client, new RQ_CreateGroup { Name = "lab machines", Member = { "alice" } }));
        var users = Assert.IsType<RS_ListUsers>(await AdminDial.ReadAsync(client, new RQ_ListUsers()));
        Assert.Equal(["admin", "alice"], users.User.Select(u => u.Username));
        var audit = Assert.IsType<RS_QueryAudit>(await AdminDial.ReadAsync(client, new RQ_QueryAudit { PageSize = 100 }));
        Assert.Contains(audit.Entry, e => e.Action == "account.saved" && e.Target == "alice" && e.Actor == "user:admin" && e.RemoteAddress == "127.0.0.1");

        await using var alice = await AdminDial.OpenAsync(farm);
        Assert.Equal("LOGIN_OK", await AdminDial.AskAsync(alice, new RQ_Login { Username = "alice", Password = "purple elephant" }));
        Assert.Equal("CREATE_USER_ACCESS_DENIED", await AdminDial.AskAsync(alice, new RQ_CreateUser { Username = "carla", Password = "purple elephant" }));
        Assert.Equal("UPDATE_USER_OK", await AdminDial.AskAsync(alice, new RQ_UpdateUser { Username = "alice", Email = "alice@example.org" }));
        // What administrators take away is gone at once, with the connection.
        Assert.Equal("DELETE_USER_OK", await AdminDial.AskAsync(client, new RQ_DeleteUser { Username = "alice" }));
        Assert.Equal("the server closed the connection", await alice.Closed.WaitAsync(TimeSpan.FromSeconds(60), Cancellation));
    }

    [Fact]
    public async Task A_session_of_one_door_is_one_of_the_other()
    {
        await using var farm = await AdminDial.StartAsync();
        await using var client = await AdminDial.OpenAsync(farm);
        var reply = Assert.IsType<AdminReply.Result>(await client.AskAsync(new RQ_Login { Username = "admin", Password = Password }, Cancellation));

        using var http = farm.Client(reply.Tail!.Session.SessionToken);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/api/v1/account", Cancellation)).StatusCode);
        await using var again = await AdminDial.OpenAsync(farm);
        Assert.Equal("RESUME_SESSION_OK", await AdminDial.AskAsync(again, new RQ_ResumeSession { SessionToken = reply.Tail.Session.SessionToken }));
        Assert.Equal("LOGOUT_OK", await AdminDial.AskAsync(again, new RQ_Logout()));
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync("/api/v1/account", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task The_farm_has_the_same_UUID_after_a_restart_and_shows_its_banner_at_every_door()
    {
        await using var farm = await AdminDial.StartAsync();
        await using var client = await AdminDial.OpenAsync(farm);
        Assert.True(Guid.TryParse(client.Session.ServerUuid, out _));
        Assert.Equal(client.Session.ServerUuid, await farm.Master.Store.FarmUuidAsync(Cancellation));
        await AdminDial.AskAsync(client, new RQ_Login { Username = "admin", Password = Password });

        Assert.Equal("UPDATE_BANNER_OK", await AdminDial.AskAsync(client, new RQ_UpdateBanner { Message = "Mind the <gap>", Image = ByteString.CopyFrom(PngCheckTests.Pixel), Maintenance = true }));
        Assert.Equal("UPDATE_BANNER_INVALID_IMAGE", await AdminDial.AskAsync(client, new RQ_UpdateBanner { Image = ByteString.CopyFrom(1) }));

        using var stranger = new HttpClient { BaseAddress = farm.Address };
        var banner = await MasterFixture.BodyAsync(await stranger.GetAsync("/api/v1/banner", Cancellation));
        Assert.Equal(("Mind the <gap>", true), (banner["message"]!.ToString(), banner["maintenance"]!.GetValue<bool>()));
        Assert.Equal(PngCheckTests.Pixel, await stranger.GetByteArrayAsync(banner["image"]!.ToString(), Cancellation));
        stranger.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        string page = await (await stranger.GetAsync("/", Cancellation)).Content.ReadAsStringAsync(Cancellation);
        Assert.Contains("Mind the &lt;gap&gt;", page, StringComparison.Ordinal);
        Assert.Contains("/api/v1/banner/image", page, StringComparison.Ordinal);
        Assert.Contains("in maintenance", page, StringComparison.Ordinal);
        var shown = Assert.IsType<RS_ServerBanner>(await AdminDial.ReadAsync(client, new RQ_ServerBanner()));
        Assert.Equal((true, "Mind the <gap>", PngCheckTests.Pixel.Length), (shown.Maintenance, shown.Message, shown.Image.Length));
    }

    [Fact]
    public async Task Over_HTTP_the_banner_is_changed_by_those_who_may()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var owner = farm.Client();
        using var other = await farm.ClientMayAsync("server:banner");

        var changed = await owner.PutAsJsonAsync("/api/v1/banner", new JsonObject { ["message"] = "Hello", ["image"] = Convert.ToBase64String(PngCheckTests.Pixel) }, Cancellation);
        var mistyped = await owner.PutAsJsonAsync("/api/v1/banner", new JsonObject { ["image"] = "no base 64!" }, Cancellation);
        var noPicture = await owner.PutAsJsonAsync("/api/v1/banner", new JsonObject { ["image"] = "aGVsbG8=" }, Cancellation);
        var notAllowed = await other.PutAsJsonAsync("/api/v1/banner", new JsonObject { ["maintenance"] = true }, Cancellation);

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.UnprocessableEntity, HttpStatusCode.UnprocessableEntity, HttpStatusCode.Forbidden],
            new[] { changed, mistyped, noPicture, notAllowed }.Select(a => a.StatusCode));
        Assert.Equal("Hello", farm.Get<IBannerDesk>().Current.Message);
    }

    [Fact]
    public async Task In_maintenance_no_door_lets_others_in()
    {
        await using var farm = await AdminDial.StartAsync();
        await using var client = await AdminDial.OpenAsync(farm);
        await AdminDial.AskAsync(client, new RQ_Login { Username = "admin", Password = Password });
        await AdminDial.AskAsync(client, new RQ_CreateUser { Username = "alice", Password = "purple elephant" });
        Assert.Equal("UPDATE_BANNER_OK", await AdminDial.AskAsync(client, new RQ_UpdateBanner { Maintenance = true }));

        await using var alice = await AdminDial.OpenAsync(farm);
        Assert.Equal("LOGIN_MAINTENANCE", await AdminDial.AskAsync(alice, new RQ_Login { Username = "alice", Password = "purple elephant" }));
        using var http = new HttpClient { BaseAddress = farm.Address };
        var answer = await http.PostAsJsonAsync("/api/v1/login", new JsonObject { ["user"] = "alice", ["password"] = "purple elephant" }, Cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        var admin = await http.PostAsJsonAsync("/api/v1/login", new JsonObject { ["user"] = "admin", ["password"] = Password }, Cancellation);
        Assert.Equal(HttpStatusCode.OK, admin.StatusCode);
    }

    [Fact]
    public async Task Nothing_is_said_without_TLS()
    {
        await using var farm = await AdminDial.StartAsync();
        using var socket = new TcpClient();
        await socket.ConnectAsync(AdminDial.PortOf(farm), Cancellation);
        await using var stream = socket.GetStream();

        // A session's first bytes, in the clear.
        await stream.WriteAsync(Convert.FromHexString("3518e80720a5eabeef012a2a0a2430623966366331652d326636342d346630652d386636642d36663261396331643365353510021815"), Cancellation);

        var rest = new MemoryStream();
        try
        {
            await stream.CopyToAsync(rest, Cancellation).WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        }
        catch (IOException)
        {
            // It hung up.
        }
        Assert.DoesNotContain(rest.ToArray(), b => b == 0x3B);   // the length of an answer
    }
}
