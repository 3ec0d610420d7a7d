namespace Quern.Peers.Estate;

/// <summary>The answer to a change of the estate, the same for every door.</summary>
/// <param name="Detail">For the person who asked: what was wrong, where, and what to do. Empty when all went well.</param>
/// <param name="Field">The part of the request that was wrong, as the HTTP API calls it; empty when it was none in particular.</param>
/// <param name="Id">What was made or changed.</param>
/// <param name="Revision">Its revision afterwards.</param>
public sealed record EstateAnswer(EstateCode Code, string Detail = "", string Field = "", string Id = "", long Revision = 0)
{
    public bool Succeeded => Code is EstateCode.Done or EstateCode.Accepted;

    public static EstateAnswer Done(string id = "", long revision = 0) => new(EstateCode.Done, "", "", id, revision);

    public static EstateAnswer Denied(string why) => new(EstateCode.Denied, why);
}
