namespace Quern.Storage;

/// <summary>A listener that is to be open while it is enabled.</summary>
/// <param name="Protocol">For instance <c>http</c> or <c>buildbot-msgpack</c>.</param>
/// <param name="Address">An IP address or a host name.</param>
/// <param name="Port">0 picks a free one.</param>
/// <param name="Origin"><c>file</c> for what the configuration owns, else <c>api</c>.</param>
/// <param name="Revisions">Of the protocol, separated by commas; empty for its default.</param>
public sealed record StoredListener(string Protocol, string Address, int Port, bool Enabled, string Origin, string Revisions = "")
{
    /// <summary>Whether both are the same door, whatever is to be done with it.</summary>
    public bool IsAt(StoredListener other) =>
        other is not null && Protocol == other.Protocol && Address == other.Address && Port == other.Port;
}
