namespace Quern.Peers.Buildbot;

/// <summary>Asks a silent worker whether it is there, and gives it up by <see cref="SilenceRule"/>.</summary>
internal sealed class SilenceWatch(WorkerLinkOptions options, TimeProvider time)
{
    /// <param name="silence">Since the worker's last bytes.</param>
    /// <param name="ask">Asks for a sign of life; its task completes with the answer.</param>
    /// <param name="busy">Whether a command runs during which stock workers answer nothing.</param>
    /// <param name="close">Ends the link with a reason.</param>
    /// <param name="ended">Cancelled when the link has ended.</param>
    public async Task RunAsync(Func<TimeSpan> silence, Func<Task> ask, Func<bool> busy, Action<string> close, CancellationToken ended)
    {
        Task? asked = null;
        while (!ended.IsCancellationRequested)
        {
            await Task.Delay(options.KeepaliveInterval / 4, time, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            TimeSpan quiet = silence();
            switch (SilenceRule.Judge(quiet, asked is { IsCompleted: false }, busy(), options))
            {
                case SilenceVerdict.Ask:
                    asked = ask();
                    break;
                case SilenceVerdict.GiveUp:
                    close($"the worker has said nothing for {(long)quiet.TotalSeconds} s");
                    break;
            }
        }
    }
}
