using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Quern.Cli.Tests;

/// <summary>Gives the prepared answers, then the code for the secret that was shown.</summary>
internal sealed class Authenticator(StringWriter shown, params string[] answers) : TextReader
{
    private int _given;

    /// <summary>The clock of the device.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    public override ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<string?>(_given < answers.Length ? answers[_given++] : Code());

    private string Code()
    {
        string key = Regex.Match($"{shown}", "secret=([A-Z2-7]+)").Groups[1].Value;
        string bits = string.Concat(key.Select(c => Convert.ToString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(c, StringComparison.Ordinal), 2).PadLeft(5, '0')));
        byte[] secret = [.. Enumerable.Range(0, bits.Length / 8).Select(i => Convert.ToByte(bits.Substring(i * 8, 8), 2))];
        byte[] step = BitConverter.GetBytes(Time.GetUtcNow().ToUnixTimeSeconds() / 30);
        Array.Reverse(step);
#pragma warning disable CA5350 // What authenticators speak.
        byte[] hash = HMACSHA1.HashData(secret, step);
#pragma warning restore CA5350
        int at = hash[^1] & 15;
        int number = ((hash[at] & 127) << 24) | (hash[at + 1] << 16) | (hash[at + 2] << 8) | hash[at + 3];
        return $"{number % 1_000_000:D6}";
    }
}
