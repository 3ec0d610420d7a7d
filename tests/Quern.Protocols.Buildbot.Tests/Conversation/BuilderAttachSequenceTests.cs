using Xunit;

namespace Quern.Protocols.Buildbot.Tests;

public sealed class BuilderAttachSequenceTests
{
    private static readonly WireValue.Map Info = new([new("basedir", "/srv/worker"), new("version", "3.5.0"), new("system", "posix")]);

    [Fact]
    public void A_worker_of_v1_is_greeted_asked_and_told_its_builders()
    {
        var sequence = new BuilderAttachSequence(["slot-1", "slot-2"]);
        AttachState state = AttachSequence.Initial;
        var requests = new List<AttachRequest?>();

        foreach (AttachInput input in (AttachInput[])[
            new AttachInput.Started(),
            new AttachInput.Answered(WireValue.Nil.Value, false),
            new AttachInput.Answered(Info, false),
            new AttachInput.Answered(new WireValue.List(["slot-2", "slot-1"]), false)])
        {
            AttachStep step = sequence.Next(state, input);
            state = step.State;
            requests.Add(step.Request);
        }

        Assert.Equal(new AttachRequest.Print("attached"), requests[0]);
        Assert.Equal(new AttachRequest.GetWorkerInfo(), requests[1]);
        Assert.Equal(
            [new BuilderPlace("slot-1", "slot-1"), new BuilderPlace("slot-2", "slot-2")],
            Assert.IsType<AttachRequest.SetBuilderList>(requests[2]).Builders);
        Assert.Null(requests[3]);
        Assert.Equal("/srv/worker", Assert.IsType<AttachState.Attached>(state).Info.BaseDirectory);
    }

    [Fact]
    public void A_worker_that_leaves_a_builder_out_is_not_attached()
    {
        var sequence = new BuilderAttachSequence(["slot-1", "slot-2"]);

        AttachStep step = sequence.Next(
            new AttachState.Placing(new WorkerInfo()), new AttachInput.Answered(new WireValue.List(["slot-1"]), false));

        Assert.Equal("the worker did not take the builder slot-2", Assert.IsType<AttachState.Failed>(step.State).Reason);
    }

    [Fact]
    public void A_refusal_a_strange_answer_and_a_message_out_of_turn_fail_the_sequence()
    {
        var sequence = new BuilderAttachSequence(["slot-1"]);

        AttachStep[] steps =
        [
            sequence.Next(new AttachState.Asking(), new AttachInput.Answered("no", true)),
            sequence.Next(new AttachState.Asking(), new AttachInput.Answered(5L, false)),
            sequence.Next(new AttachState.Placing(new WorkerInfo()), new AttachInput.Answered(WireValue.Nil.Value, false)),
            sequence.Next(new AttachState.Placing(new WorkerInfo()), new AttachInput.Completed(null)),
        ];

        Assert.All(steps, step => Assert.IsType<AttachState.Failed>(step.State));
    }
}
