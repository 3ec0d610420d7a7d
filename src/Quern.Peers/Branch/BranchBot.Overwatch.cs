using Quern.Peers.Dispatch;
using Quern.Protocols.Branch;

namespace Quern.Peers.Branch;

/// <content>Watches whether the bot lives: the constants are those of the original, the words of its event too.</content>
internal sealed partial class BranchBot
{
    /// <summary>Begins the reason of a bot that was thrown out.</summary>
    public const string Kicked = "kicked by Overwatch";

    private const string NoResponse = Kicked + " (Reason: No response)";

    /// <summary>Completes when the last PING was answered. Replaced with the turn held.</summary>
    private volatile TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the bot sends anything; replaced when an order was not taken.</summary>
    private volatile TaskCompletionSource _heard = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Asks an idle bot whether it lives, and throws it out when it does not answer.</summary>
    private async Task OverwatchAsync()
    {
        try
        {
            while (true)
            {
                while (!IsReady) await _rest.WaitAsync(_isGone);
                bool asked = await _turn.OrderAsync(new BranchOrder.Ping(), TakePing, _isGone);
                if (!asked) continue;
                await Task.Delay(_options.PingInterval, _time, _isGone);
                bool silent;
                lock (_lock) silent = _pinged;
                if (silent) Close(NoResponse);
            }
        }
        catch (OperationCanceledException)
        {
            // The bot is gone.
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or System.Net.Sockets.SocketException)
        {
            Close("the connection broke: " + error.Message);
        }
    }

    private bool TakePing()
    {
        lock (_lock)
        {
            if (!_idle || _build is not null) return false;
            _answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _pinged = true;
        }
    }

    private void Pong()
    {
        lock (_lock) _pinged = false;
        _answered.TrySetResult();
        _rest.Ring();
        _bots.Gate.BotIsReady();
    }

    /// <summary>Sends the order and sees to it that the bot begins, and ends.</summary>
    private async Task SuperviseAsync(BotBuild build)
    {
        var recipe = Recipes.RecipeTranslation.ToPackageBuild(build.Order.Recipe);
        var order = new BranchOrder.Build(recipe, build.Order.Environment == Model.BuildEnvironment.Cross ? BranchBuildType.Cross : BranchBuildType.Release);
        try
        {
            // A bot that was asked whether it lives says so before it takes an order.
            bool pinged;
            lock (_lock) pinged = _pinged;
            if (pinged) await _answered.Task.WaitAsync(_isGone);
            if (!await _turn.OrderAsync(order, () => Take(build), _isGone)) return;
            if (!await WithinAsync(_options.AcceptDeadline, build.Accepted.Task, build.End.Task) && !await AgainAsync(build, order)) return;
            if (!await WithinAsync(_options.MaxBuildTime, build.End.Task)) Close($"{Kicked} (Reason: it built for over {_options.MaxBuildTime.TotalMinutes:0} minutes)");
        }
        catch (OperationCanceledException)
        {
            // The bot is gone.
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or System.Net.Sockets.SocketException)
        {
            Close("the connection broke: " + error.Message);
        }
    }

    private bool Take(BotBuild build)
    {
        lock (_lock) return _build == build && (build.IsSent = true);
    }

    /// <summary>The order was not taken in time: false when it is not this bot's any more.</summary>
    private async Task<bool> AgainAsync(BotBuild build, BranchOrder order)
    {
        Interlocked.Increment(ref _timedOut);
        if (Client.Dialect == BranchDialect.V1)
        {
            await _turn.OrderAsync(order, () => !build.Accepted.Task.IsCompleted && !build.End.Task.IsCompleted, _isGone);
            if (await WithinAsync(_options.AcceptDeadline, build.Accepted.Task, build.End.Task)) return true;
            Close(NoResponse);
            return false;
        }
        var heard = _heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await LoseAsync(build, $"the bot did not accept it within {_options.AcceptDeadline.TotalSeconds:0} s");
        if (!await WithinAsync(_options.AcceptDeadline, heard.Task)) Close(NoResponse);
        return false;
    }

    private async Task<bool> WithinAsync(TimeSpan span, params Task[] tasks)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_isGone);
        var late = Task.Delay(span, _time, over.Token);
        bool inTime = await Task.WhenAny([late, .. tasks]) != late;
        await over.CancelAsync();
        _isGone.ThrowIfCancellationRequested();
        return inTime;
    }
}
