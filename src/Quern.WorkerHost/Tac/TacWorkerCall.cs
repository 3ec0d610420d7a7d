using System.Collections.Immutable;
using System.Globalization;

namespace Quern.WorkerHost;

/// <summary>The arguments of the constructor of a <c>Worker</c> or <c>BuildSlave</c>, by place or by name.</summary>
internal sealed class TacWorkerCall
{
    /// <summary>In the order of buildbot-worker 3.7; <c>path</c> came with 4.2.</summary>
    public static readonly ImmutableArray<string> WorkerNames =
    [
        "buildmaster_host", "port", "name", "passwd", "basedir", "keepalive", "usePTY", "keepaliveTimeout", "umask", "maxdelay", "numcpus",
        "unicode_encoding", "protocol", "useTls", "allow_shutdown", "maxRetries", "connection_string", "delete_leftover_dirs",
        "proxy_connection_string", "path",
    ];

    /// <summary>In the order of buildslave 0.8.</summary>
    public static readonly ImmutableArray<string> BuildSlaveNames =
    [
        "buildmaster_host", "port", "name", "passwd", "basedir", "keepalive", "usePTY", "keepaliveTimeout", "umask", "maxdelay", "numcpus",
        "unicode_encoding", "allow_shutdown",
    ];

    private readonly Dictionary<string, TacValue> _given = new(StringComparer.Ordinal);

    public TacWorkerCall(List<TacValue> positional, Dictionary<string, TacValue> named, ImmutableArray<string> names)
    {
        if (positional.Count > names.Length) throw new TacSyntaxException($"the worker is given {positional.Count} values, {names.Length} at most are known");
        for (int i = 0; i < positional.Count; i++) _given[names[i]] = positional[i];
        foreach (var (name, value) in named)
        {
            if (!names.Contains(name)) throw new TacSyntaxException($"the worker is given '{name}', which is not known");
            if (!_given.TryAdd(name, value)) throw new TacSyntaxException($"the worker is given '{name}' twice");
        }
    }

    public TacFile ToFile() => new()
    {
        Host = Text("buildmaster_host"),
        Port = Number("port", 0, 65535),
        Name = Text("name") ?? throw new TacSyntaxException("the worker has no name"),
        Password = Text("passwd") ?? throw new TacSyntaxException("the worker has no password"),
        BaseDirectory = Text("basedir") ?? throw new TacSyntaxException("the worker has no basedir"),
        Keepalive = Number("keepalive", 0, int.MaxValue),
        Umask = Number("umask", 0, 0x1FF),
        MaxDelay = Number("maxdelay", 0, int.MaxValue),
        Cpus = Number("numcpus", 1, 65536),
        AllowShutdown = OneOf("allow_shutdown", "signal", "file"),
        MaxRetries = Number("maxRetries", 0, int.MaxValue),
        UseTls = Number("useTls", 0, 1) == 1,
        DeleteLeftoverDirs = Number("delete_leftover_dirs", 0, 1) == 1,
        ConnectionString = Text("connection_string"),
        ProxyConnectionString = Text("proxy_connection_string"),
        Protocol = OneOf("protocol", "pb", "msgpack_experimental_v7") ?? "pb",
        Path = Text("path"),
        UnicodeEncoding = Text("unicode_encoding"),
    };

    private string? Text(string name) => _given.GetValueOrDefault(name) switch
    {
        null or TacValue.None => null,
        TacValue.Text text => text.Value,
        TacValue.Symbol symbol => throw new TacSyntaxException($"{name} is '{symbol.Path}', which nothing has assigned"),
        var other => throw new TacSyntaxException($"{name} must be a text, not {other.Kind}"),
    };

    private int? Number(string name, int least, int most) => _given.GetValueOrDefault(name) switch
    {
        null or TacValue.None => null,
        TacValue.Integer number when number.Value >= least && number.Value <= most => (int)number.Value,
        TacValue.Symbol symbol => throw new TacSyntaxException($"{name} is '{symbol.Path}', which nothing has assigned"),
        var other => throw new TacSyntaxException(
            string.Create(CultureInfo.InvariantCulture, $"{name} must be a number from {least} to {most} or None, not {other.Kind}")),
    };

    private string? OneOf(string name, string first, string second)
    {
        string? value = Text(name);
        return value is null || value == first || value == second
            ? value
            : throw new TacSyntaxException($"{name} must be '{first}' or '{second}', not '{value}'");
    }
}
