namespace Quern.Storage;

/// <summary>How a listener is secured.</summary>
/// <param name="Kind"><c>none</c>, <c>farm</c> (the farm's own certificate), <c>given</c> or <c>files</c>.</param>
/// <param name="Certificate">PEM for <c>given</c>, a path for <c>files</c>, else empty.</param>
/// <param name="PrivateKey">Encrypted for <c>given</c>, a path for <c>files</c>, else empty.</param>
/// <param name="Older">Whether TLS 1.2 is good enough.</param>
public sealed record StoredTls(string Kind, string Certificate = "", string PrivateKey = "", bool Older = false)
{
    public static StoredTls None { get; } = new("none");

    public override string ToString() => Kind;
}
