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
/// asks for it, and then after a minute.
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

    /// <summary>The end of sessions that is due; written under the semaphore.</summary>
    private (Task Running, CancellationTokenSource Cancel)? _drain;

    public static string ThisVersion { get; } = typeof(BannerDesk).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    public Banner Current => _current;

    /// <summary>Called after sessions were ended, for connections that live by them.</summary>
    public Func<CancellationToken, Task> SessionsEnded { get; set; } = _ => Task.CompletedTask;

    /// <summary>Takes up what was stored, with an end of sessions that was due.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            await ShowAsync(await store.ReadBannerAsync(cancellationToken));
        }
        finally
        {
            _one.Release();
        }
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

    private async Task ShowAsync(StoredBanner banner)
    {
        maintenance.IsOn = banner.Maintenance;
        _current = new Banner(banner.Maintenance, ThisVersion, banner.Message, banner.Image)
        {
            ImageSha256 = banner.Image.IsEmpty ? ReadOnlyMemory<byte>.Empty : SHA256.HashData(banner.Image.Span),
        };
        await StopDrainAsync();
        if (banner.DrainAt is not { } due) return;
        var cancel = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        _drain = (DrainAsync(due - time.GetUtcNow(), cancel.Token), cancel);
    }

    private async Task StopDrainAsync()
    {
        if (_drain is not { } drain) return;
        _drain = null;
        await drain.Cancel.CancelAsync();
        await drain.Running;
        drain.Cancel.Dispose();
    }

    private async Task DrainAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        try
        {
            if (wait > TimeSpan.Zero) await Task.Delay(wait, time, cancellationToken);
            int ended = await EndSessionsAsync(cancellationToken);
            Log.Drained(logger, ended);
            // Done: a restart does not do it again.
            await store.ChangeBannerAsync(b => b with { DrainAt = null }, Actor.Farm, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Maintenance is over, or another end is due, or the master stops; after a restart it is taken up again.
        }
        catch (Exception error)
        {
            Log.NotDrained(logger, error);
        }
    }

    private async Task<int> EndSessionsAsync(CancellationToken cancellationToken)
    {
        int ended = 0;
        foreach (var session in (await store.ListTokensAsync(null, cancellationToken)).Where(t => t.Kind == TokenKind.Session))
        {
            if (await store.FindAccountByIdAsync(session.Account, cancellationToken) is { } account && await maintenance.MayAlwaysAsync(account, cancellationToken)) continue;
            if (await store.RevokeTokenAsync(session.Id, Actor.Farm, cancellationToken)) ended++;
        }
        tokens.Forget();
        await SessionsEnded(cancellationToken);
        return ended;
    }

    private async Task<EstateAnswer> DeniedAsync(Caller who, string right, CancellationToken cancellationToken)
    {
        await refusals.NoteAsync(who.Actor, "banner.update", "", right, cancellationToken);
        return EstateAnswers.Needs(who, right);
    }

    private static partial class Log
    {
        [LoggerMessage(3401, LogLevel.Information, "Maintenance: {Count} sessions were ended.")]
        public static partial void Drained(ILogger logger, int count);

        [LoggerMessage(3402, LogLevel.Error, "Maintenance: the sessions of those who may not sign in could not be ended.")]
        public static partial void NotDrained(ILogger logger, Exception exception);
    }
}
