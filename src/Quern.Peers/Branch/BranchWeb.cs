using System.Collections.Immutable;
using System.Diagnostics;
using Quern.Model;
using Quern.Protocols.Branch;
using Quern.Protocols.Branch.Recipes;

namespace Quern.Peers.Branch;

/// <summary>
/// Answers what is asked over HTTP. What the socket knows too is asked of the same desk, as a controller whose rights are those of the
/// account behind the key, and put into the words of this API.
/// </summary>
public sealed partial class BranchWeb(IBranchWebGate gate, BranchDesk desk, LeafBook book, LeafOptions options) : IDisposable
{
    /// <summary>Characters of a user name or a password, as at the farm's own login.</summary>
    private const int MaxCredential = 1024;

    private readonly LeafPages _pages = new(options);

    private readonly SemaphoreSlim _work = new(options.MaxParallelRequests);

    public async Task<BranchWebAnswer> AnswerAsync(BranchHttpRequest request, BranchWebPeer peer, CancellationToken cancellationToken) => request switch
    {
        BranchHttpRequest.PackageList => _pages.Of(await book.ShelfAsync(cancellationToken), peer.BaseUrl, lines: false),
        BranchHttpRequest.PackageLines => _pages.Of(await book.ShelfAsync(cancellationToken), peer.BaseUrl, lines: true),
        BranchHttpRequest.Package r => await PackageAsync(r, cancellationToken),
        // Logins have a bound of their own, and would keep others waiting.
        BranchHttpRequest.LogIn r => Message(await LogInAsync(r, peer, cancellationToken)),
        _ => Message(await WorkAsync(request, cancellationToken)),
    };

    /// <summary>After the last request.</summary>
    public void Dispose() => _work.Dispose();

    private async Task<BranchHttpAnswer> WorkAsync(BranchHttpRequest request, CancellationToken cancellationToken)
    {
        await _work.WaitAsync(cancellationToken);
        try
        {
            return await SayAsync(request, cancellationToken);
        }
        finally
        {
            _work.Release();
        }
    }

    private async Task<BranchHttpAnswer> SayAsync(BranchHttpRequest request, CancellationToken cancellationToken) => request switch
    {
        BranchHttpRequest.Front => new BranchHttpAnswer.Front(),
        BranchHttpRequest.Options => Said(BranchHttpReply.Ok),
        BranchHttpRequest.Refused r => Said(r.Answer),
        BranchHttpRequest.Broken => Said(BranchHttpReply.Failed),
        BranchHttpRequest.Versions r => await VersionsAsync(r.Name, cancellationToken),
        BranchHttpRequest.RecipeList => Words(await AskAsync(gate.Stranger, new BranchRequest.PackageBuilds(), cancellationToken)),
        BranchHttpRequest.Recipe r => await RecipeAsync(r.Name, cancellationToken),
        BranchHttpRequest.JobList => Words(await AskAsync(gate.Stranger, new BranchRequest.Jobs(), cancellationToken)),
        BranchHttpRequest.ClientList => Words(await AskAsync(gate.Stranger, new BranchRequest.Clients(), cancellationToken)),
        BranchHttpRequest.CheckKey { Key: null } => Said(BranchHttpReply.KeyMissing),
        BranchHttpRequest.CheckKey { Key: { } key } =>
            Said(await gate.FindAsync(key, cancellationToken) is null ? BranchHttpReply.KeyInvalid : BranchHttpReply.KeyValid, Shown(key)),
        BranchHttpRequest.Keyed { Key: null } => Said(BranchHttpReply.KeyMissing),
        BranchHttpRequest.Keyed { Key: { } key } r =>
            await gate.FindAsync(key, cancellationToken) is { } client ? await KeyedAsync(client, r, cancellationToken) : Said(BranchHttpReply.KeyRefused),
        _ => throw new UnreachableException(),
    };

    private async Task<BranchHttpAnswer> KeyedAsync(BranchClient client, BranchHttpRequest.Keyed request, CancellationToken cancellationToken) => request switch
    {
        BranchHttpRequest.LogOff r => await LogOffAsync(r, cancellationToken),
        BranchHttpRequest.CreateUser r => await CreateUserAsync(client, r, cancellationToken),
        BranchHttpRequest.Build { Name: null } => Said(BranchHttpReply.BuildMissing),
        BranchHttpRequest.Build { Name: { } name } r => Words(await AskAsync(client, new BranchRequest.Build(name, r.Type), cancellationToken), name),
        BranchHttpRequest.ClearCompleted => Words(await AskAsync(client, new BranchRequest.ClearCompleted(), cancellationToken)),
        BranchHttpRequest.ViewLog { Job: null } => Said(BranchHttpReply.LogMissing),
        BranchHttpRequest.ViewLog { Job: { } job } => Words(await AskAsync(client, new BranchRequest.JobLog(job, null), cancellationToken), job),
        BranchHttpRequest.Submit { Text: null } => Said(BranchHttpReply.SubmitMissing),
        BranchHttpRequest.Submit { Text: { } text } => Words(await desk.SubmitTextAsync(client, text, cancellationToken)),
        BranchHttpRequest.CancelJob { Job: null } => Said(BranchHttpReply.CancelMissing),
        BranchHttpRequest.CancelJob { Job: { } job } => Words(await AskAsync(client, new BranchRequest.CancelJob(job), cancellationToken), job),
        BranchHttpRequest.CancelAll => Words(await AskAsync(client, new BranchRequest.CancelAll(), cancellationToken)),
        BranchHttpRequest.Delete { Name: null } => Said(BranchHttpReply.DeleteMissing),
        BranchHttpRequest.Delete { Name: { } name } => Words(await AskAsync(client, new BranchRequest.Delete(name), cancellationToken), name),
        BranchHttpRequest.ClientInfo { Name: null } => Said(BranchHttpReply.ClientMissing),
        BranchHttpRequest.ClientInfo { Name: { } name } => Words(await AskAsync(client, new BranchRequest.ClientInfo(name), cancellationToken), name),
        _ => throw new UnreachableException(),
    };

    private async Task<BranchAnswer> AskAsync(BranchClient client, BranchRequest request, CancellationToken cancellationToken)
    {
        await using var visit = new BranchVisit(client);
        return await desk.AnswerAsync(visit, request, cancellationToken);
    }

    private async Task<BranchWebAnswer> PackageAsync(BranchHttpRequest.Package request, CancellationToken cancellationToken)
    {
        var versions = PackageName.TryParse(request.Name, out var name) ? (await book.ShelfAsync(cancellationToken)).Versions(name) : [];
        if (request.Name is null) return Error(BranchHttpError.PackageName);
        if (versions.IsEmpty) return Error(BranchHttpError.Package);
        var found = request.RealVersion is null ? versions[^1] : versions.LastOrDefault(v => v.RealVersion == request.RealVersion);
        return found is null ? Error(BranchHttpError.Version) : new BranchWebAnswer.File(found);
    }

    private async Task<BranchHttpAnswer> VersionsAsync(string? wanted, CancellationToken cancellationToken)
    {
        if (wanted is null) return new BranchHttpAnswer.Error(BranchHttpError.PackageName);
        var versions = PackageName.TryParse(wanted, out var name) ? (await book.ShelfAsync(cancellationToken)).Versions(name) : [];
        return versions.IsEmpty
            ? new BranchHttpAnswer.Error(BranchHttpError.Package)
            : new BranchHttpAnswer.Versions([.. versions.Select(v => new LeafVersion(v.RealVersion, v.Version))]);
    }

    private async Task<BranchHttpAnswer> RecipeAsync(string? name, CancellationToken cancellationToken)
    {
        if (name is null) return Said(BranchHttpReply.DataMissing);
        return await AskAsync(gate.Stranger, new BranchRequest.Checkout(name), cancellationToken) switch
        {
            BranchAnswer.PackageBuild found => new BranchHttpAnswer.Text(RecipePrinter.PrintForBranch(found.Build)),
            var other => Words(other),
        };
    }

    private async Task<BranchHttpAnswer> LogInAsync(BranchHttpRequest.LogIn request, BranchWebPeer peer, CancellationToken cancellationToken)
    {
        if (request is not { User: { } user, Password: { } password }) return Said(BranchHttpReply.LoginMissing);
        if (user.Length > MaxCredential || password.Length > MaxCredential) return Said(BranchHttpReply.LoginRefused);
        return await gate.LogInAsync(user, password, peer.From, cancellationToken) switch
        {
            BranchWebLogin.Welcome welcome => new BranchHttpAnswer.Text(welcome.Key),
            BranchWebLogin.UnknownUser => Said(BranchHttpReply.LoginUnknown, Shown(user)),
            BranchWebLogin.TooMany => Said(BranchHttpReply.LoginTooMany),
            _ => Said(BranchHttpReply.LoginRefused),
        };
    }

    private async Task<BranchHttpAnswer> LogOffAsync(BranchHttpRequest.LogOff request, CancellationToken cancellationToken)
    {
        await gate.LogOffAsync(request.Key!, cancellationToken);
        return Said(BranchHttpReply.LoggedOff);
    }

    private async Task<BranchHttpAnswer.Said> CreateUserAsync(BranchClient client, BranchHttpRequest.CreateUser request, CancellationToken cancellationToken)
    {
        if (request.User is not { } user) return Said(BranchHttpReply.UserNameMissing);
        if (request.Password is not { } password) return Said(BranchHttpReply.UserPasswordMissing);
        if (!gate.IsRoot(client)) return Said(BranchHttpReply.UserNotRoot);
        if (user.Length == 0 || !user.All(char.IsAsciiLetterOrDigit)) return Said(BranchHttpReply.UserNameInvalid);
        if (await gate.IsUserAsync(user, cancellationToken)) return Said(BranchHttpReply.UserExists);
        return await gate.CreateUserAsync(client, user, password) is { } refusal ? Said(BranchHttpReply.UserRefused, Shown(refusal)) : Said(BranchHttpReply.UserCreated);
    }

    private static BranchHttpAnswer.Said Said(BranchHttpReply reply, string argument = "") => new(reply, argument);

    private static BranchWebAnswer.Message Message(BranchHttpAnswer answer) => new(BranchHttpWriter.Write(answer));

    private static BranchWebAnswer.Message Error(BranchHttpError error) => Message(new BranchHttpAnswer.Error(error));
}
