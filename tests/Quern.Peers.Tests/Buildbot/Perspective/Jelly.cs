namespace Quern.Peers.Tests.Buildbot.Perspective;

/// <summary>Jellied values for scripted peers. buildbot-pb.md section 4.</summary>
internal static class Jelly
{
    public static object None { get; } = new object[] { "None" };

    public static object Text(string text) => new object[] { "unicode", text };

    public static object List(params object[] items) => (object[])["list", .. items];

    public static object Tuple(params object[] items) => (object[])["tuple", .. items];

    public static object Remote(long id) => new object[] { "remote", id };

    public static object Dictionary(params (object Key, object Value)[] pairs) =>
        (object[])["dictionary", .. pairs.Select(p => (object)new object[] { p.Key is string key ? Text(key) : p.Key, p.Value })];

    public static object Failure(string type, string text, params string[] parents) => new object[]
    {
        "twisted.spread.pb.CopyableFailure",
        Dictionary(
            ("type", type), ("value", Text(text)), ("parents", List([type, .. parents])), ("frames", List()), ("stack", List()),
            ("tb", None), ("traceback", Text("Traceback unavailable\n")), ("unsafeTracebacks", new object[] { "boolean", "false" })),
    };

    /// <summary>The pairs of a jellied dictionary, keys as text.</summary>
    public static Dictionary<string, object> Pairs(object dictionary) =>
        ((object[])dictionary).Skip(1).Cast<object[]>().ToDictionary(pair => Banana.TextOf(pair[0]), pair => pair[1]);

    /// <summary>The id of <c>(remote id)</c>.</summary>
    public static long Id(object remote) => (long)((object[])remote)[1];
}
