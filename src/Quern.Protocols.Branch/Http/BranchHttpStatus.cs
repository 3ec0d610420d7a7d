namespace Quern.Protocols.Branch;

/// <summary>The four words of the envelope around every JSON answer, with their numbers. The HTTP status is 200 with each of them.</summary>
public enum BranchHttpStatus
{
    Success = 200,
    MissingData = 300,
    ServerFailure = 400,
    AuthFailure = 500,
}
