using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Peers.Buildbot;

/// <summary>Turns the farm's commands into those of one revision of the MessagePack protocol. Pure.</summary>
internal interface ICommandTranslator
{
    /// <summary>What to ask the worker for, one after the other as long as each ends with 0; never empty.</summary>
    ImmutableArray<WireCommand> Translate(RemoteCommand command, string place);
}
