using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Quern.MasterHost.Access;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Packaging.Planning;
using Quern.Testing;

namespace Quern.MasterHost.Tests;

/// <summary>A whole master on a scratch folder, with HTTP on a free port.</summary>
internal sealed class MasterFixture : IAsyncDisposable
{
    private readonly ScratchFolder _folder;

    private MasterFixture(ScratchFolder folder, QuernMaster master) => (_folder, Master) = (folder, master);

    public QuernMaster Master { get; }

    public string Folder => _folder.Path;

    public Uri Address => new($"http://{Master.Http}");

    public T Get<T>() where T : notnull => Master.Services.GetRequiredService<T>();

    /// <summary>The random first password of <c>admin</c>; null when one was given.</summary>
    public string? NewPassword { get; private init; }

    public static Task<MasterFixture> StartAsync(FarmConfiguration? configuration = null, TimeProvider? time = null) =>
        StartAsync(folder => Options(folder, configuration), time);

    /// <summary>A master as the test wants it, on a folder that it may prepare first.</summary>
    public static async Task<MasterFixture> StartAsync(Func<string, MasterOptions> options, TimeProvider? time = null)
    {
        var folder = new ScratchFolder();
        var start = Assert.IsType<MasterStart.Running>(await QuernMaster.StartAsync(options(folder.Path), time ?? TimeProvider.System, CancellationToken.None));
        return new MasterFixture(folder, start.Master) { NewPassword = start.NewPassword };
    }

    /// <summary>A farm that takes release builds; no worker of these tests runs them.</summary>
    public static FarmConfiguration ReleaseOnly { get; } = FarmConfiguration.Empty with { Release = new EnvironmentSettings { Isolation = Isolation.Host } };

    public static MasterOptions Options(string folder, FarmConfiguration? configuration = null) => new()
    {
        DataFolder = folder,
        Http = new IPEndPoint(IPAddress.Loopback, 0),
        Configuration = configuration ?? ReleaseOnly,
        FirstPassword = "open sesame",
        FetchProgram = ["/bin/false"],
    };

    /// <summary>A client with the owner's token, or with another.</summary>
    public HttpClient Client(string? token = null)
    {
        var client = new HttpClient { BaseAddress = Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token ?? File.ReadAllText(Path.Combine(Folder, "token")).Trim());
        return client;
    }

    public async Task<HttpClient> ClientMayAsync(params string[] rights)
    {
        var token = await Get<TokenBook>().IssueAsync(new Principal("user:test", [.. rights]), null, Actor.Farm, CancellationToken.None);
        return Client(token);
    }

    public static JsonObject Plan(params string[] command) => new()
    {
        ["plan"] = new JsonObject
        {
            ["steps"] = new JsonArray(new JsonObject
            {
                ["name"] = "run",
                ["command"] = new JsonObject { ["kind"] = "shell", ["command"] = new JsonArray([.. command.Select(c => (JsonNode)c)]) },
            }),
        },
    };

    /// <summary>Submits explicit plans and answers their ids.</summary>
    public static async Task<ImmutableArray<string>> SubmitAsync(HttpClient client, int count)
    {
        var answer = await client.PostAsJsonAsync("/api/v1/jobs", new JsonObject { ["jobs"] = new JsonArray([.. Enumerable.Range(0, count).Select(_ => (JsonNode)Plan("true"))]) });
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return [.. (await BodyAsync(answer))["jobs"]!.AsArray().Select(j => j!["id"]!.ToString())];
    }

    public static async Task<JsonObject> BodyAsync(HttpResponseMessage answer) => JsonNode.Parse(await answer.Content.ReadAsStringAsync())!.AsObject();

    public async ValueTask DisposeAsync()
    {
        await Master.DisposeAsync();
        _folder.Dispose();
    }
}
