using Google.Protobuf;

namespace Quern.Peers.Admin;

/// <summary>What a desk can say to a peer beside its answer. Safe from any thread; of no effect when the connection is over.</summary>
internal interface IAdminVoice
{
    /// <summary>Whether people may log in here.</summary>
    bool TakesClients { get; }

    /// <summary>Whether agents may.</summary>
    bool TakesAgents { get; }

    /// <summary>Counts a banner with its image; false when there were too many of late.</summary>
    bool MayHaveImage();

    /// <summary>Answers a request whose answer was to come later. The second time does nothing.</summary>
    void Answer(AdminRequest request, AdminAnswer answer);

    /// <summary>Sends an event, unless too much waits to be sent: then it is left out, and false.</summary>
    bool Tell(IMessage news, int stream);

    /// <summary>Sends an event as soon as there is room. False when the connection is over.</summary>
    ValueTask<bool> TellAsync(IMessage news, int stream, CancellationToken cancellationToken);
}
