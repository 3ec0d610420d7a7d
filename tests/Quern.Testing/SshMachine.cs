using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Quern.Testing;

/// <summary>
/// A machine that is thrown away, with the real <c>sshd</c> at a port of loopback and keys of its own. Its users beside root have the same password:
/// <c>builder</c> may not become root, <c>asked</c> by <c>sudo</c> that asks for the password, <c>trusted</c> by one that does not.
/// </summary>
public sealed class SshMachine : IAsyncDisposable
{
    public const string Password = "correct horse $(battery) 'staple'";

    private const string Script = """
        mkdir -p /run/sshd /root/.ssh
        for user in builder asked trusted; do
            useradd --create-home --shell /bin/sh $user
            printf '%s' "$user:$(cat /made/password)" | chpasswd
        done
        mkdir -p /etc/sudoers.d
        printf 'asked ALL=(ALL) ALL\ntrusted ALL=(ALL) NOPASSWD: ALL\n' >/etc/sudoers.d/users
        chmod 440 /etc/sudoers.d/users
        cp /made/id.pub /root/.ssh/authorized_keys
        printf '%s' "root:$(cat /made/password)" | chpasswd
        install -m 600 /made/host /root/host
        . /made/more.sh
        exec /usr/sbin/sshd -D -e -f /made/sshd_config
        """;

    // What installers and "quern agent deploy" ask of a running systemd: everything is written down, enabling is done by the real one, and what a
    // unit runs is run as its user.
    private const string Systemd = """
        mkdir -p /run/systemd/system
        rm -f /usr/sbin/policy-rc.d
        install -m 666 /dev/null /var/log/systemctl
        cat >/usr/local/bin/systemctl <<'EOF'
        #!/bin/sh
        printf '%s\n' "$*" >>/var/log/systemctl
        verb=
        for word in "$@"; do case $word in -*) ;; *) verb=$word; break ;; esac; done
        pid=$(cat /run/unit.pid 2>/dev/null || :)
        alive() { [ -n "$pid" ] && [ -d "/proc/$pid" ]; }
        case $verb in
            enable|disable|is-enabled|preset|mask|unmask) SYSTEMD_OFFLINE=1 exec /usr/bin/systemctl "$@" ;;
            start|restart)
                ! alive || kill "$pid"
                unit=$(ls /etc/systemd/system/quern-agent.service /lib/systemd/system/quern-agent.service 2>/dev/null | head -n 1)
                user=$(sed -n 's/^User=//p' "$unit")
                setsid setpriv --reuid="$user" --regid="$user" --clear-groups $(sed -n 's/^ExecStart=//p' "$unit") >/dev/null 2>&1 </dev/null &
                echo $! >/run/unit.pid ;;
            is-active) alive ;;
            status) echo '     Active: failed (Result: exit-code)'; exit 3 ;;
        esac
        EOF
        chmod +x /usr/local/bin/systemctl
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

    /// <param name="systemd">With what stands in for a running systemd; what it was asked for is in <c>/var/log/systemctl</c>.</param>
    /// <param name="setUp">A script of shell, run by root before <c>sshd</c>.</param>
    public static async Task<SshMachine> StartAsync(bool systemd = false, string setUp = "")
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
        await File.WriteAllTextAsync(folder["more.sh"], $"{(systemd ? Systemd : "")}\n{setUp}\n");
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
