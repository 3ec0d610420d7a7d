using System.Security.Cryptography;
using System.Text;

namespace Quern.MasterHost.Agents.Deployment;

/// <summary>
/// Gives a password to a program of OpenSSH when it asks, once: by a pipe with a name in a folder that is ours alone. So the secret is on no disk,
/// on no command line and in no environment. A second question gets no answer, which ends the program instead of letting it ask for ever.
/// </summary>
internal sealed class SecretAnswer : IAsyncDisposable
{
    private const string Script = """
        #!/bin/sh
        pipe=${0%/*}/answer
        [ -p "$pipe" ] || exit 1
        IFS= read -r answer <"$pipe"
        rm -f "$pipe"
        printf '%s\n' "$answer"

        """;

    private readonly string _program;
    private readonly FileStream _pipe;

    private SecretAnswer(string program, FileStream pipe) => (_program, _pipe) = (program, pipe);

    /// <summary>What makes a program of OpenSSH ask by it.</summary>
    public IReadOnlyList<(string Name, string Value)> Environment => [("SSH_ASKPASS", _program), ("SSH_ASKPASS_REQUIRE", "force")];

    /// <param name="folder">For its owner alone.</param>
    /// <param name="secret">Without line ends, and shorter than the buffer of a pipe.</param>
    public static async Task<SecretAnswer> CreateAsync(string folder, string secret, CancellationToken cancellationToken)
    {
        string program = Path.Combine(folder, "answer.sh"), path = Path.Combine(folder, "answer");
        await File.WriteAllTextAsync(program, Script, cancellationToken);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var made = await SystemProgram.RunAsync("mkfifo", ["-m", "600", path], cancellationToken);
        if (!made.Succeeded) throw new SshFailureException($"no pipe for the password could be made here: {made.LastLine}");
        // Both ends: so opening it waits for nobody, and what is written waits in the kernel until it is read.
        var pipe = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        byte[] answer = Encoding.UTF8.GetBytes(secret + "\n");
        try
        {
            await pipe.WriteAsync(answer, cancellationToken);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(answer);
        }
        return new SecretAnswer(program, pipe);
    }

    /// <summary>What nobody read is gone with the pipe.</summary>
    public ValueTask DisposeAsync() => _pipe.DisposeAsync();
}
