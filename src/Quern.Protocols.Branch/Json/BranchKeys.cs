namespace Quern.Protocols.Branch;

/// <summary>The keys of the protocol's JSON objects.</summary>
internal static class BranchKeys
{
    public const string Command = "command";
    public const string Payload = "payload";
    public const string StatusCode = "statuscode";

    public const string Identifier = "machine_identifier";
    public const string Type = "machine_type";
    public const string Key = "machine_authkey";
    public const string Version = "machine_version";
    public const string AuthStatus = "auth_status";
    public const string LogonMessage = "logon_message";

    public const string PackageName = "pkgname";
    public const string BuildType = "buildtype";
    public const string Solution = "solution";
    public const string PackageBuild = "pkgbuild";

    public const string LogJob = "jobid";
    public const string Offset = "offset";

    public const string ReleaseBuild = "releasebuild";
    public const string CrossBuild = "crossbuild";
    public const string QueuedJobs = "queuedjobs";
    public const string RunningJobs = "runningjobs";
    public const string CompletedJobs = "completedjobs";
    public const string Controllers = "controllers";
    public const string Buildbots = "buildbots";

    public const string JobId = "job_id";
    public const string JobStatus = "job_status";
    public const string JobName = "job_name";
    public const string JobNameV1 = "build_pkg_name";
    public const string Requester = "requesting_client";

    public const string Id = "id";
    public const string FileName = "filename";
    public const string Description = "description";
    public const string FileDescription = "filedescription";
    public const string FileLength = "filelength";
    public const string FileLengthV1 = "filelen";
    public const string DataLength = "datalength";
    public const string DataLengthV1 = "datalen";

    public const string DeployRealRoot = "deploy_realroot";
    public const string DeployCrossRoot = "deploy_crossroot";
    public const string RealRootPackages = "realroot_packages";
    public const string PackageListUrl = "packagelisturl";
}
