using System.Text.Json;
using Quern.Execution;
using Quern.Protocols.Perspective;

namespace Quern.WorkerHost.Tests.Perspective;

/// <summary>
/// The calls of real masters, from captures, made again to our worker. What it says must have the keys, the order and the exit codes of what
/// the real worker said.
/// </summary>
public sealed class PerspectiveReplayTests : PerspectiveFixture
{
    private const long BotId = 1, FirstBuilderId = 2;

    private readonly Dictionary<long, RecordingObject> _objects = [];
    private readonly Dictionary<long, RemoteReference> _workerObjects = [];

    [Theory]
    [InlineData("pb/shell-ok")]
    [InlineData("pb/shell-rc3")]
    [InlineData("pb/shell-not-found")]
    [InlineData("pb/fs")]
    [InlineData("pb/unicode")]
    [InlineData("pb/obfuscated")]
    [InlineData("pb/lines20k")]
    [InlineData("pb/upload-file")]
    [InlineData("pb/upload-file-small")]
    [InlineData("pb/upload-dir")]
    [InlineData("pb/download-file")]
    [InlineData("pb/error-unknown-command")]
    [InlineData("pb/error-missing-args")]
    [InlineData("pb/error-bad-env")]
    [InlineData("pb/error-bad-pty")]
    [InlineData("pb/connect")]
    [InlineData("pb/shell-extras")]
    [InlineData("pb/longlines")]
    [InlineData("pb/idle-update")]
    [InlineData("pb-4.3.0/connect")]
    [InlineData("pb-4.3.0/fs")]
    [InlineData("pb-4.3.0/error-unknown-command")]
    [InlineData("pb-4.3.0/error-bad-env")]
    [InlineData("pb-4.3.0/shell-ok")]
    [InlineData("pb-4.3.0/upload-file-small")]
    [InlineData("pb-4.3.0/download-file")]
    [InlineData("pb-0.8.14/connect")]
    [InlineData("pb-0.8.14/shell-ok")]
    [InlineData("pb-0.8.14/shell-rc3")]
    [InlineData("pb-0.8.14/upload-file-small")]
    [InlineData("pb-0.8.14/upload-dir")]
    [InlineData("pb-0.8.14/download-file")]
    [InlineData("pb-master-0.8.14/connect")]
    [InlineData("pb-master-0.8.14/fs")]
    public async Task Our_worker_says_what_the_real_worker_said(string capture)
    {
        var conversation = new CapturedConversation(capture);

        int commands = await ReplayAsync(conversation, refusalsToo: true);

        Assert.Equal(capture.EndsWith("/connect", StringComparison.Ordinal), commands == 0);
    }

    /// <summary>The real worker fails at these; ours takes the older names of arguments.</summary>
    [Theory]
    [InlineData("pb-master-0.8.14/shell-ok")]
    [InlineData("pb-master-0.8.14/download-file")]
    public async Task What_aMaster_of_0_8_asks_for_and_no_newer_worker_does_is_done(string capture)
    {
        await ReplayAsync(new CapturedConversation(capture), refusalsToo: false);

        Assert.All(_objects.Values.Where(o => o.Sequence.EndsWith("complete", StringComparison.Ordinal)), o => Assert.Equal(0, o.ReturnCode));
        Assert.Contains(_objects.Values, o => o.ReturnCode == 0);
    }

    /// <summary>How many commands were asked for.</summary>
    private async Task<int> ReplayAsync(CapturedConversation conversation, bool refusalsToo)
    {
        var worker = new Worker(Master.OptionsFor(Base), Folder, FakeMaster.Password, TimeProvider.System, _ => { });
        Run(worker);
        var login = await Master.NextLoginAsync();
        _workerObjects[BotId] = login.Mind;
        int commands = 0;
        foreach (var call in conversation.MasterCalls)
        {
            string method = call.GetProperty("method").GetString()!;
            var arguments = (JellyValue.Tuple)CapturedConversation.Value(call.GetProperty("args"), id => Reference(login, conversation, id));
            var keywords = (JellyValue.Dictionary)CapturedConversation.Value(call.GetProperty("kw"), id => Reference(login, conversation, id));
            var result = await login.Connection.CallAsync(
                _workerObjects[call.GetProperty("obj").GetInt64()], method, arguments.Items,
                [.. keywords.Entries.Select(e => KeyValuePair.Create(e.Key.TryGetText(out string? name) ? name : "", e.Value))]).WaitAsync(FakeMaster.Patience);
            // Real workers since 0.9 do not know getSlaveInfo; ours does.
            if (refusalsToo && method != "getSlaveInfo") Assert.Equal(conversation.WasRefused(call), result is CallResult.Failed);
            if (method == "setBuilderList") TakeBuilders(login, result);
            if (method != "startCommand") continue;
            commands++;
            if (result is CallResult.Answered) await EndAsync(conversation, call, compare: refusalsToo);
        }
        return commands;
    }

    private void TakeBuilders(LoginAttempt login, CallResult result)
    {
        long id = FirstBuilderId;
        foreach (var (_, builder) in ((JellyValue.Dictionary)((CallResult.Answered)result).Value).Entries)
            _workerObjects[id++] = login.Connection.Take((JellyValue.Remote)builder)!;
    }

    private async Task EndAsync(CapturedConversation conversation, JsonElement call, bool compare)
    {
        var sent = call.GetProperty("args").GetProperty("tuple");
        long step = sent[0].GetProperty("remote").GetInt64();
        await _objects[step].Completed;
        if (!compare) return;
        Assert.Equal(WithoutRace(conversation.SequenceOf(step)), WithoutRace(_objects[step].Sequence));
        Assert.Equal(conversation.ReturnCodeOf(step), _objects[step].ReturnCode);
        // A writer or reader came with it.
        foreach (long id in _objects.Keys.Where(k => k > step))
        {
            Assert.Equal(conversation.SequenceOf(id), _objects[id].Sequence);
            // Two tars of one folder need not be of one length.
            if (!_objects[id].Sequence.Contains("unpack", StringComparison.Ordinal)) Assert.Equal(conversation.WritesOf(id), _objects[id].Written);
        }
    }

    /// <summary>Which of two streams is read first is chance, in both workers.</summary>
    private static string WithoutRace(string sequence)
    {
        var keys = new List<string>();
        foreach (string key in sequence.Split(' ').Select(k => k is "stdout" or "stderr" ? "output" : k))
            if (keys.Count == 0 || keys[^1] != key) keys.Add(key);
        return string.Join(' ', keys);
    }

    private JellyValue.Remote Reference(LoginAttempt login, CapturedConversation conversation, long id)
    {
        if (!_objects.TryGetValue(id, out var target))
        {
            _objects.Add(id, target = new RecordingObject());
            foreach (int length in conversation.ReadsOf(id)) target.Blocks.Enqueue(new byte[length]);
        }
        return new JellyValue.Remote(login.Connection.Export(target));
    }
}
