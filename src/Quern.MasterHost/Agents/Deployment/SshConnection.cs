using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Agents.Deployment;

/// <summary>
/// One connection to a machine by the system's <c>ssh</c>: the master of a control socket, over which every command runs, so that the secret is used
/// once. Nothing of this machine's settings counts (no configuration file, no known hosts, no agent). Its own session there keeps a folder, which goes
/// when the connection ends, however that is: also when this process is killed. Life: <see cref="OpenAsync"/>, commands one after the other, disposed.
/// </summary>
internal sealed partial class SshConnection : IAsyncDisposable
{
    /// <summary>What <c>ssh</c> ends with when it is its own failure, and not that of the command there.</summary>
    public const int OwnFailure = 255;

    private const string Alias = "quern-target";

    /// <summary>What a machine may say before it names the folder: some greet.</summary>
    private const int MaxGreeting = 64 << 10;

    // Its input ends with this process, or with the connection. What was begun to be installed then comes to its end, and has its folder for so long.
    // In braces it is read as a whole before "cat" reads what follows.
    private const string Keeper = """
        {
            set -u
            umask 077
            folder=$(mktemp -d /tmp/quern-agent.XXXXXXXXXX) || exit 1
            printf '\nfolder=%s\n' "$folder"
            cat >/dev/null
            tries=0
            while [ -e "$folder/installing" ] && [ $tries -lt 600 ]; do
                sleep 1
                tries=$((tries + 1))
            done
            rm -rf "$folder"
            exit 0
        }

        """;

    private static readonly TimeSpan EndTime = TimeSpan.FromSeconds(20);

    private readonly SshTarget _target;
    private readonly string _control;
    private readonly Process _master;
    private readonly TimeProvider _time;
    private readonly Task<string> _errors;

    private SshConnection(SshTarget target, string control, Process master, TimeProvider time)
    {
        (_target, _control, _master, _time) = (target, control, master, time);
        _errors = SystemProgram.ReadAsync(master.StandardError);
    }

    /// <summary>On the machine: new, for this user alone, without characters that a shell would read.</summary>
    public string Folder { get; private set; } = "";

    /// <param name="folder">For its owner alone, with a short path.</param>
    /// <exception cref="SshFailureException">It is another machine, or does not let us in.</exception>
    public static async Task<SshConnection> OpenAsync(SshTarget target, string folder, TimeProvider time, CancellationToken cancellationToken)
    {
        var key = await HostKey.FindAsync(target.Host, target.Port, target.HostKeySha256, cancellationToken);
        string known = Path.Combine(folder, "known_hosts"), control = Path.Combine(folder, "control");
        await File.WriteAllTextAsync(known, $"{Alias} {key.Type} {key.Base64}\n", cancellationToken);

        bool byKey = !target.PrivateKey.IsEmpty;
        await using var agent = byKey ? await KeyAgent.StartAsync(folder, target.PrivateKey, target.Passphrase, cancellationToken) : null;
        await using var answer = byKey ? null : await SecretAnswer.CreateAsync(folder, target.Password, cancellationToken);
        var master = SystemProgram.Make("ssh",
        [
            "-F", "none", "-T", "-M", "-S", control, "-o", "ControlPersist=no",
            "-o", $"UserKnownHostsFile={known}", "-o", "GlobalKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=yes", "-o", $"HostKeyAlias={Alias}",
            "-o", $"HostKeyAlgorithms={key.Algorithms}", "-o", "CheckHostIP=no", "-o", "UpdateHostKeys=no",
            "-o", "IdentityFile=none", "-o", $"IdentityAgent={agent?.Socket ?? "none"}",
            "-o", $"PreferredAuthentications={(byKey ? "publickey" : "password,keyboard-interactive")}", "-o", "NumberOfPasswordPrompts=1",
            "-o", "ForwardAgent=no", "-o", "ForwardX11=no", "-o", "ClearAllForwardings=yes", "-o", "ConnectTimeout=20", "-o", "ServerAliveInterval=15",
            "-p", target.Port.ToString(CultureInfo.InvariantCulture), "-l", target.User, "--", target.Host, "sh -s",
        ], answer?.Environment ?? []);
        master.Start();
        var connection = new SshConnection(target, control, master, time);
        try
        {
            await connection.KeepAsync(cancellationToken);
            if (await connection.FolderAsync(cancellationToken) is { } kept)
            {
                connection.Folder = kept;
                return connection;
            }
            await master.WaitForExitAsync(cancellationToken);
            string why = new SystemProgram.Result(master.ExitCode, "", await connection._errors).LastLine;
            throw new SshFailureException(why.Contains("Permission denied", StringComparison.Ordinal)
                ? $"it does not let user {target.User} in with this {(byKey ? "key" : "password")} ({why})"
                : why);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a shell script there. It is sent by standard input, so the shell of the account need not be one of POSIX.</summary>
    /// <param name="arguments">Words that need no quotes.</param>
    public Task<SystemProgram.Result> RunScriptAsync(string script, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(script);
        return RunAsync($"sh -s -- {string.Join(' ', arguments.Select(Plain))}", (input, token) => input.WriteAsync(bytes, token).AsTask(), cancellationToken);
    }

    /// <summary>Writes a file there.</summary>
    /// <param name="path">Of characters that need no quotes.</param>
    /// <param name="copy">Given the stream to write to.</param>
    public Task<SystemProgram.Result> WriteAsync(string path, Func<Stream, CancellationToken, Task> copy, CancellationToken cancellationToken) =>
        RunAsync($"cat >{Plain(path)}", copy, cancellationToken);

    /// <summary>Ends the connection, the folder there first; a machine that does not answer any more removes it when it notices.</summary>
    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(EndTime, _time);
        try
        {
            _master.StandardInput.Close();
            await _master.WaitForExitAsync(patience.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // It is killed, then.
        }
        SystemProgram.Kill(_master);
        await _master.WaitForExitAsync();
        await _errors;
        _master.Dispose();
    }

    private async Task KeepAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _master.StandardInput.WriteAsync(Keeper.AsMemory(), cancellationToken);
            await _master.StandardInput.FlushAsync(cancellationToken);
        }
        catch (IOException)
        {
            // It has ended already, and says why.
        }
    }

    /// <summary>The folder that the session there keeps; null when the connection ended, or what it says is none.</summary>
    private async Task<string?> FolderAsync(CancellationToken cancellationToken)
    {
        var said = new StringBuilder();
        char[] buffer = new char[1024];
        int read;
        while (said.Length < MaxGreeting && (read = await _master.StandardOutput.ReadAsync(buffer, cancellationToken)) > 0)
        {
            said.Append(buffer, 0, read);
            if (Named().Match(said.ToString()) is { Success: true } line) return line.Groups[1].Value;
        }
        // Whatever it is, it is no shell that keeps a folder.
        if (said.Length >= MaxGreeting) throw new SshFailureException($"user {_target.User} has no shell there that runs a script");
        return null;
    }

    [GeneratedRegex(@"^folder=(/tmp/quern-agent\.[A-Za-z0-9]{1,32})\r?\n", RegexOptions.Multiline)]
    private static partial Regex Named();

    private Task<SystemProgram.Result> RunAsync(string command, Func<Stream, CancellationToken, Task> input, CancellationToken cancellationToken) =>
        SystemProgram.RunAsync("ssh", ["-F", "none", "-S", _control, "-o", "ControlMaster=no", "-o", "BatchMode=yes", "-T", "-l", _target.User, "--", Alias, command], cancellationToken, input);

    /// <exception cref="ArgumentException">A word that a shell would read as more than a word.</exception>
    private static string Plain(string word) => word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_' or '-' or '=' or '+')
        ? word
        : throw new ArgumentException("A word for a remote shell needs quotes.", nameof(word));
}
