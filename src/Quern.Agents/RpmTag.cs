namespace Quern.Agents;

/// <summary>The tags of an RPM package that are written here (rpm's <c>rpmtag.h</c>).</summary>
internal static class RpmTag
{
    public const int SignatureRegion = 62, HeaderRegion = 63, Languages = 100;

    // Of the signature header.
    public const int Sha1 = 269, Sha256 = 273, SignedBytes = 1000, Md5 = 1004, PlainPayloadBytes = 1007;

    public const int Name = 1000, Version = 1001, Release = 1002, Summary = 1004, Description = 1005, BuildTime = 1006, BuildHost = 1007, Size = 1009,
        License = 1014, Group = 1016, Os = 1021, Architecture = 1022, Before = 1023, After = 1024, BeforeRemoval = 1025, AfterRemoval = 1026,
        FileSizes = 1028, FileModes = 1030, FileDevices = 1033, FileTimes = 1034, FileDigests = 1035, FileLinks = 1036, FileFlags = 1037, FileUsers = 1039,
        FileGroups = 1040, SourcePackage = 1044, FileVerify = 1045, ProvideNames = 1047, RequireFlags = 1048, RequireNames = 1049, RequireVersions = 1050,
        RpmVersion = 1064, BeforeProgram = 1085, AfterProgram = 1086, BeforeRemovalProgram = 1087, AfterRemovalProgram = 1088, FileDeviceNumbers = 1095,
        FileInodes = 1096, FileLanguages = 1097, ProvideFlags = 1112, ProvideVersions = 1113, FolderIndexes = 1116, BaseNames = 1117, Folders = 1118,
        PayloadFormat = 1124, PayloadCompressor = 1125, PayloadFlags = 1126, FileDigestKind = 5011, Encoding = 5062, PayloadDigest = 5092, PayloadDigestKind = 5093;
}
