using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Quern.Cli.Client;
using Quern.MasterHost;
using Quern.MasterHost.Configuration;
using Quern.Testing;

namespace Quern.Cli.Tests;

/// <summary>Commands that ask for the password again, at a whole master whose clock the test moves.</summary>
public sealed class StepUpTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    private const string Password = "open sesame";
    private static readonly TimeSpan s_lasts = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Whoever_types_is_asked_in_the_middle_of_the_command_and_it_goes_on()
    {
        await using var farm = await SignedInAsync();

        var done = await farm.TypedAsync("role put night --right job:read", Password);
        var next = await farm.TypedAsync("role remove night");

        Assert.Equal((0, "night is there\n", 0), (done.Code, done.Output, next.Code));
        Assert.Contains("This asks for your password again.", done.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("sesame", done.Output + done.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_typed_wrong_does_nothing()
    {
        await using var farm = await SignedInAsync();

        var wrong = await farm.TypedAsync("role put night --right job:read", "open barley");
        var none = await farm.TypedAsync("role put night --right job:read", "");

        Assert.Equal((3, 4), (wrong.Code, none.Code));
        Assert.Contains("The password is wrong", wrong.Error, StringComparison.Ordinal);
        Assert.Contains("nothing was done", none.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("night", (await farm.RunAsync("role list")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nobody_types_a_command_says_what_to_do_and_a_script_does_it()
    {
        await using var farm = await SignedInAsync();
        await File.WriteAllTextAsync(farm.Data["password"], Password + "\n");

        var refused = await farm.RunAsync("role put night --right job:read", Password);
        var proved = await farm.RunAsync($"account step-up --password-file {farm.Data["password"]} --json");
        var done = await farm.RunAsync("role put night --right job:read");

        Assert.Equal((4, ""), (refused.Code, refused.Output));
        Assert.Contains("'quern account step-up'", refused.Error, StringComparison.Ordinal);
        Assert.Equal((0, 0), (proved.Code, done.Code));
        Assert.Equal(farm.Time.GetUtcNow() + s_lasts, JsonNode.Parse(proved.Output)!["lasts_until"]!.GetValue<DateTimeOffset>());
    }

    [Fact]
    public async Task A_code_is_asked_for_where_the_account_has_codes()
    {
        await using var farm = await SignedInAsync();
        var shown = new StringWriter();
        Assert.Equal(0, await CommandTree.RunAsync(farm.Words("account totp"), new Terminal(TextWriter.Null, shown, interactive: false, new Authenticator(shown, Password) { Time = farm.Time })));
        string recovery = System.Text.RegularExpressions.Regex.Match($"{shown}", "[A-Z2-7]{4}(-[A-Z2-7]{4}){3}").Value;

        Assert.Equal(0, (await farm.TypedAsync("role put night --right job:read", Password, recovery)).Code);
        farm.Time.Advance(s_lasts);
        var used = await farm.TypedAsync("role remove night", Password, recovery);
        Assert.Equal(3, used.Code);
        Assert.Contains("wrong or was used before", used.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_was_refused_is_sent_from_its_beginning()
    {
        var received = new List<long>();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        await using var master = builder.Build();
        master.MapPost("/upload", async (HttpContext context) =>
        {
            // The first time all of it is read before it is refused, the worst that can happen.
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            received.Add(body.Length);
            return received.Count == 1 ? Results.Json(new { title = "Prove it again", code = "step_up_required" }, statusCode: 403) : Results.Json(new { done = true });
        });
        await master.StartAsync();
        using var farm = new FarmClient(new Uri(master.Urls.Single()), "token") { ProveAgain = (_, _) => Task.FromResult(true) };
        await File.WriteAllBytesAsync(_folder["program"], new byte[300_000]);

        await using var file = File.OpenRead(_folder["program"]);
        var answer = await farm.UploadAsync("/upload", file, CancellationToken.None);

        Assert.True(answer["done"]!.GetValue<bool>());
        Assert.Equal([300_000, 300_000], received);
    }

    [Fact]
    public async Task The_administration_protocol_asks_on_the_same_connection()
    {
        await using var farm = await SignedInAsync();
        string at = $"--server {farm.Admin} --insecure-any-certificate";
        string put = $"admin call RQ_PutRole {at} --json " + """{"role":{"name":"night","permission":["job:read"]}}""";

        var refused = await farm.RunAdminAsync(put, typed: false);
        var key = await farm.RunAdminAsync($$"""admin call RQ_CreateEnrolmentToken {{at}} --json {"group":"labs"}""", typed: false);
        var wrong = await farm.RunAdminAsync(put, typed: true, "open barley");
        var done = await farm.RunAdminAsync(put, typed: true, Password);
        var next = await farm.RunAsync("role remove night");

        Assert.Equal((4, 4, 3, 0, 0), (refused.Code, key.Code, wrong.Code, done.Code, next.Code));
        Assert.Equal("PUT_ROLE_OK", JsonNode.Parse(done.Output)!["result"]!.ToString());
        Assert.Contains("LOGIN_FAILED", wrong.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>A farm at which admin signed in so long ago that the password is asked for again.</summary>
    private static async Task<Farm> SignedInAsync()
    {
        var data = new ScratchFolder();
        var time = new ManualTimeProvider();
        var options = new MasterOptions
        {
            DataFolder = data["farm"],
            Http = new IPEndPoint(IPAddress.Loopback, 0),
            Listen = [new ListenerSetting(ListenerProtocols.Admin, IPAddress.Loopback, 0)],
            FirstPassword = Password,
            FetchProgram = ["/bin/false"],
            Configuration = FarmConfiguration.Empty with { Accounts = new AccountSettings { StepUp = s_lasts } },
        };
        var farm = new Farm(data, time, Assert.IsType<MasterStart.Running>(await QuernMaster.StartAsync(options, time, CancellationToken.None)).Master);
        Assert.Equal(0, (await farm.RunAsync("login", Password)).Code);
        time.Advance(s_lasts);
        return farm;
    }

    private sealed class Farm(ScratchFolder data, ManualTimeProvider time, QuernMaster master) : IAsyncDisposable
    {
        public ScratchFolder Data => data;

        public ManualTimeProvider Time => time;

        public string Admin => master.Listening.Single(l => l.Protocol == ListenerProtocols.Admin).EndPoint;

        public string[] Words(string line) => [.. line.Split(' '), "--server", $"http://{master.Http}", "--data", data.Path];

        public Task<(int Code, string Output, string Error)> RunAsync(string line, params string[] answers) => RunAsync(Words(line), typed: false, answers);

        public Task<(int Code, string Output, string Error)> TypedAsync(string line, params string[] answers) => RunAsync(Words(line), typed: true, answers);

        /// <summary>The token that is kept for the farm's HTTP address is that of the session.</summary>
        public Task<(int Code, string Output, string Error)> RunAdminAsync(string line, bool typed, params string[] answers) =>
            RunAsync([.. line.Split(' '), "--data", data.Path, "--token-file", Directory.GetFiles(data.Path, "login-*").Single()], typed, answers);

        private static async Task<(int Code, string Output, string Error)> RunAsync(string[] words, bool typed, string[] answers)
        {
            var (output, error) = (new StringWriter(), new StringWriter());
            using var input = new StringReader(string.Join('\n', answers));
            int code = await CommandTree.RunAsync(words, new Terminal(output, error, interactive: false, input, typed));
            return (code, output.ToString(), error.ToString());
        }

        public async ValueTask DisposeAsync()
        {
            await master.DisposeAsync();
            data.Dispose();
        }
    }
}
