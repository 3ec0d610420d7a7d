namespace Quern.Protocols.Perspective;

internal static class LoginWords
{
    public const string Login = "login";
    public const string LoginAnonymous = "loginAnonymous";
    public const string Respond = "respond";
}
