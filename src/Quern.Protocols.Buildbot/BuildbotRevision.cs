namespace Quern.Protocols.Buildbot;

/// <summary>The revisions of the MessagePack protocol that were in releases of Buildbot. buildbot-msgpack.md section 10.</summary>
public enum BuildbotRevision
{
    /// <summary><c>msgpack_experimental_v7</c>, 3.6 and later.</summary>
    V7,

    /// <summary><c>msgpack_experimental_v1</c>, 3.5 alone: login by message, builders, paths below them. Section 13.</summary>
    V1,
}
