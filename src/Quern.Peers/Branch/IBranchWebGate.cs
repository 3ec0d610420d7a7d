using System.Net;

namespace Quern.Peers.Branch;

/// <summary>Who may ask over HTTP, and what. Safe for many calls at once.</summary>
public interface IBranchWebGate
{
    /// <summary>Somebody without a key.</summary>
    BranchClient Stranger { get; }

    /// <summary>Checks a password; a good one gives a key, which is kept before it is answered.</summary>
    Task<BranchWebLogin> LogInAsync(string user, string password, IPAddress from, CancellationToken cancellationToken);

    /// <summary>Whose key it is, and begins its time anew; null for a key that is not good.</summary>
    Task<BranchClient?> FindAsync(string key, CancellationToken cancellationToken);

    /// <summary>Makes a good key worthless.</summary>
    Task LogOffAsync(string key, CancellationToken cancellationToken);

    /// <summary>Whether there is an account of that name.</summary>
    ValueTask<bool> IsUserAsync(string user, CancellationToken cancellationToken);

    /// <summary>Makes an account that may look after builds. Why it may not be made, as a sentence; null when it was.</summary>
    /// <param name="client">Who makes it; root.</param>
    Task<string?> CreateUserAsync(BranchClient client, string user, string password);

    /// <summary>Whether the client may do everything, which here is to be root.</summary>
    bool IsRoot(BranchClient client);
}
