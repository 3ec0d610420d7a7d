using System.Diagnostics;
using System.Globalization;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Agents.Deployment;

/// <summary>
/// One connection to a machine by the system's <c>ssh</c>: the master of a control socket, over which every command runs, so that the secret is used
/// once. Nothing of this machine's settings counts (no configuration file, no known hosts, no agent). Life: <see cref="OpenAsync"/>, commands one after
/// the other, disposed.
/// </summary>
internal sealed class SshConnection : IAsyncDisposable
{
    private const string Alias = "quern-target", Ready = "connected";

    private readonly SshTarget _target;
    private readonly string _control;
    private readonly Process _master;
    private readonly Task<string> _errors;

    private SshConnection(SshTarget target, string control, Process master)
    {
        (_target, _control, _master) = (target, control, master);
        _errors = SystemProgram.ReadAsync(master.StandardError);
    }

    /// <param name="folder">For its owner alone, with a short path.</param>
    /// <exception cref="SshFailureException">It is another machine, or does not let us in.</exception>
    public static async Task<SshConnection> OpenAsync(SshTarget target, string folder, CancellationToken cancellationToken)
    {
        var key = await HostKey.FindAsync(target.Host, target.Port, target.HostKeySha256, cancellationToken);
        string known = Path.Combine(folder, "known_hosts"), control = Path.Combine(folder, "control");
        await File.WriteAllTextAsync(known, $"{Alias} {key.Type} {key.Base64}\n", cancellationToken);

        bool byKey = !target.PrivateKey.IsEmpty;
        await using var agent = byKey ? await KeyAgent.StartAsync(folder, target.PrivateKey, target.Passphrase, cancellationToken) : null;
        await using var answer = byKey ? null : await SecretAnswer.CreateAsync(folder, target.Password, cancellationToken);
        var master = SystemProgram.Make("ssh",
        [
            "-F", "none", "-N", "-M", "-S", control, "-o", "ControlPersist=no",
            "-o", $"UserKnownHostsFile={known}", "-o", "GlobalKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=yes", "-o", $"HostKeyAlias={Alias}",
            "-o", $"HostKeyAlgorithms={key.Algorithms}", "-o", "CheckHostIP=no", "-o", "UpdateHostKeys=no",
            "-o", "IdentityFile=none", "-o", $"IdentityAgent={agent?.Socket ?? "none"}",
            "-o", $"PreferredAuthentications={(byKey ? "publickey" : "password,keyboard-interactive")}", "-o", "NumberOfPasswordPrompts=1",
            "-o", "ForwardAgent=no", "-o", "ForwardX11=no", "-o", "ClearAllForwardings=yes", "-o", "ConnectTimeout=20", "-o", "ServerAliveInterval=15",
            // It says so when it is in, and answers at the socket then.
            "-o", "PermitLocalCommand=yes", "-o", $"LocalCommand=echo {Ready}",
            "-p", target.Port.ToString(CultureInfo.InvariantCulture), "-l", target.User, "--", target.Host,
        ], answer?.Environment ?? []);
        master.Start();
        var connection = new SshConnection(target, control, master);
        try
        {
            if (await master.StandardOutput.ReadLineAsync(cancellationToken) == Ready) return connection;
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
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(script);
        return RunAsync($"sh -s -- {string.Join(' ', arguments.Select(Plain))}", (input, token) => input.WriteAsync(bytes, token).AsTask(), cancellationToken);
    }

    /// <summary>Writes a file there.</summary>
    /// <param name="path">Of characters that need no quotes.</param>
    /// <param name="copy">Given the stream to write to.</param>
    public Task<SystemProgram.Result> WriteAsync(string path, Func<Stream, CancellationToken, Task> copy, CancellationToken cancellationToken) =>
        RunAsync($"cat >{Plain(path)}", copy, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        SystemProgram.Kill(_master);
        await _master.WaitForExitAsync();
        await _errors;
        _master.Dispose();
    }

    private Task<SystemProgram.Result> RunAsync(string command, Func<Stream, CancellationToken, Task> input, CancellationToken cancellationToken) =>
        SystemProgram.RunAsync("ssh", ["-F", "none", "-S", _control, "-o", "ControlMaster=no", "-o", "BatchMode=yes", "-T", "-l", _target.User, "--", Alias, command], cancellationToken, input);

    /// <exception cref="ArgumentException">A word that a shell would read as more than a word.</exception>
    private static string Plain(string word) => word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_' or '-' or '=' or '+')
        ? word
        : throw new ArgumentException("A word for a remote shell needs quotes.", nameof(word));
}
