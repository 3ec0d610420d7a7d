namespace Quern.Protocols.Buildbot;

/// <summary>How a master gets to know a worker, as a pure function; one for each revision of the protocol.</summary>
public interface IAttachSequence
{
    /// <summary>Where the master stands after <paramref name="input"/>, and what it sends now.</summary>
    /// <param name="state">At first <see cref="AttachSequence.Initial"/>.</param>
    /// <param name="input">At first <see cref="AttachInput.Started"/>.</param>
    AttachStep Next(AttachState state, AttachInput input);
}
