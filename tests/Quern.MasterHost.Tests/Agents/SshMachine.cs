using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Quern.Peers.Estate;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Agents;

/// <summary>A machine that is thrown away, with the real <c>sshd</c> at a port of loopback, the user <c>builder</c>, and keys of its own.</summary>
internal sealed class SshMachine : IAsyncDisposable
{
    public const string Password = "correct horse $(battery) 'staple'";

    private const string Script = """
        mkdir -p /run/sshd /root/.ssh
        useradd --create-home --shell /bin/sh builder
        cp /made/id.pub /root/.ssh/authorized_keys
        printf '%s' "root:$(cat /made/password)" | chpasswd
        printf '%s' "builder:$(cat /made/password)" | chpasswd
        install -m 600 /made/host /root/host
        exec /usr/sbin/sshd -D -e -f /made/sshd_config
        """;

    private readonly ScratchFolder _folder;
    private readonly Process _process;

    private SshMachine(ScratchFolder folder, Process process, int port, string hostKey) => (_folder, _process, Port, HostKey) = (folder, process, port, hostKey);

    public int Port { get; }

    /// <summary><c>SHA256:…</c>.</summary>
    public string HostKey { get; }

    /// <summary>A key that lets root in.</summary>
    public byte[] Key => File.ReadAllBytes(_folder["id"]);

    /// <summary>The same key, encrypted with the passphrase <c>open sesame</c>.</summary>
    public byte[] LockedKey => File.ReadAllBytes(_folder["locked"]);

    public static async Task<SshMachine> StartAsync()
    {
        var folder = new ScratchFolder();
        await RunAsync("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder["host"]);
        await RunAsync("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder["id"]);
        File.Copy(folder["id"], folder["locked"]);
        File.SetUnixFileMode(folder["locked"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await RunAsync("ssh-keygen", "-q", "-p", "-P", "", "-N", "open sesame", "-f", folder["locked"]);
        string hostKey = (await RunAsync("ssh-keygen", "-lf", folder["host.pub"])).Split(' ')[1];
        int port = FreePort();
        await File.WriteAllTextAsync(folder["password"], Password);
        await File.WriteAllTextAsync(folder["sshd_config"], $"""
            Port {port}
            ListenAddress 127.0.0.1
            HostKey /root/host
            PidFile none
            UsePAM no
            StrictModes no
            PermitRootLogin yes
            PasswordAuthentication yes

            """);
        var process = Process.Start(FreshRoot.StartOf(folder.Path, Script))!;
        var said = new List<string>();
        while (await process.StandardError.ReadLineAsync() is { } line)
        {
            said.Add(line);
            if (!line.StartsWith("Server listening", StringComparison.Ordinal)) continue;
            _ = process.StandardError.ReadToEndAsync();   // or it would wait for room in the pipe
            return new SshMachine(folder, process, port, hostKey);
        }
        throw new InvalidOperationException($"sshd did not start:\n{string.Join('\n', said)}");
    }

    public SshTarget Target(string user = "root") => new("127.0.0.1", Port, user, HostKey);

    /// <summary>What a command there says, as root.</summary>
    public Task<string> AskAsync(string command) => RunAsync(
        "ssh", "-F", "none", "-i", _folder["id"], "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
        "-p", Port.ToString(CultureInfo.InvariantCulture), "root@127.0.0.1", command);

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }

    private static int FreePort()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        return port;
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {output}");
    }
}
