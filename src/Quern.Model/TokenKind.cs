namespace Quern.Model;

/// <summary>What a token stands for.</summary>
public enum TokenKind
{
    /// <summary>Itself: its rights are its own, and no account is behind it.</summary>
    Farm,

    /// <summary>An account that signed in.</summary>
    Session,

    /// <summary>A program that an account lets in.</summary>
    Api,
}
