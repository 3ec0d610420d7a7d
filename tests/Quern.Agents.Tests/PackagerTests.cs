using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace Quern.Agents.Tests;

public sealed class PackagerTests
{
    public static TheoryData<string> Formats => [.. AgentPackagers.All.Select(p => p.Format)];

    [Theory, MemberData(nameof(Formats))]
    public void The_same_bundle_gives_the_same_bytes_and_a_later_one_does_not(string format)
    {
        byte[] root = TarOf("bin/true");
        AgentBundle Bundle(int later) => Made.Bundle(minutesLater: later) with { Base = new BaseLayer(() => new MemoryStream(root), Gzip: false) };

        Assert.Equal(Made.Bytes(Bundle(0), format), Made.Bytes(Bundle(0), format));
        Assert.NotEqual(Made.Bytes(Bundle(0), format), Made.Bytes(Bundle(1), format));
    }

    [Theory]
    [InlineData("tar.gz", "quern-agent-0.1.0+20261129045100-linux-x64.tar.gz")]
    [InlineData("sh", "quern-agent-0.1.0+20261129045100-linux-x64.sh")]
    [InlineData("deb", "quern-agent_0.1.0+20261129045100_amd64.deb")]
    [InlineData("rpm", "quern-agent-0.1.0-20261129045100.x86_64.rpm")]
    [InlineData("oci", "quern-agent-0.1.0+20261129045100-linux-x64.oci.tar")]
    public void The_file_is_called_as_the_tools_of_its_format_call_it(string format, string name) =>
        Assert.Equal(name, AgentPackagers.Find(format)!.FileNameOf(Made.Bundle()));

    [Theory]
    [InlineData("linux-musl-x64", "deb", false)]
    [InlineData("linux-musl-x64", "rpm", false)]
    [InlineData("linux-musl-x64", "sh", true)]
    [InlineData("linux-arm", "deb", true)]
    public void A_format_refuses_platforms_that_it_does_not_know(string rid, string format, bool takes) =>
        Assert.Equal(takes, AgentPackagers.Find(format)!.Refuses(Made.Platform(rid)) is null);

    [Theory, MemberData(nameof(Formats))]
    public void A_format_is_known_by_its_word_alone(string format)
    {
        Assert.Equal(format, AgentPackagers.Find(format)!.Format);
        Assert.Null(AgentPackagers.Find(format.ToUpperInvariant()));
        Assert.Null(AgentPackagers.Find(""));
    }

    /// <summary>What people chose stands in one file alone; whatever it is, scripts, units and control files are the same.</summary>
    [Theory, Trait("CWE", "78")]
    [InlineData("tar.gz")]
    [InlineData("deb")]
    public void Names_and_tags_reach_no_script_and_no_control_file(string format)
    {
        const string Hostile = "{\"group\":\"x\\n[Service]\\nExecStart=/bin/sh\",\"tags\":[\"$(reboot)\",\"`id`\",\"';rm -rf /;'\"]}";
        string filler = new(' ', Hostile.Length);

        var hostile = AllFiles(Made.Bytes(Made.Bundle(configuration: Hostile), format));
        var tame = AllFiles(Made.Bytes(Made.Bundle(configuration: filler), format));

        Assert.Equal(tame.Keys, hostile.Keys);
        var different = hostile.Keys.Where(k => hostile[k] != tame[k]).ToList();
        Assert.Equal("agent.json", Path.GetFileName(Assert.Single(different)));
        Assert.Equal(Hostile, hostile[different[0]]);
    }

    [Theory]
    [InlineData("tar.gz", UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    [InlineData("deb", UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    public void The_file_with_the_key_is_for_its_owner_alone(string format, UnixFileMode mode)
    {
        var entry = Entries(Made.Bytes(Made.Bundle(), format)).Single(e => e.Name.EndsWith("/agent.json", StringComparison.Ordinal));

        Assert.Equal((mode, 0, 0), (entry.Mode, entry.Uid, entry.Gid));
    }

    [Fact]
    public void An_image_without_a_root_is_refused() =>
        Assert.Contains("root to stand on", Assert.Throws<InvalidDataException>(() => Made.Bytes(Made.Bundle(), "oci")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_bundle_does_not_say_what_is_inside() => Assert.Equal("quern-agent 0.1.0+20261129045100 for linux-x64", Made.Bundle().ToString());

    internal static byte[] TarOf(string name)
    {
        var bytes = new MemoryStream();
        using (var tar = new TarFiles(bytes, Made.Time)) tar.File(name, Encoding.UTF8.GetBytes("#!/bin/sh\n"), FileModes.Program);
        return bytes.ToArray();
    }

    private static Dictionary<string, string> AllFiles(byte[] archive) => Entries(archive).Where(e => e.DataStream is not null)
        .ToDictionary(e => e.Name, e => new StreamReader(e.DataStream!, Encoding.UTF8).ReadToEnd());

    /// <summary>Of a tar.gz, or of both archives inside a deb.</summary>
    private static List<TarEntry> Entries(byte[] archive)
    {
        var entries = new List<TarEntry>();
        foreach (byte[] tarGz in archive.AsSpan().StartsWith("!<arch>"u8) ? ArMembers(archive)[1..] : [archive])
        {
            using var gzip = new GZipStream(new MemoryStream(tarGz), CompressionMode.Decompress);
            using var tar = new TarReader(gzip);
            while (tar.GetNextEntry(copyData: true) is { } entry) entries.Add(entry);
        }
        return entries;
    }

    private static List<byte[]> ArMembers(byte[] archive)
    {
        var members = new List<byte[]>();
        for (int at = 8; at < archive.Length;)
        {
            int bytes = int.Parse(Encoding.ASCII.GetString(archive, at + 48, 10).Trim(), System.Globalization.CultureInfo.InvariantCulture);
            members.Add(archive[(at + 60)..(at + 60 + bytes)]);
            at += 60 + bytes + (bytes % 2);
        }
        return members;
    }
}
