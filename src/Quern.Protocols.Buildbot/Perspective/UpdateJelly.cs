using System.Diagnostics;
using Quern.Protocols.Perspective;

namespace Quern.Protocols.Buildbot.Perspective;

/// <summary>
/// An update as workers since 3.6 send it over Perspective Broker: a list of one <c>[{key: value}, 0]</c>. The zero is left over from an
/// update number that masters still look for. buildbot-pb.md section 8.5.
/// </summary>
public static class UpdateJelly
{
    private static readonly JellyValue Zero = new JellyValue.Integer(0);

    /// <summary>The only argument of <c>update</c>. Text is not copied: it stays the entry's.</summary>
    public static JellyValue Of(UpdateEntry entry)
    {
        var (key, value) = entry switch
        {
            UpdateEntry.Text { Stream: BuildbotNames.Log } log =>
                (BuildbotNames.Log, new JellyValue.Tuple([JellyValue.Text.Of(log.Log), new JellyValue.Text(log.Utf8)])),
            UpdateEntry.Text text => (text.Stream, new JellyValue.Text(text.Utf8)),
            UpdateEntry.ReturnCode code => ("rc", (JellyValue)new JellyValue.Integer(code.Value)),
            UpdateEntry.Elapsed elapsed => ("elapsed", new JellyValue.Float(elapsed.Seconds)),
            UpdateEntry.Files files => ("files", new JellyValue.List([.. files.Names.Select(JellyValue.FromString)])),
            UpdateEntry.Stat stat => ("stat", new JellyValue.Tuple([.. stat.Fields.Select(JellyValue.FromInt64)])),
            UpdateEntry.FailureReason reason => ("failure_reason", JellyValue.Text.Of(reason.Reason)),
            UpdateEntry.Unknown unknown => (unknown.Name, JellyWire.Write(unknown.Value)),
            _ => throw new UnreachableException(),
        };
        return new JellyValue.List([new JellyValue.List([new JellyValue.Dictionary([new(JellyValue.Text.Of(key), value)]), Zero])]);
    }
}
