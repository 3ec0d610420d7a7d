namespace Quern.Storage;

/// <summary>A listener that is to be open while it is enabled.</summary>
/// <param name="Protocol">For instance <c>http</c> or <c>buildbot-msgpack</c>.</param>
/// <param name="Address">An IP address.</param>
/// <param name="Port">0 picks a free one each time it is opened.</param>
/// <param name="Origin"><c>file</c> for what the configuration owns, else <c>api</c>.</param>
/// <param name="Revisions">Of the protocol, separated by commas; empty for its default.</param>
public sealed record StoredListener(string Protocol, string Address, int Port, bool Enabled, string Origin, string Revisions = "")
{
    /// <summary>Given by the store, and never again to another one.</summary>
    public int Id { get; init; }

    /// <summary>Unique whatever its case. Empty for a new one: the store makes one of protocol and port.</summary>
    public string Name { get; init; } = "";

    /// <summary>The name of an account; empty for none.</summary>
    public string Owner { get; init; } = "";

    public StoredTls Tls { get; init; } = StoredTls.None;

    /// <summary>Connections at once; 0 for the default of the protocol.</summary>
    public int MaxConnections { get; init; }

    /// <summary>New connections; 0 for the default of the protocol.</summary>
    public int MaxPerSecond { get; init; }

    /// <summary>Until TLS is done, in whole milliseconds; zero for the default of the protocol.</summary>
    public TimeSpan Handshake { get; init; }

    public bool AgentAcceptor { get; init; } = true;

    public bool ClientAcceptor { get; init; } = true;

    /// <summary>Counts the changes.</summary>
    public long Revision { get; init; }

    /// <summary>Whether both are the same door, whatever is to be done with it.</summary>
    public bool IsAt(StoredListener other) =>
        other is not null && Protocol == other.Protocol && Address == other.Address && Port == other.Port;
}
