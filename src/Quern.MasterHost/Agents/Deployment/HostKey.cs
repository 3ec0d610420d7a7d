using System.Globalization;
using System.Security.Cryptography;

namespace Quern.MasterHost.Agents.Deployment;

/// <summary>The key by which a machine is known.</summary>
/// <param name="Type">For instance <c>ssh-ed25519</c>.</param>
/// <param name="Base64">The key as it is in <c>known_hosts</c>.</param>
internal sealed record HostKey(string Type, string Base64)
{
    /// <summary>Which signatures of it are good enough; SHA-1 is not.</summary>
    public string Algorithms => Type == "ssh-rsa" ? "rsa-sha2-512,rsa-sha2-256" : Type;

    /// <summary>Asks the machine for its keys and takes the one that was expected.</summary>
    /// <exception cref="SshFailureException">It is not there, or another machine answers.</exception>
    public static async Task<HostKey> FindAsync(string host, int port, string expected, CancellationToken cancellationToken)
    {
        var scan = await SystemProgram.RunAsync(
            "ssh-keyscan", ["-T", "10", "-p", port.ToString(CultureInfo.InvariantCulture), "-t", "ed25519,ecdsa,rsa", "--", host], cancellationToken);
        var found = new List<string>();
        foreach (string line in scan.Output.Split('\n'))
        {
            if (line.StartsWith('#') || line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [_, var type, var base64]) continue;
            if (FingerprintOf(base64) is not { } fingerprint || !IsType(type)) continue;
            if (fingerprint == expected.TrimEnd('=')) return new HostKey(type, base64);
            found.Add(fingerprint);
        }
        throw new SshFailureException(found.Count == 0
            ? $"no SSH server answers there{(scan.Errors.Length > 0 ? $": {scan.LastLine}" : "")}"
            : $"its host key is not the one that was given ({expected}) but {string.Join(" or ", found)}: it is another machine, or somebody stands in between. Nothing was sent");
    }

    private static bool IsType(string type) => type.Length <= 64 && type.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '@');

    private static string? FingerprintOf(string base64)
    {
        byte[] key = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, key, out int bytes)
            ? $"SHA256:{Convert.ToBase64String(SHA256.HashData(key.AsSpan(0, bytes))).TrimEnd('=')}"
            : null;
    }
}
