using Quern.Peers.Estate;

namespace Quern.MasterHost.Listeners;

/// <summary>The states of a listener ("Listener lifecycle" of the administration protocol). Pure: who calls it opens and closes ports.</summary>
internal static class ListenerMachine
{
    public static ListenerStep Next(ListenerState state, ListenerInput input) => (state, input) switch
    {
        (ListenerState.Listening, ListenerInput.Start) => new(state, ListenerEffect.None, "It listens already."),
        (_, ListenerInput.Start) => new(state, ListenerEffect.Open),
        // Bound anew, at another address or under another certificate: the old port is there until the new one is.
        (ListenerState.Listening, ListenerInput.Rebind) => new(state, ListenerEffect.Open),
        (_, ListenerInput.Rebind) => new(state, ListenerEffect.None),
        (ListenerState.Listening, ListenerInput.Opened) => new(state, ListenerEffect.CloseOld),
        (_, ListenerInput.Opened) => new(ListenerState.Listening, ListenerEffect.None),
        (ListenerState.Listening, ListenerInput.NotOpened) => new(state, ListenerEffect.None),
        (_, ListenerInput.NotOpened) => new(ListenerState.Failed, ListenerEffect.None),
        (ListenerState.Inactive, ListenerInput.Stop) => new(state, ListenerEffect.None, "It does not listen."),
        (ListenerState.Failed, ListenerInput.Stop) => new(ListenerState.Inactive, ListenerEffect.None),
        (_, ListenerInput.Stop) => new(ListenerState.Inactive, ListenerEffect.CloseOld),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>What happens to a listener.</summary>
internal enum ListenerInput
{
    /// <summary>Somebody wants it open.</summary>
    Start,

    /// <summary>Somebody wants it closed.</summary>
    Stop,

    /// <summary>What it listens on has changed.</summary>
    Rebind,

    /// <summary>The port that was tried is open.</summary>
    Opened,

    /// <summary>The port that was tried cannot be had.</summary>
    NotOpened,
}

internal enum ListenerEffect
{
    None,

    /// <summary>Try the port; <see cref="ListenerInput.Opened"/> or <see cref="ListenerInput.NotOpened"/> follows.</summary>
    Open,

    /// <summary>Close the port that was open before.</summary>
    CloseOld,
}

/// <param name="State">From now on.</param>
/// <param name="Refusal">Why nothing happens, as a sentence; empty when something does.</param>
internal readonly record struct ListenerStep(ListenerState State, ListenerEffect Effect, string Refusal = "");
