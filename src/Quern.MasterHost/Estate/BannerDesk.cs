using System.Collections.Immutable;
using System.Reflection;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Quern.MasterHost.Access;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Estate;

/// <summary>
/// The banner and maintenance. Begins with <see cref="StartAsync"/>. What is running goes on in maintenance; sessions end only when a change
/// asks for it, and then after a minute. Follows the journal, so that what another process of the farm changed holds here too.
/// </summary>
internal sealed partial class BannerDesk(
    FarmStore store, TokenBook tokens, RefusalBook refusals, Maintenance maintenance, TimeProvider time, ILogger<BannerDesk> logger) : IBannerDesk, IAsyncDisposable
{
    private const int MaxMessage = 128;

    /// <summary>Between a change that ends sessions and their end. As the specification: time to finish a sentence.</summary>
    public static readonly TimeSpan DrainDelay = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim _one = new(1);
    private readonly CancellationTokenSource _stopping = new();
    private volatile Banner _current = new(false, ThisVersion, "", default);

    /// <summary>The end of sessions that is due; written under the semaphore. It answers whether it came to that.</summary>
    private (DateTimeOffset Due, Task<bool> Running, CancellationTokenSource Cancel)? _drain;

    private Task _following = Task.CompletedTask;

    public static string ThisVersion { get; } = typeof(BannerDesk).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    public Banner Current => _current;

    /// <summary>Called after sessions were ended, for connections that live by them.</summary>
    public Func<CancellationToken, Task> SessionsEnded { get; set; } = _ => Task.CompletedTask;

    /// <summary>Takes up what was stored, with an end of sessions that was due, and begins to follow the journal.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        long from = store.LastSequence;
        await RefreshAsync(cancellationToken);
        _following = JournalFollower.FollowAsync(store, from, TakeAsync, e => Log.JournalNotRead(logger, e), time, _stopping.Token);
    }

    public async Task<EstateAnswer> UpdateAsync(Caller who, BannerEdit edit, CancellationToken cancellationToken)
    {
        if ((edit.Message is not null || edit.Image is not null) && !who.May(Right.ServerBanner)) return await DeniedAsync(who, Right.ServerBanner, cancellationToken);
        if ((edit.Maintenance is not null || edit.Drain) && !who.May(Right.ServerMaintenance)) return await DeniedAsync(who, Right.ServerMaintenance, cancellationToken);
        // A change of nothing needs one of the two.
        if (!who.May(Right.ServerBanner) && !who.May(Right.ServerMaintenance)) return await DeniedAsync(who, Right.ServerBanner, cancellationToken);
        if (edit.Message is { } text && MessageProblem(text) is { } problem) return new EstateAnswer(EstateCode.InvalidMessage, problem, "message");
        if (edit.Image is { IsEmpty: false } image && PngCheck.Problem(image.Span) is { } wrong) return new EstateAnswer(EstateCode.InvalidImage, wrong, "image");

        await _one.WaitAsync(cancellationToken);
        try
        {
            var saved = await store.ChangeBannerAsync(before =>
            {
                bool on = edit.Maintenance ?? before.Maintenance;
                return new StoredBanner(edit.Message ?? before.Message, edit.Image ?? before.Image, on)
                {
                    DrainAt = !on ? null : edit.Drain ? time.GetUtcNow() + DrainDelay : before.DrainAt,
                };
            }, who.Actor, cancellationToken);
            await ShowAsync(saved);
            return EstateAnswer.Done("banner");
        }
        finally
        {
            _one.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _following;
        await StopDrainAsync();
        _stopping.Dispose();
        _one.Dispose();
    }

    /// <summary>One line: clients show it in one.</summary>
    private static string? MessageProblem(string message)
    {
        if (message.EnumerateRunes().Count() > MaxMessage) return $"The message has up to {MaxMessage} characters.";
        return message.Any(char.IsControl) ? "The message is one line without control characters." : null;
    }

    /// <summary>Shows what is stored now. Where another process has ended the sessions, only who lives by them here is told.</summary>
    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        bool endedElsewhere;
        await _one.WaitAsync(cancellationToken);
        try
        {
            endedElsewhere = await ShowAsync(await store.ReadBannerAsync(cancellationToken));
        }
        finally
        {
            _one.Release();
        }
        if (endedElsewhere) await ForgetSessionsAsync(cancellationToken);
    }

    private async Task TakeAsync(ImmutableArray<FarmEvent> events, CancellationToken stopping)
    {
        if (events.Any(e => e.Kind == EventKinds.BannerSaved)) await RefreshAsync(stopping);
    }

    /// <returns>Whether an end of sessions that was due here has happened elsewhere: nothing else takes it away while maintenance goes on.</returns>
    private async Task<bool> ShowAsync(StoredBanner banner)
    {
        maintenance.IsOn = banner.Maintenance;
        _current = new Banner(banner.Maintenance, ThisVersion, banner.Message, banner.Image)
        {
            ImageSha256 = banner.Image.IsEmpty ? ReadOnlyMemory<byte>.Empty : SHA256.HashData(banner.Image.Span),
        };
        if (_drain is { } drain && drain.Due == banner.DrainAt && !drain.Running.IsCompleted) return false;
        bool wasDue = _drain is not null;
        bool ended = await StopDrainAsync();
        if (banner.DrainAt is not { } due) return wasDue && !ended && banner.Maintenance;
        var cancel = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        _drain = (due, DrainAsync(due - time.GetUtcNow(), cancel.Token), cancel);
        return false;
    }

    /// <returns>Whether it had ended the sessions.</returns>
    private async Task<bool> StopDrainAsync()
    {
        if (_drain is not { } drain) return false;
        _drain = null;
        await drain.Cancel.CancelAsync();
        bool ended = await drain.Running;
        drain.Cancel.Dispose();
        return ended;
    }

    private async Task<bool> DrainAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        bool ended = false;
        try
        {
            if (wait > TimeSpan.Zero) await Task.Delay(wait, time, cancellationToken);
            int count = await EndSessionsAsync(cancellationToken);
            ended = true;
            Log.Drained(logger, count);
            // Done: a restart does not do it again.
            await store.ChangeBannerAsync(b => b with { DrainAt = null }, Actor.Farm, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Maintenance is over, or another end is due, or it has happened elsewhere, or the master stops; after a restart it is taken up again.
        }
        catch (Exception error)
        {
            Log.NotDrained(logger, error);
        }
        return ended;
    }

    private async Task<int> EndSessionsAsync(CancellationToken cancellationToken)
    {
        int ended = 0;
        foreach (var session in (await store.ListTokensAsync(null, cancellationToken)).Where(t => t.Kind == TokenKind.Session))
        {
            if (await store.FindAccountByIdAsync(session.Account, cancellationToken) is { } account && await maintenance.MayAlwaysAsync(account, cancellationToken)) continue;
            if (await store.RevokeTokenAsync(session.Id, Actor.Farm, cancellationToken)) ended++;
        }
        await ForgetSessionsAsync(cancellationToken);
        return ended;
    }

    private Task ForgetSessionsAsync(CancellationToken cancellationToken)
    {
        tokens.Forget();
        return SessionsEnded(cancellationToken);
    }

    private async Task<EstateAnswer> DeniedAsync(Caller who, string right, CancellationToken cancellationToken)
    {
        await refusals.NoteAsync(who.Actor, "banner.update", "", right, cancellationToken);
        return EstateAnswers.Needs(who, right);
    }

    private static partial class Log
    {
        [LoggerMessage(3421, LogLevel.Information, "Maintenance: {Count} sessions were ended.")]
        public static partial void Drained(ILogger logger, int count);

        [LoggerMessage(3422, LogLevel.Error, "Maintenance: the sessions of those who may not sign in could not be ended.")]
        public static partial void NotDrained(ILogger logger, Exception exception);

        [LoggerMessage(3423, LogLevel.Error, "Changes of the banner could not be read from the journal; trying again.")]
        public static partial void JournalNotRead(ILogger logger, Exception exception);
    }
}
