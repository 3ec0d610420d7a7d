namespace Quern.Protocols.Branch;

/// <summary>Everything the HTTP API says in a fixed text. What the texts are stands in <see cref="BranchHttpTexts"/>.</summary>
public enum BranchHttpReply
{
    Ok,
    BadRequest,
    BadGet,
    Failed,
    Unreadable,
    NotAllowed,

    DataMissing,
    RecipeUnknown,

    KeyMissing,
    KeyRefused,
    KeyValid,
    KeyInvalid,
    LoggedOff,

    LoginMissing,
    LoginUnknown,
    LoginRefused,
    LoginTooMany,

    UserNameMissing,
    UserPasswordMissing,
    UserNotRoot,
    UserNameInvalid,
    UserExists,
    UserCreated,
    UserRefused,

    BuildQueued,
    BuildMissing,
    BuildUnknown,

    JobsCleared,
    LogMissing,
    LogUnknownJob,
    LogEmpty,

    SubmitAccepted,
    SubmitMissing,
    SubmitInvalid,

    JobCancelled,
    CancelMissing,
    CancelUnknown,
    JobsCancelled,

    Deleted,
    DeleteMissing,
    DeleteUnknown,
    DeleteRequired,

    ClientMissing,
    ClientUnknown,

    /// <summary>What the original has no text for: the whole of it is the argument.</summary>
    Refused,
}
