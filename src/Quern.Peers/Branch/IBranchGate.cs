using System.Net;
using Quern.Model;
using Quern.Peers.Dispatch;
using Quern.Protocols.Branch;

namespace Quern.Peers.Branch;

/// <summary>Who may come in over the Branch protocol, and what they may do. Safe for calls from many connections at once.</summary>
public interface IBranchGate
{
    /// <summary>False in untrusted mode: everybody is let in, whatever key they show.</summary>
    bool AsksForKeys { get; }

    /// <summary>The group behind a key; null for a key that is not good. Takes the same time for every key.</summary>
    /// <param name="key">As it was shown; null for none.</param>
    string? GroupOf(string? key);

    /// <summary>The group of those who came without a key in untrusted mode.</summary>
    string UntrustedGroup { get; }

    /// <summary>The right that a command needs and neither the client's person nor its group has; null when it may.</summary>
    string? MissingRight(BranchClient client, BranchCommand command);

    /// <summary>Where a build bot's package manager finds packages when the configuration does not say; empty when nowhere.</summary>
    /// <param name="reachedAt">The address of this machine that the bot connected to; null when that is not known.</param>
    string PackageListUrl(IPAddress? reachedAt);

    /// <summary>A client has logged in.</summary>
    ValueTask CameAsync(BranchClient client);

    /// <summary>A client that had logged in is gone.</summary>
    ValueTask WentAsync(BranchClient client, string reason);

    /// <summary>A login was refused.</summary>
    /// <param name="name">What the peer called itself; may be empty.</param>
    /// <param name="remote">Where it came from.</param>
    void Refused(string name, string remote, string reason);

    /// <summary>Whether clients of a group may be build bots.</summary>
    bool TakesBots(string group);

    /// <summary>Whether the name belongs to a worker of another protocol, here or not.</summary>
    bool IsAccount(WorkerName name);

    /// <summary>A build bot takes jobs from now on. False when the master takes nobody any more.</summary>
    bool Joined(IRecipeLink bot);

    /// <summary>A build bot that could not take a job can take one.</summary>
    void BotIsReady();

    /// <summary>A build bot tells something that people should know.</summary>
    ValueTask ReportedAsync(BranchClient client, string text);

    /// <summary>The master failed on a request.</summary>
    void Failed(BranchClient client, BranchCommand command, Exception error);

    /// <summary>A connection ended, for the log of the program.</summary>
    void Ended(string name, string remote, string reason);
}
