namespace Quern.WorkerHost.Tests.Agents;

/// <summary>How slowly an agent comes back to a farm that is away.</summary>
public sealed class AgentBackoffTests
{
    [Fact]
    public void Waits_double_every_second_time_up_to_five_minutes_with_a_fifth_by_chance()
    {
        var backoff = new Backoff(MasterProtocol.MessagePack, patient: true);
        double[] expected = [5, 7.07, 10, 14.14, 20, 28.28, 40, 56.57, 80, 113.14, 160, 226.27, 300, 300];

        foreach (double seconds in expected) Assert.InRange(backoff.Next().TotalSeconds, seconds * 0.79, seconds * 1.21);
        backoff.Succeeded();

        Assert.InRange(backoff.Next().TotalSeconds, 4, 6);
    }
}
