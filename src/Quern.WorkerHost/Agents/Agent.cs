using System.Collections.Immutable;
using Quern.Execution;

namespace Quern.WorkerHost;

/// <summary>The life of an agent: in with its key, at work by its certificate, a new one in time, and back again whenever it loses the farm.</summary>
internal sealed class Agent(AgentConfiguration configuration, AgentFolder folder, TimeProvider time, Action<string> say)
{
    /// <summary>The farm does not want it: as a worker that its master sends away.</summary>
    public const int Unwanted = 4;

    /// <summary>There is another program to go on as.</summary>
    public const int Exchange = 75;

    private const int Unusable = 2;

    /// <summary>A program on trial that has not joined by then is left for the one before.</summary>
    private static readonly TimeSpan TrialTime = TimeSpan.FromMinutes(5);

    private readonly AgentPrograms _programs = new(folder.Path);
    private readonly TaskCompletionSource _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How long timers can wait; what is farther away is looked at again then.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private static readonly TimeSpan WhilePending = TimeSpan.FromSeconds(30);

    /// <summary>A clock that is wrong by weeks must not have it ask without end.</summary>
    private static readonly TimeSpan BetweenRenewals = TimeSpan.FromHours(1);

    /// <returns>
    /// The exit code: 0 after a stop, 2 when this machine or folder cannot be used, 4 when the farm does not want it,
    /// <see cref="Exchange"/> when there is another program to go on as.
    /// </returns>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        using var claim = FolderClaim.TryTake(folder.WorkFolder, out string problem);
        if (claim is null) return Fail(Unusable, problem);
        using var office = new CertificateOffice(configuration, folder, time, Log);
        try
        {
            if (office.Identity is null && await EnrolAsync(office, stop) is { } exitCode) return exitCode;
            if (office.Identity!.NotAfter <= time.GetUtcNow()) await ReplaceAsync(office, stop);
            return await TryOutAsync(office, claim, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
    }

    /// <summary>Until it is in; the exit code when it never will be.</summary>
    private async Task<int?> EnrolAsync(CertificateOffice office, CancellationToken stop)
    {
        var backoff = new Backoff(MasterProtocol.MessagePack, patient: true);
        while (true)
        {
            switch (await office.AskAsync(first: true, stop))
            {
                case CertificateAnswer.Granted:
                    return null;
                case CertificateAnswer.Refused refused:
                    return Fail(Unwanted, "the farm does not let this machine in" + (refused.Detail.Length > 0 ? $": {refused.Detail}" : "")
                        + $". Its key was good once and until {configuration.KeyExpires:yyyy-MM-dd HH:mm}Z; why it was refused stands in the farm's journal. A new agent needs a new key");
                case CertificateAnswer.Pending:
                    Log($"the farm knows this machine, and somebody must let it in; asking again every {WhilePending.TotalSeconds:0} s");
                    await Task.Delay(WhilePending, time, stop);
                    break;
                case CertificateAnswer.Later { After: { } after }:
                    Log($"the farm wants to be asked again in {after.TotalSeconds:0} s");
                    await Task.Delay(after < LongestWait ? after : LongestWait, time, stop);
                    break;
                default:
                    await Task.Delay(backoff.Next(), time, stop);
                    break;
            }
        }
    }

    /// <summary>
    /// Tries the key of the configuration in the place of a certificate that is over: it may be a new one. If it is not, the clock may be
    /// wrong, and whether the certificate is good is the farm's to say.
    /// </summary>
    private async Task ReplaceAsync(CertificateOffice office, CancellationToken stop)
    {
        Log($"the certificate is over since {office.Identity!.NotAfter:yyyy-MM-dd HH:mm}Z by this machine's clock; asking for another with the configuration's key");
        if (await office.AskAsync(first: true, stop) is not CertificateAnswer.Granted)
            Log("the farm gave none; trying the old one. If the farm does not take it, the agent needs a configuration with a new key");
    }

    /// <summary>Works; a program that is on trial only when it joins in time.</summary>
    private async Task<int> TryOutAsync(CertificateOffice office, FolderClaim claim, CancellationToken stop)
    {
        if (!_programs.IsOnTrial) return await WorkAsync(office, claim, stop);
        using var failed = new CancellationTokenSource();
        using var both = CancellationTokenSource.CreateLinkedTokenSource(stop, failed.Token);
        await using var timer = time.CreateTimer(_ =>
        {
            if (!_joined.Task.IsCompleted) failed.Cancel();
        }, null, TrialTime, Timeout.InfiniteTimeSpan);
        int exitCode = await WorkAsync(office, claim, both.Token);
        if (!failed.IsCancellationRequested) return exitCode;
        Log($"this program did not join the farm within {TrialTime.TotalMinutes:0} min; going back to the one before");
        _programs.GoBack();
        return Exchange;
    }

    private async Task<int> WorkAsync(CertificateOffice office, FolderClaim claim, CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        WriteHostName();
        var masters = configuration.Masters.Select(WithIdentity).ToImmutableArray();
        var options = new WorkerOptions
        {
            Master = masters[0],
            OtherMasters = masters[1..],
            Name = office.Identity!.Name,
            BaseDirectory = folder.WorkFolder,
            Patient = true,
        };
        var renewing = RenewInTimeAsync(office, end.Token);
        try
        {
            var part = new AgentPart(async token => await office.AskAsync(first: false, token) is CertificateAnswer.Granted, Joined, OwnProgram.Find(_programs));
            int exitCode = await new Worker(options, claim, password: "", time, Log, agent: part).RunAsync(stop);
            // The farm ends a worker that has adopted another program, so that it goes on as that.
            return exitCode == 0 && !stop.IsCancellationRequested && _programs.IsOnTrial ? Exchange : exitCode;
        }
        finally
        {
            await end.CancelAsync();
            await renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Joined()
    {
        if (!_joined.TrySetResult()) return;
        try
        {
            _programs.Confirm();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log($"that this program is good could not be kept: {e.Message}");
        }
    }

    /// <summary>Asks for the next certificate when two thirds of the present one's life are over, then until it has it.</summary>
    private async Task RenewInTimeAsync(CertificateOffice office, CancellationToken stop)
    {
        var backoff = new Backoff(MasterProtocol.MessagePack, patient: true);
        while (true)
        {
            var wait = office.Identity!.RenewAt - time.GetUtcNow();
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait < LongestWait ? wait : LongestWait, time, stop);
                continue;
            }
            bool granted = await office.AskAsync(first: false, stop) is CertificateAnswer.Granted;
            if (granted) backoff.Succeeded();
            await Task.Delay(granted ? BetweenRenewals : backoff.Next(), time, stop);
        }
    }

    /// <summary>Shows the certificate, which is read anew for each connection, and takes the farm's alone.</summary>
    private MasterAddress WithIdentity(MasterAddress master) => master with
    {
        Endpoint = (ClientEndpoint.Tls)master.Endpoint with { Certificate = folder.IdentityFile, Pins = configuration.Pins },
    };

    /// <summary>What the farm shows as its host, unless the machine's owner wrote something else.</summary>
    private void WriteHostName()
    {
        string path = Path.Combine(folder.WorkFolder, "info", "host");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (!File.Exists(path)) File.WriteAllText(path, Environment.MachineName + "\n");
    }

    private int Fail(int exitCode, string problem)
    {
        Log(problem);
        return exitCode;
    }

    private void Log(string line)
    {
        say(line);
        folder.Tell(time.GetUtcNow(), line);
    }
}
