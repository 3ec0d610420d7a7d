namespace Quern.Protocols.Branch;

/// <summary>Names in the HTTP API that the socket does not have.</summary>
internal static class BranchHttpKeys
{
    public const string Status = "status";
    public const string ResponseCode = "response_code";

    public const string CompletedJobs = "completed_jobs";
    public const string RunningJobs = "running_jobs";
    public const string QueuedJobs = "queued_jobs";

    public const string Hash = "hash";
    public const string Url = "url";

    public const string Get = "get";
    public const string Version = "version";
    public const string Key = "authkey";
    public const string User = "user";
    public const string Password = "pass";
    public const string NewUser = "cuser";
    public const string NewPassword = "cpass";
    public const string Recipe = "packagebuild";
    public const string ClientName = "clientname";
}
