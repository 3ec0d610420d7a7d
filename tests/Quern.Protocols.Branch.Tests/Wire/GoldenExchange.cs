using System.Text;
using System.Text.Json;
using Quern.Testing;

namespace Quern.Protocols.Branch.Tests.Wire;

/// <summary>One line of the files under <c>tests/golden/branch</c>; what their keys mean stands in the README there.</summary>
public sealed record GoldenExchange
{
    public required string Name { get; init; }
    public required BranchDialect Dialect { get; init; }
    public BranchRole Role { get; init; }

    /// <summary>What the peer sends; null for an order of the master.</summary>
    public byte[]? Send { get; init; }

    /// <summary>How many bytes at the front of <see cref="Send"/> are those of a file.</summary>
    public int Raw { get; init; }

    /// <summary>Whether the frame is what Quern itself would write for the request.</summary>
    public bool IsOwnStyle { get; init; }

    public byte[]? Answer { get; init; }

    /// <summary>The master closes instead of answering.</summary>
    public bool Closes { get; init; }

    public byte[]? Order { get; init; }

    public override string ToString() => Name;

    public static IReadOnlyList<GoldenExchange> All { get; } =
        [.. Load("v1-controller"), .. Load("v1-bot"), .. Load("v2-controller"), .. Load("v2-bot")];

    /// <summary>Every frame of the files, each once.</summary>
    public static IReadOnlyList<byte[]> Frames { get; } =
    [
        .. All.SelectMany(e => new[] { e.Raw == 0 ? e.Send : null, e.Answer, e.Order }).OfType<byte[]>().DistinctBy(Convert.ToHexString),
    ];

    private static IEnumerable<GoldenExchange> Load(string file)
    {
        int number = 0;
        foreach (string line in File.ReadLines(Path.Combine(Repository.Root, "tests", "golden", "branch", file + ".jsonl")))
        {
            using var document = JsonDocument.Parse(line);
            var e = document.RootElement;
            yield return new GoldenExchange
            {
                Name = $"{file}:{++number}",
                Dialect = file.StartsWith("v1", StringComparison.Ordinal) ? BranchDialect.V1 : BranchDialect.V2,
                Role = Text(e, "role") switch { "controller" => BranchRole.Controller, "bot" => BranchRole.Bot, _ => BranchRole.Stranger },
                Send = Bytes(e, "send"),
                Raw = e.TryGetProperty("raw", out var raw) ? raw.GetInt32() : 0,
                IsOwnStyle = Text(e, "style") == "python",
                Answer = Bytes(e, "answer") ?? Bytes(e, "also"),
                Closes = e.TryGetProperty("closes", out _),
                Order = Bytes(e, "order"),
            };
        }
    }

    private static string? Text(JsonElement e, string name) => e.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static byte[]? Bytes(JsonElement e, string name) => Text(e, name) is { } text ? Encoding.UTF8.GetBytes(text) : null;
}
