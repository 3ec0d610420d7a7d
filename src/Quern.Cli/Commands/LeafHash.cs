using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Quern.Cli.Commands;

/// <summary>The hash that leaf checks downloads with.</summary>
internal static class LeafHash
{
    [SuppressMessage("Security", "CA5351", Justification = "The leaf protocol names files by MD5; integrity rests on SHA-256.")]
    public static async Task<string> OfAsync(Stream content, CancellationToken stop) => Convert.ToHexStringLower(await MD5.HashDataAsync(content, stop));
}
