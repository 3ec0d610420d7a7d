namespace Quern.Protocols.Perspective;

/// <summary>An object of the peer that may be called on its connection, until it is released or the connection ends.</summary>
public sealed record RemoteReference
{
    internal RemoteReference(PerspectiveConnection connection, ObjectId id)
    {
        Connection = connection;
        Id = id;
    }

    /// <summary>Where it may be called.</summary>
    public PerspectiveConnection Connection { get; }

    /// <summary>What the peer calls it.</summary>
    public ObjectId Id { get; }

    /// <summary>For logs.</summary>
    public override string ToString() => $"remote {Id}";
}
