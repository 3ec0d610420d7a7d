namespace Quern.Peers.Estate;

/// <summary>What came of a change of the estate. In every case but <see cref="Done"/> and <see cref="Accepted"/> nothing was changed.</summary>
public enum EstateCode
{
    Done,

    /// <summary>Taken in; what comes of it is told later.</summary>
    Accepted,

    /// <summary>The caller has no right to it. Also where saying more would tell of what the caller may not see.</summary>
    Denied,

    NotFound,

    /// <summary>Somebody else changed it since the caller read it.</summary>
    Outdated,

    NameTaken,
    InvalidName,
    InvalidPassword,
    InvalidEmail,
    InvalidPhone,
    InvalidExpiration,
    InvalidRole,

    /// <summary>An account that the change names is not there.</summary>
    UnknownUser,

    UnknownGroup,
    InvalidConfig,

    /// <summary>No enabled superuser without an end date would be left.</summary>
    LastSuperuser,

    /// <summary>The account owns groups or listeners, and nobody was named who takes them.</summary>
    OwnsResources,

    /// <summary>The group has agents, and no group was named that takes them.</summary>
    NotEmpty,

    InUse,
    BuiltIn,
    InvalidAddress,
    InvalidPort,
    InvalidCertificate,

    /// <summary>Not possible as the listener is now.</summary>
    InvalidState,

    /// <summary>The last listener by which people come in.</summary>
    LastListener,

    /// <summary>The configuration file owns it.</summary>
    OwnedByFile,

    AddressInUse,
    BindFailed,
    InvalidMessage,
    InvalidImage,
    InvalidOptions,
    QueueFull,

    /// <summary>It was tried, and did not work; the detail says why.</summary>
    Failed,
}
