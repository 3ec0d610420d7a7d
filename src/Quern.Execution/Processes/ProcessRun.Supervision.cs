using Quern.Protocols.Buildbot;

namespace Quern.Execution;

internal sealed partial class ProcessRun
{
    /// <summary>
    /// The life of a started process. It is over when the process has ended and its pipes are closed; after a kill the whole
    /// tree is ended, so a child that ignores SIGTERM or has left the group cannot hold the command.
    /// </summary>
    private sealed class Supervision(ProcessRun run, ChildProcess child)
    {
        private readonly ProcessTree _tree = ProcessTree.OfCommand(child.Id, run._context.Id);
        private bool _exited, _outputEnded, _killed, _treeKilled;

        public async Task<int> RunAsync()
        {
            while (!(_exited && _outputEnded))
                await HandleAsync(await run._inbox.Reader.ReadAsync());

            if (_killed) KillTree();
            await run.PollLogsAsync();
            var status = await child.Exited;
            if (status.Signal is { } signal)
            {
                if (run._saysReturnCode) await Header($"process killed by signal {signal}\n");
                return -1;
            }
            return _killed && status.Code == 0 ? -1 : status.Code;
        }

        private async ValueTask HandleAsync(Signal signal)
        {
            switch (signal)
            {
                case Signal.Exited:
                    _exited = true;
                    if (_treeKilled) run.After(DrainAfterKill, Signal.DrainOver);
                    break;
                case Signal.OutputEnded:
                    _outputEnded = true;
                    break;
                case Signal.PollLogs:
                    await run.PollLogsAsync();
                    break;
                case Signal.DrainOver:
                    child.Stdout.Cancel();
                    child.Stderr?.Cancel();
                    child.Stdin?.Cancel();
                    break;
                case Signal.GraceOver:
                    if (!_exited) child.Signal(PosixSignal.Number(run._arguments.InterruptSignal));
                    EndTree();
                    break;
                case Signal.GaveUp when !_exited:
                    await GiveUpAsync();
                    break;
                case Signal.Silence when !_killed && Quiet() is { } left && left > TimeSpan.Zero:
                    run.After(left, Signal.Silence);
                    break;
                default:
                    if (!_killed && Reason(signal) is { } reason) await KillAsync(reason);
                    break;
            }
        }

        /// <summary>How long the program may still be silent.</summary>
        private TimeSpan? Quiet() =>
            run._arguments.SilenceTimeout?.Value - run._context.Time.GetElapsedTime(Volatile.Read(ref run._lastOutput));

        private (string Message, string? Code)? Reason(Signal signal)
        {
            var a = run._arguments;
            return signal switch
            {
                Signal.Silence => ($"command timed out: {a.SilenceTimeout!.Text} seconds without output running {a.PythonForm}", "timeout_without_output"),
                Signal.TotalTime => ($"command timed out: {a.TotalTimeout!.Text} seconds elapsed running {a.PythonForm}", "timeout"),
                Signal.TooManyLines => (
                    $"command exceeds max lines: {Interlocked.Read(ref run._lines)}/{a.MaxLines} written/allowed running {a.PythonForm}",
                    "max_lines_failure"),
                Signal.Interrupted => ("command interrupted", null),
                _ => null,
            };
        }

        private async ValueTask KillAsync((string Message, string? Code) reason)
        {
            _killed = true;
            if (reason.Code is { } code && run._arguments.TellsFailureReason)
                await run._context.Output.EntryAsync(new UpdateEntry.FailureReason(code));
            await Header($"\n{reason.Message}, attempting to kill\n");
            _tree.Find();   // before the first parent dies
            if (run._arguments.TerminationGrace is { } grace)
            {
                SignalAll(Libc.SIGTERM);
                run.After(grace.Value, Signal.GraceOver);
                return;
            }
            SignalAll(PosixSignal.Number(run._arguments.InterruptSignal));
            EndTree();
        }

        private void SignalAll(int signal)
        {
            if (!child.SignalGroup(signal)) child.Signal(signal);
        }

        /// <summary>
        /// Ends whoever is left. With an interrupt signal the program may handle, it alone gets the time to do so: the rest of
        /// the tree follows when it has ended, or after <see cref="GiveUpAfterKill"/>.
        /// </summary>
        private void EndTree()
        {
            run.After(GiveUpAfterKill, Signal.GaveUp);
            if (PosixSignal.Number(run._arguments.InterruptSignal) == Libc.SIGKILL || _exited)
            {
                KillTree();
                if (_exited) run.After(DrainAfterKill, Signal.DrainOver);
            }
            else
            {
                _treeKilled = true;   // pipes are not waited for longer than the process itself
            }
        }

        private void KillTree()
        {
            _treeKilled = true;
            _tree.Kill();
            ProcessHost.ReapOrphans();
        }

        private async ValueTask GiveUpAsync()
        {
            KillTree();
            string message = $"SIG{run._arguments.InterruptSignal} failed to kill process";
            await Header(message + "\n");
            if (run._saysReturnCode)
            {
                await Header("using fake rc=-1\n");
                await run._context.Output.EntryAsync(new UpdateEntry.ReturnCode(-1));
            }
            throw CommandFailedException.Of("RuntimeError", message);
        }

        private ValueTask Header(string text) => run._context.Output.HeaderAsync(text);
    }
}
