using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Quern.Cli.Client;

/// <summary>Talks to a master's API. What goes wrong becomes a message and an exit code in one place.</summary>
internal sealed class FarmClient : IDisposable
{
    private const string StepUpCode = "step_up_required";
    private const int MaxRefusal = 256 * 1024;

    private readonly HttpClient _http;
    private readonly Uri _server;

    /// <param name="server">With scheme and port.</param>
    /// <param name="token">Null sends none.</param>
    public FarmClient(Uri server, string? token)
    {
        _server = server;
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = !server.IsLoopback })
        {
            BaseAddress = server,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        if (token is not null) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public Uri Server => _server;

    /// <summary>
    /// Asks whoever types for password and code when the farm wants a session proved again; true when it was, and the request is sent once more.
    /// Null: nobody is asked.
    /// </summary>
    public Func<FarmClient, CancellationToken, Task<bool>>? ProveAgain { get; init; }

    public Task<JsonObject> GetAsync(string path, CancellationToken cancellationToken) => JsonAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);

    /// <summary>Whether there is something at a path.</summary>
    public async Task<bool> HasAsync(string path, CancellationToken cancellationToken) => await FindAsync(path, cancellationToken) is not null;

    /// <summary>What is at a path; null when there is nothing.</summary>
    public async Task<JsonObject?> FindAsync(string path, CancellationToken cancellationToken)
    {
        using var answer = await TryAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);
        if (answer.StatusCode == HttpStatusCode.NotFound) return null;
        if (!answer.IsSuccessStatusCode) throw await FailureAsync(answer, cancellationToken);
        return await ReadAsync(answer, cancellationToken) ?? throw NotOurs();
    }

    public Task<JsonObject> PostAsync(string path, JsonObject body, CancellationToken cancellationToken) =>
        JsonAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) }, cancellationToken);

    /// <summary>For what answers nothing.</summary>
    public async Task TellAsync(string path, JsonObject body, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) }, cancellationToken);
    }

    public Task<JsonObject> PutAsync(string path, JsonObject body, CancellationToken cancellationToken) =>
        JsonAsync(new HttpRequestMessage(HttpMethod.Put, path) { Content = JsonContent.Create(body) }, cancellationToken);

    public Task<JsonObject> PatchAsync(string path, JsonObject body, CancellationToken cancellationToken) =>
        JsonAsync(new HttpRequestMessage(HttpMethod.Patch, path) { Content = JsonContent.Create(body) }, cancellationToken);

    public Task<JsonObject> UploadAsync(string path, Stream body, CancellationToken cancellationToken) => SendFileAsync(HttpMethod.Post, path, body, cancellationToken);

    /// <summary>Puts a file. Its bytes are sent when the master has seen that it may come.</summary>
    public Task<JsonObject> PutFileAsync(string path, Stream body, CancellationToken cancellationToken) => SendFileAsync(HttpMethod.Put, path, body, cancellationToken);

    public async Task DeleteAsync(string path, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(new HttpRequestMessage(HttpMethod.Delete, path), cancellationToken);
    }

    /// <summary>A good answer whose body is still to be read; the caller disposes it.</summary>
    public Task<HttpResponseMessage> OpenAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);

    /// <summary>All items of a paged list, page by page.</summary>
    public async Task<JsonArray> ListAsync(string path, string cursor, int most, CancellationToken cancellationToken)
    {
        var all = new JsonArray();
        string? next = null;
        do
        {
            string separator = path.Contains('?', StringComparison.Ordinal) ? "&" : "?";
            var page = await GetAsync(next is null ? path : $"{path}{separator}{cursor}={Uri.EscapeDataString(next)}", cancellationToken);
            foreach (var item in page["items"]!.AsArray()) all.Add(item!.DeepClone());
            next = page["next"]?.ToString();
        }
        while (next is not null && all.Count < most);
        return all;
    }

    public void Dispose() => _http.Dispose();

    // Without the question a refusal would come in the middle of the bytes, and look like a lost connection.
    private Task<JsonObject> SendFileAsync(HttpMethod method, string path, Stream body, CancellationToken cancellationToken) =>
        JsonAsync(new HttpRequestMessage(method, path) { Content = new StreamContent(body), Headers = { ExpectContinue = true } }, cancellationToken);

    private async Task<JsonObject> JsonAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(request, cancellationToken);
        return await ReadAsync(answer, cancellationToken) ?? throw NotOurs();
    }

    private CommandFailedException NotOurs() => new(ExitCode.Failed, $"{_server} answered something that is not Quern's.");

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var answer = await TryAsync(request, cancellationToken);
        if (answer.IsSuccessStatusCode) return answer;
        using (answer) throw await FailureAsync(answer, cancellationToken);
    }

    private async Task<HttpResponseMessage> TryAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var answer = await OnceAsync(request, cancellationToken);
        if (answer.StatusCode != HttpStatusCode.Forbidden || ProveAgain is null || await CodeAsync(answer, cancellationToken) != StepUpCode || !await ProveAgain(this, cancellationToken))
            return answer;
        answer.Dispose();
        // A content that was refused unread is sent again; a file is read from its beginning.
        return await OnceAsync(new HttpRequestMessage(request.Method, request.RequestUri) { Content = request.Content, Headers = { ExpectContinue = request.Headers.ExpectContinue } }, cancellationToken);
    }

    /// <summary>The word of a refusal, which can be read again afterwards; null when it has none.</summary>
    private static async Task<string?> CodeAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        await answer.Content.LoadIntoBufferAsync(MaxRefusal, cancellationToken);
        try
        {
            return (JsonNode.Parse(await answer.Content.ReadAsByteArrayAsync(cancellationToken)) as JsonObject)?["code"]?.ToString();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async Task<HttpResponseMessage> OnceAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw new CommandFailedException(ExitCode.NoAccess,
                $"No connection to {_server}: {(e.InnerException?.Message ?? e.Message).TrimEnd('.')}. Start a master with 'quern up', or name one with --server.");
        }
    }

    private async Task<CommandFailedException> FailureAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var problem = await ReadAsync(answer, cancellationToken);
        string detail = problem?["detail"]?.ToString() ?? $"{_server} answered {(int)answer.StatusCode} {answer.ReasonPhrase}.";
        var failure = answer.StatusCode switch
        {
            HttpStatusCode.Unauthorized => new CommandFailedException(ExitCode.NoAccess,
                _http.DefaultRequestHeaders.Authorization is null
                    ? $"Not signed in to {_server}. Run 'quern login', or name a token with --token-file or QUERN_TOKEN_FILE."
                    : $"{_server} does not know this token (any more). Run 'quern login', or name another with --token-file or QUERN_TOKEN_FILE."),
            HttpStatusCode.Forbidden when problem?["code"]?.ToString() == StepUpCode => StepUp.Needed(),
            HttpStatusCode.Forbidden => new CommandFailedException(ExitCode.NoAccess, $"Not allowed: {detail}"),
            _ => new ApiFailure(detail, problem?["problems"]?.AsArray() ?? []).ToException(),
        };
        failure.Data["title"] = problem?["title"]?.ToString();
        return failure;
    }

    private static async Task<JsonObject?> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        try
        {
            await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
            return await JsonNode.ParseAsync(body, cancellationToken: cancellationToken) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
