using System.Runtime.CompilerServices;

namespace Quern.Scenarios.BadDays;

/// <summary>One message of an event stream.</summary>
internal sealed record SentEvent(long? Id, string Name, string Data);

/// <summary>Reads an event stream until it ends or breaks off.</summary>
internal static class ServerSentEvents
{
    public static async IAsyncEnumerable<SentEvent> ReadAsync(HttpClient client, string path, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var answer = await client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancellation);
        answer.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(cancellation));
        long? id = null;
        string name = "message", data = "";
        while (await reader.ReadLineAsync(cancellation) is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal)) id = long.Parse(line.AsSpan(4), System.Globalization.CultureInfo.InvariantCulture);
            else if (line.StartsWith("event: ", StringComparison.Ordinal)) name = line[7..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal)) data = line[6..];
            else if (line.Length == 0 && data.Length > 0)
            {
                yield return new SentEvent(id, name, data);
                (id, name, data) = (null, "message", "");
            }
        }
    }
}
