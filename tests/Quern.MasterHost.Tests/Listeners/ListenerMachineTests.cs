using Quern.MasterHost.Listeners;
using Quern.Peers.Estate;
using static Quern.MasterHost.Listeners.ListenerEffect;
using static Quern.MasterHost.Listeners.ListenerInput;
using static Quern.Peers.Estate.ListenerState;

namespace Quern.MasterHost.Tests.Listeners;

/// <summary>"Listener lifecycle", line by line.</summary>
public sealed class ListenerMachineTests
{
    [Theory]
    [InlineData(Inactive, Start, Inactive, Open)]
    [InlineData(Failed, Start, Failed, Open)]
    [InlineData(Inactive, Opened, ListenerState.Listening, None)]
    [InlineData(Failed, Opened, ListenerState.Listening, None)]
    [InlineData(Inactive, NotOpened, Failed, None)]
    [InlineData(Failed, NotOpened, Failed, None)]
    [InlineData(ListenerState.Listening, Stop, Inactive, CloseOld)]
    [InlineData(Failed, Stop, Inactive, None)]
    [InlineData(ListenerState.Listening, Rebind, ListenerState.Listening, Open)]
    [InlineData(ListenerState.Listening, Opened, ListenerState.Listening, CloseOld)]
    [InlineData(ListenerState.Listening, NotOpened, ListenerState.Listening, None)]
    [InlineData(Inactive, Rebind, Inactive, None)]
    [InlineData(Failed, Rebind, Failed, None)]
    internal void Step(ListenerState from, ListenerInput input, ListenerState to, ListenerEffect effect) =>
        Assert.Equal(new ListenerStep(to, effect), ListenerMachine.Next(from, input));

    [Theory]
    [InlineData(ListenerState.Listening, Start)]
    [InlineData(Inactive, Stop)]
    internal void What_is_so_already_is_refused_with_a_reason(ListenerState state, ListenerInput input)
    {
        var step = ListenerMachine.Next(state, input);

        Assert.Equal((state, None, true), (step.State, step.Effect, step.Refusal.Length > 0));
    }

    [Fact]
    public void Every_state_answers_every_input()
    {
        foreach (var state in Enum.GetValues<ListenerState>())
            foreach (var input in Enum.GetValues<ListenerInput>())
                Assert.True(Enum.IsDefined(ListenerMachine.Next(state, input).State));
    }
}
