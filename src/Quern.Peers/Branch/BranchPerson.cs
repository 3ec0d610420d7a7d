using System.Collections.Immutable;
using Quern.Model;

namespace Quern.Peers.Branch;

/// <summary>Who asks over HTTP: somebody who signed in with an account of the farm, or a stranger.</summary>
/// <param name="Actor">As the journal names them.</param>
/// <param name="Rights">What they may do.</param>
public sealed record BranchPerson(Actor Actor, ImmutableHashSet<string> Rights);
