using Quern.Model;

namespace Quern.Peers.Tests.Buildbot.Hostile;

/// <summary>A master's door for one protocol, and what it tells the farm of those who come in.</summary>
internal interface IHostileFarm : IAsyncDisposable
{
    /// <summary>A worker that has logged in and does what the test says.</summary>
    Task<IHostileWorker> AttachAsync(string name);

    /// <summary>Somebody who gives a name and a wrong password, and waits for the end.</summary>
    Task ClaimAsync(string name);

    /// <summary>The next <c>NAME WHAT</c> of a worker that did what it may not.</summary>
    Task<string> NextTrespassAsync();

    /// <summary>Trespasses that were told and not taken.</summary>
    int Trespasses { get; }

    /// <summary>Name and reason of the next connection that ended.</summary>
    Task<(string Name, string Reason)> NextEndAsync();

    /// <summary>Who was refused with a wrong password.</summary>
    Task<string> NextRefusalAsync();
}

/// <summary>A worker whose every word the test chooses.</summary>
internal interface IHostileWorker : IAsyncDisposable
{
    IWorkerLink Link { get; }

    /// <summary>A command that nobody gave it.</summary>
    HostileCommand Foreign { get; }

    /// <summary>Takes the next command of the master.</summary>
    Task<HostileCommand> TakeAsync();

    /// <summary>A line of output; false when it was refused.</summary>
    Task<bool> SayAsync(HostileCommand command, string line);

    /// <summary>A block of an upload; false when it was refused with an error.</summary>
    Task<bool> WriteAsync(HostileCommand command, byte[] block);

    /// <summary>Asks for a block of a download; false when it was refused with an error.</summary>
    Task<bool> ReadAsync(HostileCommand command);

    /// <summary>The blocks of a folder's tar, and the word that it is whole.</summary>
    Task SendFolderAsync(HostileCommand command, byte[] tar);

    Task EndAsync(HostileCommand command, int code);

    /// <summary>Answers once more what it has answered.</summary>
    Task AnswerTwiceAsync();

    /// <summary>Logs in again on its connection, by another name and with the right password; false when it was refused.</summary>
    Task<bool> LogInAgainAsync(string name);

    /// <summary>More of what it may hold or ask than it is given, as often as the master lets it.</summary>
    Task FloodAsync();
}

/// <param name="Step">What it answers to.</param>
/// <param name="Transfer">What its blocks go through; the same where a protocol has one name for both.</param>
internal sealed record HostileCommand(string Step, string Transfer);
