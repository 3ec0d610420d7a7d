namespace Quern.Web;

/// <summary>Headers of every page.</summary>
public static class PageHeaders
{
    /// <summary>Only the program's own files, no inline script or style, no frames: what slips past escaping does not run.</summary>
    public const string ContentSecurityPolicy =
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
}
