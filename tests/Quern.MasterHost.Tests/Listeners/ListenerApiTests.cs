using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Quern.Model;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Listeners;

/// <summary>Doors over the HTTP API.</summary>
public sealed class ListenerApiTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_listener_is_made_shown_changed_stopped_started_and_removed()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var client = farm.Client();

        var added = await client.PostAsJsonAsync("/api/v1/listeners", new JsonObject
        {
            ["protocol"] = "http",
            ["port"] = 0,
            ["name"] = "Side door",
            ["tls"] = new JsonObject { ["kind"] = "farm" },
            ["limits"] = new JsonObject { ["connections"] = 7 },
        }, Cancellation);
        var made = await MasterFixture.BodyAsync(added);
        string path = $"/api/v1/listeners/{made["id"]}";
        var shown = await client.GetFromJsonAsync<JsonObject>("/api/v1/listeners/side%20door", Cancellation);
        var changed = await MasterFixture.BodyAsync(await client.PatchAsJsonAsync(path, new JsonObject { ["limits"] = new JsonObject { ["per_second"] = 3 }, ["revision"] = 1 }, Cancellation));
        var outdated = await client.PatchAsJsonAsync(path, new JsonObject { ["name"] = "other", ["revision"] = 1 }, Cancellation);
        var stopped = await MasterFixture.BodyAsync(await client.PostAsJsonAsync($"{path}/stop", new JsonObject { ["drain_seconds"] = 5 }, Cancellation));
        var again = await client.PostAsync($"{path}/stop", null, Cancellation);
        var started = await MasterFixture.BodyAsync(await client.PostAsync($"{path}/start", null, Cancellation));
        var removed = await client.DeleteAsync($"{path}?close_connections=true&revision=2", Cancellation);

        Assert.Equal(HttpStatusCode.Created, added.StatusCode);
        Assert.Equal(("farm", "1.3", 64), (made["tls"]!["kind"]!.ToString(), made["tls"]!["min"]!.ToString(), made["tls"]!["certificate_sha256"]!.ToString().Length));
        Assert.Equal(("listening", 7, 0L, 4), (shown!["state"]!.ToString(), (int)shown["limits"]!["connections"]!, (long)shown["counts"]!["accepted"]!, shown["counts"]!["refused_by"]!.AsObject().Count));
        Assert.Equal((7, 3, 2L), ((int)changed["limits"]!["connections"]!, (int)changed["limits"]!["per_second"]!, (long)changed["revision"]!));
        Assert.Equal(("inactive", null, "listening"), (stopped["state"]!.ToString(), stopped["open"], started["state"]!.ToString()));
        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.Conflict, HttpStatusCode.NoContent), (outdated.StatusCode, again.StatusCode, removed.StatusCode));
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(path, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task What_is_wrong_is_told_with_the_right_status_and_a_key_is_never_answered()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var client = farm.Client();
        using var certificate = TestCertificate.Make();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        async Task RefusedAsync(HttpStatusCode status, string text, JsonObject request)
        {
            var answer = await client.PostAsJsonAsync("/api/v1/listeners", request, Cancellation);
            string body = await answer.Content.ReadAsStringAsync(Cancellation);
            Assert.True(answer.StatusCode == status, body);
            Assert.Contains(text, (string)JsonNode.Parse(body)!["detail"]!, StringComparison.Ordinal);
            // In the words of all other changes of the estate.
            Assert.Matches("^(invalid-[a-z]+|address-in-use)$", (string)JsonNode.Parse(body)!["code"]!);
        }
        JsonObject Leaf(params (string Key, JsonNode? Value)[] more) => new([KeyValuePair.Create("protocol", (JsonNode?)"leaf"), .. more.Select(m => KeyValuePair.Create(m.Key, m.Value))]);
        await RefusedAsync(HttpStatusCode.UnprocessableEntity, "needs a 'port'", new JsonObject { ["protocol"] = "buildbot-msgpack" });
        await RefusedAsync(HttpStatusCode.UnprocessableEntity, "from 0 to 65535", Leaf(("port", 65536)));
        await RefusedAsync(HttpStatusCode.UnprocessableEntity, "'x' is not an IP address", Leaf(("address", "x")));
        await RefusedAsync(HttpStatusCode.UnprocessableEntity, "is not a name", Leaf(("name", "7")));
        await RefusedAsync(HttpStatusCode.UnprocessableEntity, "'tls.kind' must be", Leaf(("tls", new JsonObject { ["kind"] = "ssl" })));
        await RefusedAsync(HttpStatusCode.UnprocessableEntity, "needs 'certificate' and 'key'", Leaf(("tls", new JsonObject { ["kind"] = "given", ["key"] = "k" })));
        await RefusedAsync(HttpStatusCode.UnprocessableEntity, "'tls.min' must be", Leaf(("tls", new JsonObject { ["kind"] = "farm", ["min"] = "1.1" })));
        await RefusedAsync(HttpStatusCode.UnprocessableEntity, "must not be below 0", Leaf(("limits", new JsonObject { ["connections"] = -1 })));
        await RefusedAsync(HttpStatusCode.UnprocessableEntity, "'connections' must be", Leaf(("limits", new JsonObject { ["connections"] = 2_000_000 })));
        await RefusedAsync(HttpStatusCode.UnprocessableEntity, "handshake_seconds", Leaf(("limits", new JsonObject { ["handshake_seconds"] = 1e300 })));
        await RefusedAsync(HttpStatusCode.Conflict, "another program has this port", Leaf(("port", ((IPEndPoint)other.LocalEndpoint).Port)));
        var drain = await client.PostAsJsonAsync("/api/v1/listeners/main/stop", new JsonObject { ["drain_seconds"] = -1 }, Cancellation);
        var last = await client.PostAsync("/api/v1/listeners/main/stop", null, Cancellation);

        var given = await client.PostAsJsonAsync("/api/v1/listeners", Leaf(("port", 0), ("tls", new JsonObject
        {
            ["kind"] = "given",
            ["certificate"] = certificate.ExportCertificatePem(),
            ["key"] = TestCertificate.KeyPemOf(certificate),
        })), Cancellation);

        Assert.Equal((HttpStatusCode.UnprocessableEntity, HttpStatusCode.Conflict, HttpStatusCode.Created), (drain.StatusCode, last.StatusCode, given.StatusCode));
        string listed = await client.GetStringAsync("/api/v1/listeners", Cancellation) + await given.Content.ReadAsStringAsync(Cancellation);
        Assert.DoesNotContain("PRIVATE", listed, StringComparison.Ordinal);
        Assert.DoesNotContain("private_key", listed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_deed_needs_its_right_and_a_refusal_by_rule_is_in_the_journal()
    {
        await using var farm = await MasterFixture.StartAsync();
        using var lister = await farm.ClientMayAsync(Right.ListenerList);
        using var maker = await farm.ClientMayAsync(Right.ListenerCreate);

        var listed = await lister.GetFromJsonAsync<JsonObject>("/api/v1/listeners", Cancellation);
        HttpStatusCode[] forbidden =
        [
            (await lister.PostAsJsonAsync("/api/v1/listeners", new JsonObject { ["protocol"] = "leaf", ["port"] = 0 }, Cancellation)).StatusCode,
            (await lister.PatchAsJsonAsync("/api/v1/listeners/main", new JsonObject { ["name"] = "x" }, Cancellation)).StatusCode,
            (await lister.PostAsync("/api/v1/listeners/main/stop", null, Cancellation)).StatusCode,
            (await lister.DeleteAsync("/api/v1/listeners/main", Cancellation)).StatusCode,
            (await maker.GetAsync("/api/v1/listeners", Cancellation)).StatusCode,
        ];
        var made = await maker.PostAsJsonAsync("/api/v1/listeners", new JsonObject { ["protocol"] = "leaf", ["port"] = 0 }, Cancellation);

        Assert.Equal("main", Assert.Single(listed!["items"]!.AsArray())!["name"]!.ToString());
        Assert.All(forbidden, s => Assert.Equal(HttpStatusCode.Forbidden, s));
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
    }
}
