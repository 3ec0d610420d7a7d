using System.Collections.Immutable;

namespace Quern.Peers.Estate;

/// <summary>A kind of change of the estate. Every route and every message that changes something of it names the one that it does.</summary>
/// <param name="Word">For documents, for instance <c>user.delete</c>.</param>
/// <param name="Why">Why it has this weight; of a judged one, what makes it grave.</param>
/// <param name="Rights">What it takes, one of them; a token that gives one for a change that is not light is no light token.</param>
public sealed record EstateAct(string Word, ActWeight Weight, string Why, params ImmutableArray<string> Rights)
{
    /// <summary>Its word.</summary>
    public override string ToString() => Word;
}
