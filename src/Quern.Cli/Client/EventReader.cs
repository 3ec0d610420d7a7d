using System.Runtime.CompilerServices;
using System.Text;

namespace Quern.Cli.Client;

/// <summary>Reads a server-sent event stream.</summary>
internal static class EventReader
{
    /// <summary>Events until the stream ends.</summary>
    public static async IAsyncEnumerable<(string Name, string Id, string Data)> ReadAsync(
        HttpResponseMessage answer, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        using var reader = new StreamReader(body, Encoding.UTF8);
        string name = "message", id = "";
        var data = new StringBuilder();
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Length == 0)
            {
                if (data.Length > 0) yield return (name, id, data.ToString());
                (name, data) = ("message", data.Clear());
                continue;
            }
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0) continue;
            string value = line[(colon + 1)..].TrimStart(' ');
            switch (line[..colon])
            {
                case "event": name = value; break;
                case "id": id = value; break;
                case "data": data.Append(value); break;
            }
        }
    }
}
