using System.Net;

namespace Quern.MasterHost.Access;

/// <summary>What somebody shows who wants to come in. Texts are of any kind, but not longer than the endpoint allows.</summary>
/// <param name="Password">As typed, or its pre-hash.</param>
/// <param name="Code">A one-time code; empty for none.</param>
/// <param name="RecoveryCode">Instead of a one-time code; empty for none.</param>
internal sealed record LoginAttempt(string User, string Password, IPAddress From, string Code = "", string RecoveryCode = "")
{
    /// <summary>Without its secrets.</summary>
    public override string ToString() => $"{User} from {From}";
}
