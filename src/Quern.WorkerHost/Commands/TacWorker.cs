using System.Globalization;
using System.Runtime.InteropServices;
using Quern.Execution;

namespace Quern.WorkerHost;

/// <summary>The worker of a folder with a <c>buildbot.tac</c>: its log, pid file and signals are those of a stock worker. buildbot-commands.md section 5.</summary>
internal sealed class TacWorker(WorkerFolder folder, TimeProvider time)
{
    private const int SignalHup = 1, SignalInt = 2, SignalUsr1 = 10, SignalTerm = 15;
    private const int DaemonUmask = 0x3F;   // 077, as twistd without a word about it

    private static readonly TacLog DefaultLog = new TacLog.File("twistd.log", 1_000_000, null);   // twistd's own

    /// <param name="tac">The text of <c>buildbot.tac</c>.</param>
    /// <param name="errors">For what goes wrong before there is a log.</param>
    /// <param name="status">Not null for a daemon: where it tells how it gets on.</param>
    /// <returns>The exit code, when no signal ended it.</returns>
    public async Task<int> RunAsync(string tac, TextWriter errors, Stream? status)
    {
        bool daemon = status is not null;
        var starter = new DaemonStatus(status);
        void Refuse(string text)
        {
            errors.WriteLine(text);
            starter.Say(text);
        }

        if (daemon && OtherDaemon(Refuse)) return 1;
        if (Read(tac, Refuse) is not var (file, options)) return 1;
        using var claim = FolderClaim.TryTake(options.BaseDirectory, out string taken);
        if (claim is null)
        {
            Refuse(taken);
            return 1;
        }
        TwistdLog log;
        try
        {
            log = TwistdLog.Open(file.Log ?? DefaultLog, folder, time);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Refuse($"cannot write the log: {e.Message}");
            return 1;
        }
        using (log)
        {
            Environment.CurrentDirectory = folder.Path;
            if (daemon) OwnProcess.SetUmask(DaemonUmask);
            if (daemon) await File.WriteAllTextAsync(folder.PidFile, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            try
            {
                return await RunAsync(file, options, claim, log, starter, daemon);
            }
            finally
            {
                if (daemon) File.Delete(folder.PidFile);
            }
        }
    }

    private async Task<int> RunAsync(
        TacFile file, WorkerOptions options, FolderClaim claim, TwistdLog log, DaemonStatus starter, bool daemon)
    {
        log.Write($"Starting Worker -- version: {WorkerFacts.Version} (quern-worker)");
        if (file.Umask is { } umask) OwnProcess.SetUmask(umask);
        RecordHostname(log);
        starter.Say(DaemonStatus.Started);
        bool attached = false;
        void Log(string text)
        {
            log.Write(text);
            if (attached || !text.Contains("message from master: attached", StringComparison.Ordinal)) return;
            attached = true;
            starter.Say(DaemonStatus.Attached);
            if (daemon) OwnProcess.CloseStandard(1);
        }

        int ended = 0;
        using var stop = new CancellationTokenSource();
        var worker = new Worker(options, claim, file.Password, time, Log);
        void Stop(PosixSignalContext context, int number)
        {
            context.Cancel = true;   // commands are ended first, then the process
            if (Interlocked.CompareExchange(ref ended, number, 0) != 0) return;
            log.Write($"Received SIG{(number == SignalTerm ? "TERM" : "INT")}, shutting down.");
            stop.Cancel();
        }

        using (PosixSignalRegistration.Create(PosixSignal.SIGTERM, c => Stop(c, SignalTerm)))
        using (PosixSignalRegistration.Create(PosixSignal.SIGINT, c => Stop(c, SignalInt)))
        using (file.Log is null ? PosixSignalRegistration.Create((PosixSignal)SignalUsr1, c => Rotate(c, log)) : null)
        {
            await using var trigger = ShutdownWatch.Start(options.AllowShutdown, folder, worker, time, log.Write, stop.Cancel);
            await worker.RunAsync(stop.Token);   // a stock worker that gives up ends as one that was stopped
        }
        log.Write("Main loop terminated.");
        log.Write("Server Shut Down.");
        if (ended != 0)
        {
            if (daemon) File.Delete(folder.PidFile);
            claim.Dispose();
            OwnProcess.EndBySignal(ended);   // whoever waits for a stock worker sees the signal
        }
        return 0;
    }

    private bool OtherDaemon(Action<string> refuse)
    {
        if (folder.ReadPid() is not { } id) return false;
        using var other = ForeignProcess.TryOpen(id);
        if (other is null)
        {
            File.Delete(folder.PidFile);   // a new one has the mode of our umask
            return false;
        }
        refuse($"Another twistd server is running, PID {id}\nIt may be a worker that was started before in this folder: stop it first, or start this one in a folder of its own.");
        return true;
    }

    private (TacFile File, WorkerOptions Options)? Read(string tac, Action<string> refuse)
    {
        var file = TacReader.TryRead(tac, folder.Tac, Environment.GetEnvironmentVariable, out var problems);
        foreach (string problem in problems) refuse($"{folder.Tac}: {problem}");
        string wrong = "";
        if (file is not null && TacOptions.TryMake(file, folder.Path, out wrong) is { } options)
            return (file, options);
        refuse($"Failed to load application: {(file is null ? "this worker does not execute Python and cannot read the lines above" : wrong)}");
        return null;
    }

    private void RecordHostname(TwistdLog log)
    {
        log.Write("recording hostname in twistd.hostname");
        try
        {
            File.WriteAllText(folder.HostnameFile, Environment.MachineName + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.Write($"failed - ignoring: {e.Message}");
        }
    }

    private static void Rotate(PosixSignalContext context, TwistdLog log)
    {
        context.Cancel = true;
        log.RotateNow();
    }
}
