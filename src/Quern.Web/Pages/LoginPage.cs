namespace Quern.Web.Pages;

/// <summary>What stands in the place of every page for somebody who is not signed in.</summary>
public static class LoginPage
{
    /// <param name="problem">Why the last try did not work; empty at first.</param>
    /// <param name="askCode">Whether the account has one-time codes.</param>
    /// <param name="askNewPassword">Whether the password must be changed now.</param>
    /// <param name="banner">What everybody is shown before signing in; null for nothing.</param>
    public static string Render(string problem, bool askCode = false, bool askNewPassword = false, LoginBanner? banner = null) => Html.Of($"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Sign in - Quern</title>
        <link rel="stylesheet" href="/assets/style.css">
        <link rel="icon" href="/assets/quern.svg" type="image/svg+xml">
        </head>
        <body class="login">
        <main>
        <h1><img src="/assets/quern.svg" alt="" width="40" height="40"> Quern</h1>
        {(banner is null ? Html.Empty : BannerOf(banner))}
        <p class="problem" role="alert">{problem}</p>
        <form method="post" action="/login">
        <label>User <input name="user" value="admin" autocomplete="username" required></label>
        <label>Password <input name="password" type="password" autocomplete="current-password" required autofocus></label>
        {(askCode ? CodeField : Html.Empty)}
        {(askNewPassword ? NewPasswordField : Html.Empty)}
        <button>Sign in</button>
        </form>
        </main>
        </body>
        </html>
        """).ToString();

    private static Html CodeField { get; } = Html.Of($"""
        <label>Code <input name="code" autocomplete="one-time-code" required></label>
        """);

    private static Html NewPasswordField { get; } = Html.Of($"""
        <label>New password <input name="new_password" type="password" autocomplete="new-password" minlength="12" required></label>
        """);

    private static Html BannerOf(LoginBanner banner) => Html.Of($"""
        {(banner.Image.Length == 0 ? Html.Empty : Html.Of($"<img class=\"banner\" src=\"{banner.Image}\" alt=\"\">"))}
        {(banner.Message.Length == 0 ? Html.Empty : Html.Of($"<p class=\"banner\">{banner.Message}</p>"))}
        {(banner.Maintenance ? Html.Of($"<p class=\"banner\">The farm is in maintenance: only those who look after it can sign in.</p>") : Html.Empty)}
        """);
}
