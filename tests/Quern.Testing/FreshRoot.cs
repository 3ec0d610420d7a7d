using System.Diagnostics;

namespace Quern.Testing;

/// <summary>
/// A machine to install on that is thrown away: this one's programs and settings under an overlay, with a process space and users of its own, no
/// systemd, and nothing of it left behind. It has this machine's network. Installing needs root, which these tests have or get by <c>sudo</c>.
/// </summary>
public static class FreshRoot
{
    private const string Enter = """
        set -eu
        mount -t tmpfs tmpfs /mnt
        mkdir /mnt/root
        for part in usr etc var opt; do
            mkdir -p /mnt/layers/$part/upper /mnt/layers/$part/work /mnt/root/$part
            mount -t overlay overlay -o lowerdir=/$part,upperdir=/mnt/layers/$part/upper,workdir=/mnt/layers/$part/work /mnt/root/$part
        done
        cd /mnt/root
        for link in bin sbin lib lib64; do [ ! -L /$link ] || ln -s usr/$link $link; done
        mkdir proc dev tmp run root home sys made
        chmod 1777 tmp
        mount -t proc proc proc
        mount --rbind /dev dev
        mount --bind "$1" made
        printf '#!/bin/sh\nexit 101\n' >usr/sbin/policy-rc.d
        chmod +x usr/sbin/policy-rc.d
        exec chroot . /bin/sh -eu -c "$2"
        """;

    /// <summary>Runs a script of shell in a new machine; what it says.</summary>
    /// <param name="folder">Seen there as <c>/made</c>.</param>
    /// <param name="script">Ends at its first failure.</param>
    /// <param name="cancellationToken">Ends the machine.</param>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static async Task<string> RunAsync(string folder, string script, CancellationToken cancellationToken)
    {
        using var process = Process.Start(StartOf(folder, $"exec 2>&1\n{script}"))!;
        await using var kill = cancellationToken.Register(() => process.Kill(entireProcessTree: true));
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"The script ended with {process.ExitCode}:\n{output}\n{await errors}");
    }

    /// <summary>How to start a machine that lives as long as its script; killing the program ends all of it.</summary>
    public static ProcessStartInfo StartOf(string folder, string script)
    {
        string[] command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", Enter, "fresh-root", folder, script];
        if (!Environment.IsPrivilegedProcess) command = ["sudo", "-n", .. command];
        var start = new ProcessStartInfo(command[0]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string word in command[1..]) start.ArgumentList.Add(word);
        start.Environment["LC_ALL"] = "C";
        return start;
    }
}
