using Quern.Model;

namespace Quern.WorkerHost;

/// <summary>From the words of a <c>buildbot.tac</c> to those of this worker.</summary>
internal static class TacOptions
{
    /// <summary>Null with a sentence for people when the worker cannot be run so.</summary>
    public static WorkerOptions? TryMake(TacFile file, string folder, out string problem)
    {
        if (!WorkerName.TryParse(file.Name, out var name)) return Fail(out problem, $"the worker's name '{file.Name}' is not {WorkerName.Rule}");
        if (file.UnicodeEncoding is { } encoding && !encoding.Replace("-", "", StringComparison.Ordinal).Equals("utf8", StringComparison.OrdinalIgnoreCase))
            return Fail(out problem, $"unicode_encoding is '{encoding}'; this worker knows utf-8 only");
        if (TryMaster(file, out problem) is not { } master) return null;
        problem = "";
        return new WorkerOptions
        {
            Master = master,
            Name = name,
            BaseDirectory = Path.GetFullPath(file.BaseDirectory, folder),
            MaxRetries = file.MaxRetries is > 0 ? file.MaxRetries : null,
            KeepAlive = file.Keepalive is > 0 and { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            Cpus = file.Cpus,
            DeleteLeftoverDirs = file.DeleteLeftoverDirs,
            AllowShutdown = file.AllowShutdown switch
            {
                "signal" => ShutdownTrigger.Signal,
                "file" => ShutdownTrigger.File,
                _ => ShutdownTrigger.None,
            },
        };
    }

    private static MasterAddress? TryMaster(TacFile file, out string problem)
    {
        var protocol = file.Protocol == "pb" ? MasterProtocol.Perspective : MasterProtocol.MessagePack;
        if (file.ConnectionString is not null)
            return file.Host is null && file.Port is null && file.ProxyConnectionString is null
                ? TryConnectionString(file, protocol, out problem)
                : FailAddress(out problem, "connection_string stands beside a host, a port or a proxy; set those to None");
        if (string.IsNullOrEmpty(file.Host) || file.Port is not > 0) return FailAddress(out problem, "neither buildmaster_host and port nor connection_string are given");
        ClientEndpoint endpoint = new ClientEndpoint.Tcp(file.Host, file.Port.Value);
        if (file.UseTls) endpoint = new ClientEndpoint.Tls(endpoint, file.Host);
        var master = new MasterAddress(protocol, endpoint, ClientEndpoint.Authority(file.Host, file.Port.Value), file.Path ?? "/");
        problem = "";
        if (file.ProxyConnectionString is null) return master;
        return EndpointDescription.TryParse(file.ProxyConnectionString, out var proxy, out problem)
            ? master.Through(proxy)
            : FailAddress(out problem, $"proxy_connection_string: {problem}");
    }

    private static MasterAddress? TryConnectionString(TacFile file, MasterProtocol protocol, out string problem)
    {
        if (!EndpointDescription.TryParse(file.ConnectionString!, out var endpoint, out problem)) return FailAddress(out problem, $"connection_string: {problem}");
        var authority = endpoint switch
        {
            ClientEndpoint.Tcp tcp => tcp,
            ClientEndpoint.Tls { Inner: ClientEndpoint.Tcp tcp } => tcp,
            _ => null,
        };
        return new MasterAddress(
            protocol, endpoint, authority is null ? "localhost" : ClientEndpoint.Authority(authority.Host, authority.Port), file.Path ?? "/");
    }

    private static MasterAddress? FailAddress(out string problem, string text)
    {
        problem = text;
        return null;
    }

    private static WorkerOptions? Fail(out string problem, string text)
    {
        problem = text;
        return null;
    }
}
