using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Quern.WorkerHost;

/// <summary>
/// Twisted's descriptions of client endpoints, as <c>connection_string</c> and <c>proxy_connection_string</c> hold them:
/// <c>tcp:HOST:PORT</c>, <c>tls:HOST:PORT</c>, <c>ssl:HOST:PORT</c>, <c>unix:PATH</c>, each part also as <c>name=value</c>;
/// a backslash before <c>:</c>, <c>=</c> or itself takes it literally.
/// </summary>
internal static class EndpointDescription
{
    private const int MaxLength = 4096;
    private const int MaxDepth = 4;   // of tls:…:endpoint=tls\:…; two is the most that makes sense

    /// <summary>False with a sentence for people when the text describes nothing we can connect to.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ClientEndpoint? endpoint, out string problem) =>
        TryParse(text, 0, out endpoint, out problem);

    private static bool TryParse(string text, int depth, [NotNullWhen(true)] out ClientEndpoint? endpoint, out string problem)
    {
        (endpoint, problem) = (null, "");
        if (text.Length > MaxLength || depth > MaxDepth) return Fail(out problem, "the endpoint description is too long");
        var (positions, names) = Split(text);
        string kind = positions.IsEmpty ? "" : positions[0];
        positions = positions.IsEmpty ? positions : positions.RemoveAt(0);
        var fields = new Fields(names, kind);
        bool ok = kind.ToLowerInvariant() switch
        {
            "tcp" => TryTcp(fields, positions, out endpoint),
            "ssl" => TrySsl(fields, positions, out endpoint),
            "tls" => TryTls(fields, positions, depth, out endpoint),
            "unix" => TryUnix(fields, positions, out endpoint),
            _ => fields.Fail($"'{kind}' is no kind of endpoint known here; tcp:, tls:, ssl: and unix: are"),
        };
        if (ok && names.Count > 0) ok = fields.Fail($"{kind}: does not know '{names.Keys.First()}'");
        if (ok && endpoint is not null) return true;
        (endpoint, problem) = (null, fields.Problem);
        return false;
    }

    private static bool TryTcp(Fields fields, ImmutableArray<string> positions, out ClientEndpoint? endpoint)
    {
        endpoint = null;
        if (!fields.TryAddress(positions, out string host, out int port) || !fields.TryTimeout(out var timeout)) return false;
        endpoint = new ClientEndpoint.Tcp(host, port, timeout, fields.Take("bindAddress"));
        return true;
    }

    private static bool TrySsl(Fields fields, ImmutableArray<string> positions, out ClientEndpoint? endpoint)
    {
        if (!TryTcp(fields, positions, out endpoint)) return false;
        // Twisted checks no name here unless 'hostname' is given; we never connect without checking one.
        endpoint = new ClientEndpoint.Tls(
            endpoint!, fields.Take("hostname") ?? ((ClientEndpoint.Tcp)endpoint!).Host,
            fields.Take("caCertsDir"), fields.Take("certKey"), fields.Take("privateKey"));
        return true;
    }

    private static bool TryTls(Fields fields, ImmutableArray<string> positions, int depth, out ClientEndpoint? endpoint)
    {
        if (!TryTcp(fields, positions, out endpoint)) return false;
        string name = ((ClientEndpoint.Tcp)endpoint!).Host;
        string problem = "";
        if (fields.Take("endpoint") is { } inner && !TryParse(inner, depth + 1, out endpoint, out problem)) return fields.Fail(problem);
        endpoint = new ClientEndpoint.Tls(endpoint!, name, fields.Take("trustRoots"), fields.Take("certificate"), fields.Take("privateKey"));
        return true;
    }

    private static bool TryUnix(Fields fields, ImmutableArray<string> positions, out ClientEndpoint? endpoint)
    {
        endpoint = null;
        if (positions.Length > 1) return fields.Fail("unix: takes one path");
        string? path = fields.Take("path") ?? positions.FirstOrDefault();
        if (string.IsNullOrEmpty(path)) return fields.Fail("unix: needs a path");
        if (!fields.TryTimeout(out var timeout)) return false;
        fields.Take("lockfile");   // of servers that check a lock; a client without the check connects all the same
        endpoint = new ClientEndpoint.Unix(path, timeout);
        return true;
    }

    private static (ImmutableArray<string> Positions, Dictionary<string, string> Names) Split(string text)
    {
        var positions = ImmutableArray.CreateBuilder<string>();
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        var part = new StringBuilder();
        string? name = null;
        for (int i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || text[i] == ':')
            {
                if (name is null) positions.Add(part.ToString());
                else names[name] = part.ToString();
                name = null;
                part.Clear();
            }
            else if (text[i] == '=' && name is null)
            {
                name = part.ToString();
                part.Clear();
            }
            else
            {
                if (text[i] == '\\' && i + 1 < text.Length) i++;
                part.Append(text[i]);
            }
        }
        return (positions.ToImmutable(), names);
    }

    private static bool Fail(out string problem, string text)
    {
        problem = text;
        return false;
    }

    /// <summary>The named parts not looked at yet, and the first thing that was wrong.</summary>
    private sealed class Fields(Dictionary<string, string> names, string kind)
    {
        public string Problem { get; private set; } = "";

        public string? Take(string name) => names.Remove(name, out string? value) ? value : null;

        public bool Fail(string problem)
        {
            if (Problem.Length == 0) Problem = problem;
            return false;
        }

        /// <summary>Host and port in this order, each by place or by name.</summary>
        public bool TryAddress(ImmutableArray<string> positions, out string host, out int port)
        {
            var rest = new Queue<string>(positions);
            host = Take("host") ?? (rest.TryDequeue(out string? first) ? first : "");
            string portText = Take("port") ?? (rest.TryDequeue(out string? second) ? second : "");
            port = 0;
            if (host.Length == 0) return Fail($"{kind}: needs a host");
            if (!int.TryParse(portText, NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is 0 or > 65535)
                return Fail($"{kind}: needs a port from 1 to 65535, not '{portText}'");
            return rest.Count == 0 || Fail($"{kind}: takes a host and a port, nothing like '{rest.Peek()}'");
        }

        public bool TryTimeout(out TimeSpan timeout)
        {
            timeout = ClientEndpoint.DefaultTimeout;
            if (Take("timeout") is not { } text) return true;
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) || seconds is 0 or > 86400)
                return Fail($"{kind}: timeout is a number of seconds, not '{text}'");
            timeout = TimeSpan.FromSeconds(seconds);
            return true;
        }
    }
}
