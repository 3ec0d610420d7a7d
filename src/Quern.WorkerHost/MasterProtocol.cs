namespace Quern.WorkerHost;

/// <summary>What is spoken with the master.</summary>
internal enum MasterProtocol
{
    /// <summary>Buildbot's <c>msgpack_experimental_v7</c>, on a WebSocket.</summary>
    MessagePack,

    /// <summary>Its predecessor <c>msgpack_experimental_v1</c>, of Buildbot 3.5 alone.</summary>
    MessagePackV1,

    /// <summary>Twisted's Perspective Broker, Buildbot's <c>pb</c>.</summary>
    Perspective,

    /// <summary>Branch's, as a build bot.</summary>
    Branch,
}
