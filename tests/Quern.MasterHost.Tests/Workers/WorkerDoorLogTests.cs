using Microsoft.Extensions.Logging;
using Quern.MasterHost.Listeners;
using Quern.Model;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Workers;

/// <summary>What an administrator reads of a worker that does what it may not. The door is given no farm: it needs none to say it.</summary>
public sealed class WorkerDoorLogTests
{
    [Fact]
    public async Task A_trespass_is_a_warning_with_the_workers_name()
    {
        var log = new KeptLog();
        await using var door = new WorkerDoor(null!, null!, [], null!, new ManualTimeProvider(), log);

        door.Trespassed(new WorkerName("pi"), "192.0.2.7:4321", "uploaded more than 4 bytes");
        door.Ended(new WorkerName("pi"), "192.0.2.7:4321", "the worker answered request 3, which waits for no answer");
        door.Trespassed(null, "192.0.2.8:1", "called 'update' on the object 9, which it does not hold");

        Assert.Equal(
            [
                (LogLevel.Warning, "pi from 192.0.2.7:4321 uploaded more than 4 bytes; it was refused."),
                (LogLevel.Information, "The connection of pi from 192.0.2.7:4321 ended: the worker answered request 3, which waits for no answer."),
                (LogLevel.Warning, "(no name) from 192.0.2.8:1 called 'update' on the object 9, which it does not hold; it was refused."),
            ],
            log.Lines);
    }

    private sealed class KeptLog : ILogger<WorkerDoor>
    {
        public List<(LogLevel Level, string Line)> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add((logLevel, formatter(state, exception)));
    }
}
