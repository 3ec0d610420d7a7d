using System.Collections.Immutable;
using Xunit;

namespace Quern.Protocols.Buildbot.Tests;

public sealed class AttachSequenceTests
{
    private static readonly WireValue.Map Info = new([
        new("basedir", "/srv/worker"), new("version", "3.7.0-2"), new("system", "posix"), new("numcpus", 2L),
        new("delete_leftover_dirs", 1L), new("worker_commands", new WireValue.Map([new("shell", "3.1")])),
        new("environ", new WireValue.Map([new("HOME", "/root")])), new("os_name", "Debian GNU/Linux"),
    ]);

    [Fact]
    public void A_worker_with_missing_places_is_asked_what_real_masters_ask_in_their_order()
    {
        var sequence = new AttachSequence(["slot2", "slot1", "there"], _ => WorkerSettings.Buildbot);
        var requests = new List<AttachRequest?>();
        AttachState state = AttachSequence.Initial;

        void Feed(AttachInput input)
        {
            AttachStep step = sequence.Next(state, input);
            state = step.State;
            if (step.Request is not null) requests.Add(step.Request);
        }

        Feed(new AttachInput.Started());
        Feed(new AttachInput.Answered(WireValue.Nil.Value, false));
        Feed(new AttachInput.Answered(Info, false));
        Feed(new AttachInput.Answered(WireValue.Nil.Value, false));
        Feed(new AttachInput.Said([new UpdateEntry.Files(["there", "old", "info"]), new UpdateEntry.ReturnCode(0)]));
        Feed(new AttachInput.Completed(null));
        Feed(new AttachInput.Answered(WireValue.Nil.Value, false));
        Feed(new AttachInput.Answered(WireValue.Nil.Value, false));
        Feed(new AttachInput.Said([new UpdateEntry.ReturnCode(0)]));
        Feed(new AttachInput.Completed(""));

        Assert.Equal(
            [
                new AttachRequest.Print("attached"),
                new AttachRequest.GetWorkerInfo(),
                new AttachRequest.SetWorkerSettings(WorkerSettings.Buildbot),
                new AttachRequest.StartCommand("listdir", new WireValue.Map([new("path", "/srv/worker")])),
                new AttachRequest.StartCommand("mkdir", new WireValue.Map(
                    [new("paths", new WireValue.List(["/srv/worker/slot1", "/srv/worker/slot2"]))])),
            ],
            requests);
        WorkerInfo info = Assert.IsType<AttachState.Attached>(state).Info;
        Assert.Equal(2, info.CpuCount);
        Assert.Equal("Debian GNU/Linux", info.OperatingSystem["name"]);
        Assert.False(info.IsQuern);
    }

    [Theory]
    [InlineData(2, null, "the worker could not list its base directory (rc 2)")]
    [InlineData(null, null, "the worker did not say whether it could list its base directory")]
    [InlineData(0, "broken", "a command of the attach sequence failed: broken")]
    public void A_failing_command_ends_the_sequence_with_its_reason(int? code, string? failure, string reason)
    {
        var sequence = new AttachSequence(["slot"], _ => WorkerSettings.Buildbot);
        AttachState state = new AttachState.Commanding(new WorkerInfo { BaseDirectory = "/b" }, Making: false);
        if (code is { } value) state = sequence.Next(state, new AttachInput.Said([new UpdateEntry.ReturnCode(value)])).State;

        state = sequence.Next(state, new AttachInput.Answered(WireValue.Nil.Value, false)).State;
        state = sequence.Next(state, new AttachInput.Completed(failure)).State;

        Assert.Equal(reason, Assert.IsType<AttachState.Failed>(state).Reason);
    }

    [Fact]
    public void A_refused_request_and_a_message_out_of_turn_fail_the_sequence()
    {
        var sequence = new AttachSequence([], _ => WorkerSettings.Buildbot);

        Assert.IsType<AttachState.Failed>(sequence.Next(new AttachState.Asking(), new AttachInput.Answered("no", true)).State);
        Assert.IsType<AttachState.Failed>(sequence.Next(new AttachState.Asking(), new AttachInput.Completed(null)).State);
        Assert.IsType<AttachState.Failed>(sequence.Next(new AttachState.Asking(), new AttachInput.Answered(5L, false)).State);
    }

    [Fact]
    [Trait("CWE", "789")]
    public void A_hostile_description_is_cut_to_sane_sizes()
    {
        string huge = new('x', 1_000_000);
        var entries = ImmutableArray.CreateBuilder<KeyValuePair<string, WireValue>>();
        for (int i = 0; i < 5000; i++) entries.Add(new($"V{i}", "x"));
        var map = new WireValue.Map([
            new("basedir", "/b"), new("admin", huge), new("host", 5L), new("numcpus", long.MaxValue),
            new("environ", new WireValue.Map(entries.ToImmutable())), new("version", "quern 1.0"),
        ]);

        WorkerInfo info = WorkerInfoReader.TryRead(map, out string problem)!;

        Assert.Empty(problem);
        Assert.Equal(4096, info.Admin.Length);
        Assert.Empty(info.Host);
        Assert.Equal(0, info.CpuCount);
        Assert.Equal(1024, info.Environment.Count);
        Assert.True(info.IsQuern);
    }

    [Theory]
    [InlineData("posix", "/b", "a/c", "/b/a/c")]
    [InlineData("posix", "/b/", "a", "/b/a")]
    [InlineData("posix", "/b", "/a", "/a")]
    [InlineData("posix", "/b", "", "/b")]
    [InlineData("nt", @"C:\b", "a", @"C:\b\a")]
    [InlineData("nt", @"C:\b", @"D:\a", @"D:\a")]
    public void Paths_are_joined_in_the_notation_of_the_worker(string system, string folder, string path, string joined) =>
        Assert.Equal(joined, WorkerPath.Join(new WorkerInfo { System = system }, folder, path));

    [Fact]
    public void Requests_are_numbered_from_zero_and_answered_once()
    {
        var pending = new PendingRequests<string>();

        Assert.Equal(0, pending.Add("a"));
        Assert.Equal(1, pending.Add("b"));
        Assert.Equal(2, pending.Add("c"));
        Assert.True(pending.TryTake(1, out string? taken));
        Assert.Equal("b", taken);
        Assert.False(pending.TryTake(1, out _));
        Assert.False(pending.TryTake(99, out _));
        Assert.Equal(["a", "c"], pending.TakeAll());
        Assert.Equal(0, pending.Count);
    }
}
