namespace Quern.Peers.Estate;

/// <summary>Keys by which agents join for the first time.</summary>
public interface IEnrolmentKeys
{
    /// <summary>Needs <c>agent:approve</c> in the group.</summary>
    Task<EnrolmentKeyMade> CreateKeyAsync(Caller who, NewEnrolmentKey key, CancellationToken cancellationToken);

    /// <summary>Needs <c>agent:approve</c> in the key's group.</summary>
    Task<EstateAnswer> RevokeKeyAsync(Caller who, string id, CancellationToken cancellationToken);
}
