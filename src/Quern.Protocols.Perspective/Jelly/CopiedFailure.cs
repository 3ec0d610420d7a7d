using System.Collections.Immutable;

namespace Quern.Protocols.Perspective;

/// <summary>An exception as it travels: Twisted's <c>CopyableFailure</c>.</summary>
/// <param name="Type">Qualified class name, for instance <c>twisted.cred.error.UnauthorizedLogin</c>.</param>
/// <param name="Message">The exception's text.</param>
public sealed record CopiedFailure(string Type, string Message)
{
    private const string Object = "builtins.object";

    /// <summary>
    /// Qualified names of the class and its bases, most specific first. Receivers decide by them what happened, so a sender
    /// without them is not understood.
    /// </summary>
    public ImmutableArray<string> Parents { get; init; } = [Type, "builtins.Exception", "builtins.BaseException", Object];

    /// <summary>The sender's traceback, or a sentence that there is none; ended by LF.</summary>
    public string Traceback { get; init; } = "Traceback unavailable\n";

    /// <summary>The same class, text, bases and traceback.</summary>
    public bool Equals(CopiedFailure? other) =>
        other is not null && Type == other.Type && Message == other.Message && Traceback == other.Traceback
        && Parents.AsSpan().SequenceEqual(other.Parents.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Type, Message);

    /// <summary>Whether the exception is of this class or derived from it.</summary>
    public bool Is(string qualifiedName) => Type == qualifiedName || Parents.Contains(qualifiedName);

    /// <summary>A failure whose class has bases of its own.</summary>
    public static CopiedFailure Of(string type, string message, params ReadOnlySpan<string> bases) =>
        new(type, message) { Parents = [type, .. bases, "builtins.Exception", "builtins.BaseException", Object] };

    /// <summary>Unknown user or wrong password; the text is empty for both.</summary>
    public static CopiedFailure UnauthorizedLogin() =>
        Of("twisted.cred.error.UnauthorizedLogin", "", "twisted.cred.error.LoginFailed", "twisted.cred.error.Unauthorized");

    /// <summary>A kind of login that nobody checks here.</summary>
    public static CopiedFailure UnhandledCredentials(string message) => Of(
        "twisted.cred.error.UnhandledCredentials", message, "twisted.cred.error.LoginFailed", "twisted.cred.error.Unauthorized");

    /// <summary>A method that a referenceable does not have.</summary>
    public static CopiedFailure NoSuchMethod(string method) =>
        Of("twisted.spread.flavors.NoSuchMethod", $"No such method: remote_{method}", "builtins.AttributeError");

    /// <summary>A call to an object that was not given to the caller, or is gone.</summary>
    public static CopiedFailure InvalidObjectId() => Of("twisted.spread.pb.Error", "Invalid Object ID");

    /// <summary>Arguments that hold something the receiver does not allow.</summary>
    public static CopiedFailure InsecureJelly(string message) => Of("twisted.spread.jelly.InsecureJelly", message);
}
