namespace Quern.Peers.Estate;

/// <summary>Whether a session must have been proved lately for an act.</summary>
public enum ActWeight
{
    /// <summary>Never.</summary>
    Light,

    /// <summary>Always.</summary>
    Grave,

    /// <summary>As <see cref="Gravity"/> says of what is asked for.</summary>
    Judged,
}
