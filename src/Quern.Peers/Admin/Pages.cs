namespace Quern.Peers.Admin;

/// <summary>How long a part of a list is.</summary>
internal static class Pages
{
    private const int Default = 100, Most = 1000;

    public static int Size(uint asked) => asked == 0 ? Default : (int)Math.Min(asked, Most);
}
