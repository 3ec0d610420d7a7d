using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Quern.Agents;

/// <summary>
/// A Debian package (deb(5)): an <c>ar</c> archive of <c>debian-binary</c>, <c>control.tar.gz</c> and <c>data.tar.gz</c>. The configuration is a
/// conffile: who changed it is asked before a newer one takes its place, and the identity in the state folder is no file of the package.
/// </summary>
internal sealed class DebPackager : IAgentPackager
{
    private const string Program = "usr/lib/quern-agent/quern-worker", Unit = "usr/lib/systemd/system/quern-agent.service", Configuration = "etc/quern-agent/agent.json";

    public string Format => "deb";

    public bool NeedsBase => false;

    public string? Refuses(AgentPlatform platform) =>
        platform.Debian.Length > 0 ? null : $"There is no Debian for {platform}, so no deb can be made for it. Take sh or tar.gz.";

    public string FileNameOf(AgentBundle bundle) => $"quern-agent_{bundle.FullVersion}_{bundle.Platform.Debian}.deb";

    public void Write(AgentBundle bundle, Stream output)
    {
        byte[] unit = SystemdUnit.For(SystemdUnit.PackagedProgram);
        using var control = new MemoryStream();
        using (var gzip = new GZipStream(control, CompressionLevel.Optimal, leaveOpen: true)) WriteControl(bundle, unit, gzip);
        using var data = new MemoryStream();
        using (var gzip = new GZipStream(data, CompressionLevel.Optimal, leaveOpen: true)) WriteData(bundle, unit, gzip);

        output.Write("!<arch>\n"u8);
        Member(output, "debian-binary", "2.0\n"u8, bundle.ModifiedSeconds);
        Member(output, "control.tar.gz", control.GetBuffer().AsSpan(0, (int)control.Length), bundle.ModifiedSeconds);
        Member(output, "data.tar.gz", data.GetBuffer().AsSpan(0, (int)data.Length), bundle.ModifiedSeconds);
    }

    private static void WriteControl(AgentBundle bundle, byte[] unit, Stream output)
    {
        long bytes = bundle.Program.Length + bundle.Configuration.Length + unit.Length;
        using var tar = new TarFiles(output, bundle.Made);
        tar.Folder("./");
        tar.File("./conffiles", Encoding.ASCII.GetBytes($"/{Configuration}\n"), FileModes.Text);
        tar.File("./control", PackageText.Of("deb-control",
            ("VERSION", bundle.FullVersion), ("ARCH", bundle.Platform.Debian), ("KIB", ((bytes + 1023) / 1024).ToString(CultureInfo.InvariantCulture))), FileModes.Text);
        tar.File("./md5sums", Encoding.ASCII.GetBytes($"{Md5(bundle.Program.Span)}  {Program}\n{Md5(unit)}  {Unit}\n"), FileModes.Text);
        foreach (string script in (string[])["postinst", "postrm", "prerm"]) tar.File($"./{script}", PackageText.Of($"deb-{script}"), FileModes.Program);
    }

    private static void WriteData(AgentBundle bundle, byte[] unit, Stream output)
    {
        using var tar = new TarFiles(output, bundle.Made);
        foreach (string folder in (string[])["./", "./etc/", "./etc/quern-agent/"]) tar.Folder(folder);
        tar.File($"./{Configuration}", bundle.Configuration, FileModes.Private);
        foreach (string folder in (string[])["./usr/", "./usr/lib/", "./usr/lib/quern-agent/"]) tar.Folder(folder);
        tar.File($"./{Program}", bundle.Program, FileModes.Program);
        foreach (string folder in (string[])["./usr/lib/systemd/", "./usr/lib/systemd/system/"]) tar.Folder(folder);
        tar.File($"./{Unit}", unit, FileModes.Text);
    }

    /// <summary>60 bytes before each member: name 16, time 12, user 6, group 6, mode 8 (octal), size 10, two that mark the end; members begin at even offsets.</summary>
    private static void Member(Stream output, string name, ReadOnlySpan<byte> content, long modified)
    {
        output.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{name,-16}{modified,-12}{0,-6}{0,-6}{"100644",-8}{content.Length,-10}`\n")));
        output.Write(content);
        if (content.Length % 2 != 0) output.WriteByte((byte)'\n');
    }

    // Not for safety: dpkg --verify finds by them what was changed on a disk, and knows no other hash.
#pragma warning disable CA5351
    private static string Md5(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(MD5.HashData(content));
#pragma warning restore CA5351
}
