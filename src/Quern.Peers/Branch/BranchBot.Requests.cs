using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;
using Quern.Model;
using Quern.Peers.Dispatch;
using Quern.Protocols.Branch;
using Quern.Storage;

namespace Quern.Peers.Branch;

/// <content>What the bot asks and tells. Called with the turn held, one request at a time.</content>
internal sealed partial class BranchBot
{
    private const string Failed = "BUILD_FAILED", NotUnderstood = "INVALID_REQUEST", Uploading = "UPLOADING", Checking = "CONFLICT_CHECK";

    /// <summary>Characters of a status.</summary>
    private const int MaxStatus = 64;

    /// <summary>Events that a bot may put into the journal; one more comes with every minute.</summary>
    private const int MaxEvents = 20;

    private const int MaxEventCharacters = 1000;

    /// <summary>Words that say what the master knows better.</summary>
    private static readonly FrozenSet<string> MastersWords = ["WAITING", "BLOCKED", "COMPLETED", "FAILED", Uploading];

    /// <summary>What it told of its machine.</summary>
    private ImmutableArray<BranchFact> _facts = [];

    private double _eventsLeft = MaxEvents;
    private long _eventAt;

    /// <summary>As it told them, with a rating in any case.</summary>
    public ImmutableArray<BranchFact> Facts
    {
        get
        {
            lock (_lock) return _facts.Any(f => f.Name == BranchFact.PerformanceRating) ? _facts : _facts.Add(new BranchFact(BranchFact.PerformanceRating, "100", false));
        }
    }

    public int TimedOut => Volatile.Read(ref _timedOut);

    /// <summary>Answers a request; null for one that has no answer, or whose answer is the file that the visit holds.</summary>
    public async Task<BranchAnswer?> AnswerAsync(BranchRequest request, CancellationToken cancellationToken)
    {
        _heard.TrySetResult();
        return request switch
        {
            // A bot that did not understand an order says nothing, and reads no answer to it.
            BranchRequest.Unknown { Word: "" } when Client.Dialect == BranchDialect.V2 => null,
            BranchRequest.Malformed r => r.Answer,
            BranchRequest.SetName => Reply(BranchReply.NameAccepted),
            BranchRequest.MachineInformation r => Describe(r.Facts),
            BranchRequest.DeploymentConfiguration => await DeploymentAsync(cancellationToken),
            BranchRequest.Ready => await ReadyAsync(cancellationToken),
            BranchRequest.Pong => PongAnswer(),
            BranchRequest.StatusUpdate r => await StatusAsync(r),
            BranchRequest.SubmitLog r => await LogAsync(r.Lines, true, BranchReply.LogAccepted),
            BranchRequest.AppendLog r => await LogAsync(r.Lines, false, BranchReply.AppendAccepted),
            BranchRequest.SubmitContent r => await ContentAsync(r.Paths, cancellationToken),
            BranchRequest.TransferPackage r => await TransferAsync(r.Length),
            BranchRequest.ExtraSourceInfo r => await SourceInfoAsync(r.Id, cancellationToken),
            BranchRequest.FetchExtraSource r => await FetchAsync(r.Id, cancellationToken),
            BranchRequest.SystemEvent r => await EventAsync(r.Text),
            _ => Reply(BranchReply.UnknownCommand),
        };
    }

    /// <summary>The master failed on a request about the job: the job fails too, or it would wait for something that will not come.</summary>
    public void Fail(Exception error)
    {
        if (Current is { IsAbandoned: false } build)
        {
            build.IsAbandoned = true;
            build.End.TrySetResult(new RecipeEnd.Failed($"The farm could not go on with the build: {error.Message}"));
        }
    }

    private BotBuild? Current
    {
        get
        {
            lock (_lock) return _build is { IsSent: true } build ? build : null;
        }
    }

    private static BranchAnswer.Reply Reply(BranchReply reply) => new(reply);

    private BranchAnswer.Reply Describe(ImmutableArray<BranchFact> facts)
    {
        lock (_lock) _facts = facts;
        return Reply(BranchReply.MachineAccepted);
    }

    private BranchAnswer.Reply PongAnswer()
    {
        Pong();
        return Reply(BranchReply.PongAccepted);
    }

    private async Task<BranchAnswer> DeploymentAsync(CancellationToken cancellationToken)
    {
        var environments = _bots.Environments;
        bool real = environments.Find(BuildEnvironment.Release) is { Enabled: true } && !_options.RealRootPackages.IsEmpty;
        foreach (string name in _options.RealRootPackages) real = real && await IsBuiltAsync(name, cancellationToken);
        bool cross = environments.Find(BuildEnvironment.Cross) is { Enabled: true } && await IsBuiltAsync(BranchDesk.CrossTools, cancellationToken);
        string packages = _options.PackageListUrl.Length > 0 ? _options.PackageListUrl : _bots.Gate.PackageListUrl(_visit.ReachedAt);
        return new BranchAnswer.Deployment(new BranchDeployment(real, cross, _options.RealRootPackages, packages));
    }

    private async Task<bool> IsBuiltAsync(string name, CancellationToken cancellationToken) =>
        PackageName.TryParse(name, out var package) && !(await _bots.Store.ListArtifactsAsync(package, cancellationToken)).IsEmpty;

    /// <summary>The bot has ended its job, if it had one, and can take another.</summary>
    private async Task<BranchAnswer> ReadyAsync(CancellationToken cancellationToken)
    {
        var build = Current;
        RecipeEnd? end = build is null or { IsAbandoned: true } ? null : await EndOfAsync(build, cancellationToken);
        await _visit.ReplaceUploadAsync(null);
        if (Worker is null && !_bots.Join(this))
        {
            Close("the master takes no bots any more");
            return Reply(BranchReply.ReadyAccepted);
        }
        lock (_lock)
        {
            // An order that is not on its way yet stays.
            if (_build is null || _build == build) (_build, _idle) = (null, true);
            _pinged = false;
        }
        _answered.TrySetResult();
        if (end is not null) build!.End.TrySetResult(end);
        build?.Accepted.TrySetResult();
        _rest.Ring();
        _bots.Gate.BotIsReady();
        return Reply(BranchReply.ReadyAccepted);
    }

    private async Task<RecipeEnd> EndOfAsync(BotBuild build, CancellationToken cancellationToken)
    {
        if (build.Status == Failed) return new RecipeEnd.Failed("The bot says that the build failed; its log tells why.");
        if (!build.Conflicts.IsEmpty) return new RecipeEnd.Failed($"The package has files that other packages have: {string.Join(", ", build.Conflicts.Take(5))}.");
        if (_visit.Upload is not { } upload) return new RecipeEnd.Failed($"The bot was ready again without having sent a package; its last word was {build.Status}.");
        if (!upload.IsWhole) return new RecipeEnd.Failed($"The package could not be kept: {upload.Problem ?? "it is not whole"}");
        try
        {
            return new RecipeEnd.Built(await upload.CommitAsync(cancellationToken));
        }
        catch (BlobWriteException error)
        {
            return new RecipeEnd.Failed($"The package could not be kept: {error.Message}");
        }
    }

    private async Task<BranchAnswer> StatusAsync(BranchRequest.StatusUpdate request)
    {
        string status = request.Status;
        if (status.Length is 0 or > MaxStatus || !status.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c == '_') || MastersWords.Contains(status))
            return Reply(BranchReply.StatusInvalid);
        if (Current is not { } build)
            // These two the oldest masters took from everybody.
            return Reply(request is { IsBare: true, Status: Failed or "BUILD_CLEAN" } ? BranchReply.StatusAccepted : BranchReply.StatusNoJob);
        bool refused = !build.Accepted.Task.IsCompleted && request is { IsBare: true, Status: Failed };
        await NoteAsync(build, status);
        if (refused || status == NotUnderstood)
        {
            lock (_lock)
                // The old bot goes on waiting, the new one dies of the answer.
                if (_build == build) (_build, _idle) = (null, refused);
            build.End.TrySetResult(new RecipeEnd.Failed("The bot refused the recipe as no order that it understands."));
            _rest.Ring();
            _bots.Gate.BotIsReady();
        }
        return Reply(BranchReply.StatusAccepted);
    }

    private static async ValueTask NoteAsync(BotBuild build, string status)
    {
        build.Accepted.TrySetResult();
        bool news = build.Status != status;
        build.Status = status;
        if (news && !build.IsAbandoned) await build.Log.SayAsync($"--- {status}");
    }

    private async Task<BranchAnswer> LogAsync(ImmutableArray<string> lines, bool whole, BranchReply accepted)
    {
        if (Current is not { } build) return Reply(BranchReply.LogNoJob);
        build.Accepted.TrySetResult();
        if (build.IsAbandoned) return Reply(accepted);
        if (whole && build.HasLog) await build.Log.SayAsync("--- the bot sent its log again, in place of the one above");
        build.HasLog |= whole;
        if (lines.IsEmpty) return Reply(accepted);
        var text = new StringBuilder();
        foreach (string line in lines) text.Append(line.ReplaceLineEndings(" ")).Append('\n');
        await build.Log.AppendAsync(OutputStream.Stdout, "", Encoding.UTF8.GetBytes(text.ToString()), _time.GetUtcNow());
        return Reply(accepted);
    }

    private async Task<BranchAnswer> ContentAsync(ImmutableArray<string> paths, CancellationToken cancellationToken)
    {
        if (Current is not { } build) return Reply(BranchReply.ContentNoJob);
        await NoteAsync(build, Checking);
        if (build.IsAbandoned) return Reply(BranchReply.ContentAccepted);
        var conflicts = await _bots.Contents.ConflictsAsync(build.Order, paths, cancellationToken);
        build.Conflicts = [.. conflicts.Select(c => $"{c.Path} ({c.Owner})")];
        return conflicts.IsEmpty ? Reply(BranchReply.ContentAccepted) : new BranchAnswer.Conflicts(conflicts);
    }

    private async Task<BranchAnswer> TransferAsync(long length)
    {
        if (Current is not { } build) return Reply(BranchReply.PackageNoJob);
        if (length > _options.MaxPackageBytes) return Reply(BranchReply.PackageLength);
        await NoteAsync(build, Uploading);
        await _visit.ReplaceUploadAsync(new BranchUpload(_bots.Blobs, length));
        _visit.ExpectedBytes = length;
        return Reply(BranchReply.PackageTransferReady);
    }

    private async Task<BranchAnswer> SourceInfoAsync(string id, CancellationToken cancellationToken) =>
        await SourceAsync(id, cancellationToken) is { } source
            ? new BranchAnswer.ExtraSourceInfo(BranchDesk.SafeFileName(source.Filename), source.Bytes)
            : Reply(BranchReply.InfoUnknown);

    private async Task<BranchAnswer?> FetchAsync(string id, CancellationToken cancellationToken)
    {
        if (await SourceAsync(id, cancellationToken) is not { } source || _bots.Blobs.OpenRead(source.Sha256) is not { } file) return Reply(BranchReply.FetchUnknown);
        await _visit.ReplaceDownloadAsync(file);
        return null;
    }

    /// <summary>A source that the recipe of its job names; others are none of its business.</summary>
    private async Task<ExtraSource?> SourceAsync(string id, CancellationToken cancellationToken) =>
        Current is { } build && build.Order.Recipe.ExtraSources.Contains(id) ? await _bots.Store.FindSourceAsync(id, cancellationToken) : null;

    private async Task<BranchAnswer> EventAsync(string text)
    {
        _eventsLeft = Math.Min(MaxEvents, _eventsLeft + (_eventAt == 0 ? 0 : _time.GetElapsedTime(_eventAt).TotalMinutes));
        _eventAt = _time.GetTimestamp();
        if (_eventsLeft >= 1)
        {
            _eventsLeft--;
            string clean = string.Concat(text.Take(MaxEventCharacters).Select(c => char.IsControl(c) ? ' ' : c));
            await _bots.Gate.ReportedAsync(Client, clean);
        }
        return Reply(BranchReply.EventAccepted);
    }
}
