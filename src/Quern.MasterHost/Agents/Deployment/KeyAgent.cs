using System.Diagnostics;

namespace Quern.MasterHost.Agents.Deployment;

/// <summary>Holds a private key for one deployment: an <c>ssh-agent</c> of its own, which gets the key by a pipe and ends with this object. The key is in no file.</summary>
internal sealed class KeyAgent : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    private KeyAgent(Process process, string socket)
    {
        (_process, Socket) = (process, socket);
        _errors = SystemProgram.ReadAsync(process.StandardError);
    }

    /// <summary>Where it answers.</summary>
    public string Socket { get; }

    /// <param name="folder">For its owner alone, with a short path.</param>
    /// <exception cref="SshFailureException">The key cannot be used.</exception>
    public static async Task<KeyAgent> StartAsync(string folder, ReadOnlyMemory<byte> key, string passphrase, CancellationToken cancellationToken)
    {
        string socket = Path.Combine(folder, "agent");
        // It lives as long as the command it runs, and that as long as its input: so nothing with a key in its memory outlives this process.
        var process = SystemProgram.Make("ssh-agent", ["-a", socket, "sh", "-c", "echo listening && exec cat"]);
        try { process.Start(); }
        catch (System.ComponentModel.Win32Exception e)
        {
            process.Dispose();
            throw new SshFailureException($"the program ssh-agent cannot be run here: {e.Message}; install openssh-client");
        }
        var agent = new KeyAgent(process, socket);
        try
        {
            await process.StandardOutput.ReadLineAsync(cancellationToken);
            await using var answer = await SecretAnswer.CreateAsync(folder, passphrase, cancellationToken);
            var added = await SystemProgram.RunAsync("ssh-add", ["-q", "-"], cancellationToken, (input, token) => input.WriteAsync(key, token).AsTask(),
                [.. answer.Environment, ("SSH_AUTH_SOCK", socket)]);
            if (!added.Succeeded) throw new SshFailureException("the private key cannot be used: it is damaged, or the passphrase is not its own");
            return agent;
        }
        catch
        {
            await agent.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        SystemProgram.Kill(_process);
        await _process.WaitForExitAsync();
        await _errors;
        _process.Dispose();
    }
}
