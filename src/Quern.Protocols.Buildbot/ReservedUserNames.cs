namespace Quern.Protocols.Buildbot;

/// <summary>User names that mean something else than a worker on a Buildbot master's port. buildbot-pb.md section 7.</summary>
public static class ReservedUserNames
{
    /// <summary>Whether no worker may have <paramref name="name"/>.</summary>
    public static bool Contains(string name) => name is "change" or "debug" or "statusClient";
}
