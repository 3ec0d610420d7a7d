using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Quern.Agents;

/// <summary>
/// An RPM package, version 4 of the format: the lead (which only says what it is), the signature header (digests; it is not signed), the header, and
/// a cpio archive in gzip. The configuration is <c>%config(noreplace)</c>: who changed it keeps it.
/// </summary>
internal sealed class RpmPackager : IAgentPackager
{
    private const int Sha256Digest = 8;                                   // PGPHASHALGO_SHA256
    private const int Config = 1, NoReplace = 1 << 4;                     // RPMFILE_*
    private const int Less = 2, Equal = 8, RpmLib = 1 << 24; // RPMSENSE_*
    private const int AtPre = 1 << 9, AtPost = 1 << 10, AtPreUn = 1 << 11, AtPostUn = 1 << 12;
    private const int RegularFile = 0x8000, Directory = 0x4000;
    private const string Root = "root", Agent = "quern-agent";

    private sealed record PackedFile(string Path, int Mode, ReadOnlyMemory<byte> Content, string User = Root, string Group = Root, int Flags = 0)
    {
        public bool IsFolder => (Mode & RegularFile) == 0;
    }

    public string Format => "rpm";

    public bool NeedsBase => false;

    public string? Refuses(AgentPlatform platform) =>
        platform.Rpm.Length > 0 ? null : $"There are no RPM packages for {platform}. Take sh or tar.gz.";

    public string FileNameOf(AgentBundle bundle) => $"quern-agent-{bundle.Release.ToString(3)}-{bundle.Build}.{bundle.Platform.Rpm}.rpm";

    public void Write(AgentBundle bundle, Stream output)
    {
        // In the order of their paths, which rpm relies on.
        ImmutableArray<PackedFile> files =
        [
            new("/etc/quern-agent", Directory | FileModes.Folder, default),
            new("/etc/quern-agent/agent.json", RegularFile | 0x1A0 /* 0640 */, bundle.Configuration, Root, Agent, Config | NoReplace),
            new("/usr/lib/quern-agent", Directory | FileModes.Folder, default),
            new("/usr/lib/quern-agent/quern-worker", RegularFile | FileModes.Program, bundle.Program),
            new("/usr/lib/systemd/system/quern-agent.service", RegularFile | FileModes.Text, SystemdUnit.For(SystemdUnit.PackagedProgram)),
            new("/var/lib/quern-agent", Directory | FileModes.PrivateFolder, default, Agent, Agent),
        ];
        var (payload, plainBytes) = Payload(files, bundle.ModifiedSeconds);
        byte[] header = Header(bundle, files, payload).ToBytes();
        byte[] signature = Signature(header, payload, plainBytes).ToBytes();
        output.Write(Lead(bundle));
        output.Write(signature);
        output.Write(new byte[(8 - (signature.Length % 8)) % 8]);
        output.Write(header);
        output.Write(payload);
    }

    private static (byte[] Gzip, int PlainBytes) Payload(ImmutableArray<PackedFile> files, long modified)
    {
        using var gzip = new MemoryStream();
        long plain;
        using (var packed = new GZipStream(gzip, CompressionLevel.Optimal, leaveOpen: true))
        {
            var cpio = new CpioFiles(packed, modified);
            foreach (var file in files) cpio.Add("." + file.Path, file.Mode, file.Content.Span);
            cpio.End();
            plain = cpio.Length;
        }
        return (gzip.ToArray(), (int)plain);
    }

    private static RpmHeader Header(AgentBundle bundle, ImmutableArray<PackedFile> files, byte[] payload)
    {
        string version = bundle.Release.ToString(3), release = bundle.Build;
        var header = new RpmHeader(RpmTag.HeaderRegion);
        header.Add(RpmTag.Languages, (string[])["C"]);
        header.Add(RpmTag.Name, Agent);
        header.Add(RpmTag.Version, version);
        header.Add(RpmTag.Release, release);
        header.AddTranslated(RpmTag.Summary, "Agent of a Quern package build farm");
        header.AddTranslated(RpmTag.Description,
            "Joins its farm with the key that is inside, which is good once, and builds what the farm gives it. Its identity is in /var/lib/quern-agent and stays when the package is upgraded or removed.");
        header.Add(RpmTag.BuildTime, (int)bundle.ModifiedSeconds);
        header.Add(RpmTag.BuildHost, "localhost");
        header.Add(RpmTag.Size, files.Sum(f => f.Content.Length));
        header.Add(RpmTag.License, "Apache-2.0");
        header.AddTranslated(RpmTag.Group, "Unspecified");
        header.Add(RpmTag.Os, "linux");
        header.Add(RpmTag.Architecture, bundle.Platform.Rpm);
        header.Add(RpmTag.SourcePackage, $"{Agent}-{version}-{release}.src.rpm");
        header.Add(RpmTag.RpmVersion, "4.18.0");
        header.Add(RpmTag.Encoding, "utf-8");
        Scripts(header);
        Files(header, files, (int)bundle.ModifiedSeconds);
        Relations(header, bundle, $"{version}-{release}");
        header.Add(RpmTag.PayloadFormat, "cpio");
        header.Add(RpmTag.PayloadCompressor, "gzip");
        header.Add(RpmTag.PayloadFlags, "6");
        header.Add(RpmTag.PayloadDigest, (string[])[Convert.ToHexStringLower(SHA256.HashData(payload))]);
        header.Add(RpmTag.PayloadDigestKind, Sha256Digest);
        return header;
    }

    private static void Scripts(RpmHeader header)
    {
        foreach (var (tag, program, name) in ((int, int, string)[])
            [
                (RpmTag.Before, RpmTag.BeforeProgram, "rpm-pre"), (RpmTag.After, RpmTag.AfterProgram, "rpm-post"),
                (RpmTag.BeforeRemoval, RpmTag.BeforeRemovalProgram, "rpm-preun"), (RpmTag.AfterRemoval, RpmTag.AfterRemovalProgram, "rpm-postun"),
            ])
        {
            header.Add(tag, Encoding.UTF8.GetString(PackageText.Of(name)).TrimEnd('\n'));
            header.Add(program, "/bin/sh");
        }
    }

    private static void Files(RpmHeader header, ImmutableArray<PackedFile> files, int modified)
    {
        ImmutableArray<string> folders = [.. files.Select(f => FolderOf(f.Path)).Distinct()];
        header.Add(RpmTag.Folders, folders);
        header.Add(RpmTag.FolderIndexes, [.. files.Select(f => folders.IndexOf(FolderOf(f.Path)))]);
        header.Add(RpmTag.BaseNames, [.. files.Select(f => f.Path[FolderOf(f.Path).Length..])]);
        header.Add(RpmTag.FileSizes, [.. files.Select(f => f.IsFolder ? 4096 : f.Content.Length)]);
        header.AddShort(RpmTag.FileModes, [.. files.Select(f => f.Mode)]);
        header.AddShort(RpmTag.FileDevices, [.. files.Select(_ => 0)]);
        header.Add(RpmTag.FileTimes, [.. files.Select(_ => modified)]);
        header.Add(RpmTag.FileDigests, [.. files.Select(f => f.IsFolder ? "" : Convert.ToHexStringLower(SHA256.HashData(f.Content.Span)))]);
        header.Add(RpmTag.FileDigestKind, Sha256Digest);
        header.Add(RpmTag.FileLinks, [.. files.Select(_ => "")]);
        header.Add(RpmTag.FileFlags, [.. files.Select(f => f.Flags)]);
        header.Add(RpmTag.FileUsers, [.. files.Select(f => f.User)]);
        header.Add(RpmTag.FileGroups, [.. files.Select(f => f.Group)]);
        header.Add(RpmTag.FileVerify, [.. files.Select(_ => -1)]);
        header.Add(RpmTag.FileDeviceNumbers, [.. files.Select(_ => 1)]);
        header.Add(RpmTag.FileInodes, [.. files.Select((_, i) => i + 1)]);
        header.Add(RpmTag.FileLanguages, [.. files.Select(_ => "")]);
    }

    private static void Relations(RpmHeader header, AgentBundle bundle, string version)
    {
        string wide = bundle.Platform.ElfBits == 64 ? "()(64bit)" : "";
        header.Add(RpmTag.ProvideNames, (string[])[Agent]);
        header.Add(RpmTag.ProvideFlags, Equal);
        header.Add(RpmTag.ProvideVersions, (string[])[version]);
        (string Name, int Flags, string Version)[] needs =
        [
            // .NET opens the library of TLS while it runs, whichever of the two is there.
            ($"(libssl.so.3{wide} or libssl.so.1.1{wide})", 0, ""),
            ("/bin/sh", AtPre, ""), ("/bin/sh", AtPost, ""), ("/bin/sh", AtPreUn, ""), ("/bin/sh", AtPostUn, ""),
            ("/usr/sbin/useradd", AtPre, ""),
            ($"libc.so.6{wide}", 0, ""), ($"libgcc_s.so.1{wide}", 0, ""), ($"libstdc++.so.6{wide}", 0, ""),
            ("rpmlib(CompressedFileNames)", RpmLib | Less | Equal, "3.0.4-1"),
            ("rpmlib(FileDigests)", RpmLib | Less | Equal, "4.6.0-1"),
            ("rpmlib(PayloadFilesHavePrefix)", RpmLib | Less | Equal, "4.0-1"),
            ("rpmlib(RichDependencies)", RpmLib | Less | Equal, "4.12.0-1"),
        ];
        header.Add(RpmTag.RequireNames, [.. needs.Select(n => n.Name)]);
        header.Add(RpmTag.RequireFlags, [.. needs.Select(n => n.Flags)]);
        header.Add(RpmTag.RequireVersions, [.. needs.Select(n => n.Version)]);
    }

    // SHA-1 and MD5 are what versions of rpm before 4.14 look for; newer ones take SHA-256.
#pragma warning disable CA5350, CA5351
    private static RpmHeader Signature(byte[] header, byte[] payload, int plainBytes)
    {
        var signature = new RpmHeader(RpmTag.SignatureRegion);
        signature.Add(RpmTag.Sha1, Convert.ToHexStringLower(SHA1.HashData(header)));
        signature.Add(RpmTag.Sha256, Convert.ToHexStringLower(SHA256.HashData(header)));
        signature.Add(RpmTag.SignedBytes, header.Length + payload.Length);
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        md5.AppendData(header);
        md5.AppendData(payload);
        signature.Add(RpmTag.Md5, md5.GetHashAndReset());
        signature.Add(RpmTag.PlainPayloadBytes, plainBytes);
        return signature;
    }
#pragma warning restore CA5350, CA5351

    /// <summary>96 bytes: magic, version 3.0, binary package, machine, name (66), Linux, kind of signature, reserved.</summary>
    private static byte[] Lead(AgentBundle bundle)
    {
        byte[] lead = new byte[96];
        ((ReadOnlySpan<byte>)[0xed, 0xab, 0xee, 0xdb, 3, 0]).CopyTo(lead);
        BinaryPrimitives.WriteUInt16BigEndian(lead.AsSpan(8), bundle.Platform.Rpm switch { "aarch64" => 19, "armv7hl" => 12, _ => 1 });
        Encoding.ASCII.GetBytes($"{Agent}-{bundle.Release.ToString(3)}-{bundle.Build}").CopyTo(lead, 10);
        BinaryPrimitives.WriteUInt16BigEndian(lead.AsSpan(76), 1);
        BinaryPrimitives.WriteUInt16BigEndian(lead.AsSpan(78), 5);
        return lead;
    }

    private static string FolderOf(string path) => path[..(path.LastIndexOf('/') + 1)];
}
