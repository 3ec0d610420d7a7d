using Quern.Packaging.Debian;
using Xunit;

namespace Quern.Packaging.Tests;

public sealed class DebianTests
{
    private const string Deb822 = """
        Types: deb
        # a comment
        URIs: http://mirror.example/debian
        Suites: bookworm bookworm-updates
        Components: main contrib
        Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

        Types: deb
        URIs: http://mirror.example/debian-security
        Suites: bookworm-security
        Components: main
        Signed-By:
         /usr/share/keyrings/debian-archive-keyring.gpg

        Enabled: no
        Types: deb
        URIs: http://off.example/debian
        Suites: bookworm
        Components: main
        """;

    [Fact]
    public void Deb822_sources_are_read_without_disabled_ones()
    {
        var entries = AptSources.ParseDeb822(Deb822);

        Assert.Equal(["bookworm", "bookworm-updates", "bookworm-security"], entries.Select(e => e.Suite));
        Assert.All(entries, e => Assert.Contains("debian-archive-keyring", e.SignedBy, StringComparison.Ordinal));
        Assert.Equal(["main", "contrib"], entries[0].Components);
    }

    [Fact]
    public void One_line_sources_are_read_with_options_and_comments()
    {
        var entries = AptSources.ParseList("""
            # deb http://no.example/debian bookworm main
            deb [arch=amd64 signed-by=/k.gpg] http://a.example/debian bookworm main contrib # why
            deb-src	http://b.example/debian/	bookworm	main
            nonsense
            deb [x http://c.example bookworm main
            """);

        Assert.Equal(["http://a.example/debian", "http://b.example/debian/"], entries.Take(2).Select(e => e.Uri));
        Assert.Equal("/k.gpg", entries[0].SignedBy);
    }

    [Fact]
    public void Only_Debians_own_archive_is_chosen_and_only_with_its_keys()
    {
        var machine = AptSources.ParseDeb822(Deb822).Add(new AptEntry("https://other.example", "bookworm", ["main"], "/usr/share/keyrings/other.gpg"));

        var archive = DebianArchive.Choose(machine, "bookworm", out string problem);

        Assert.Equal("", problem);
        Assert.Equal(
            [$"deb [signed-by={DebianArchive.KeyRing}] http://mirror.example/debian bookworm main",
             $"deb [signed-by={DebianArchive.KeyRing}] http://mirror.example/debian bookworm-updates main",
             $"deb [signed-by={DebianArchive.KeyRing}] http://mirror.example/debian-security bookworm-security main"],
            archive!.Lines("deb"));
    }

    [Fact]
    public void Another_release_is_taken_from_the_same_mirror()
    {
        var archive = DebianArchive.Choose(AptSources.ParseDeb822(Deb822), "trixie", out _);

        Assert.Equal([("http://mirror.example/debian", "trixie")], archive!.Entries.Select(e => (e.Uri, e.Suite)));
    }

    [Theory]
    [InlineData("trixie main [x]")]
    [InlineData("")]
    [InlineData("../x")]
    public void A_suite_that_is_no_name_is_refused(string suite)
    {
        Assert.Null(DebianArchive.Choose(AptSources.ParseDeb822(Deb822), suite, out string problem));
        Assert.NotEmpty(problem);
    }

    [Fact]
    public void A_machine_without_Debian_is_told_so()
    {
        Assert.Null(DebianArchive.Choose([], "bookworm", out string problem));
        Assert.Contains("/etc/apt", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2.10-3", "2.10")]
    [InlineData("1:1.2.13.dfsg-1", "1.2.13")]
    [InlineData("1:1.3.dfsg+really1.3.1-1+b1", "1.3.1")]
    [InlineData("5.4.1-0.2", "5.4.1")]
    [InlineData("0.5~git20220314.1ccca3a-1", "0.5~git20220314.1ccca3a")]
    [InlineData("1.0-2+dfsg1-3", "1.0-2")]
    [InlineData("6.4+20221231-1", "6.4+20221231")]
    [InlineData("3.0", "3.0")]
    public void The_upstream_version_is_what_upstream_calls_it(string debian, string expected) =>
        Assert.Equal(expected, UpstreamVersion.Of(debian));

    [Fact]
    public void The_upstream_archive_alone_is_chosen_from_apts_listing()
    {
        string hash = new('a', 64);

        var listing = SourceListing.Read($"""
            Reading package lists...
            'http://m.example/s_3.40.1-2.dsc' sqlite3_3.40.1-2.dsc 2474 SHA256:{new string('b', 64)}
            'http://m.example/s_3.40.1.orig-www.tar.xz' sqlite3_3.40.1.orig-www.tar.xz 5865720 SHA256:{new string('c', 64)}
            'http://m.example/s_3.40.1.orig.tar.xz.asc' sqlite3_3.40.1.orig.tar.xz.asc 1 SHA256:{new string('c', 64)}
            'http://m.example/s_3.40.1.orig.tar.xz' sqlite3_3.40.1.orig.tar.xz 8019048 SHA256:{hash}
            'http://m.example/s_3.40.1-2.debian.tar.xz' sqlite3_3.40.1-2.debian.tar.xz 24660 SHA256:{new string('d', 64)}
            """);

        Assert.Equal(new SourceListing("3.40.1-2", "http://m.example/s_3.40.1.orig.tar.xz", "sqlite3_3.40.1.orig.tar.xz", 8019048, hash), listing);
        Assert.Equal("3.40.1", listing!.Version);
    }

    [Fact]
    public void A_listing_without_strong_hash_is_not_taken() =>
        Assert.Null(SourceListing.Read("'http://m/a_1-1.dsc' a_1-1.dsc 1 MD5Sum:aaaa\n'http://m/a_1.orig.tar.gz' a_1.orig.tar.gz 1 MD5Sum:aaaa\n"));

    [Fact]
    public void Only_how_the_machine_connects_is_taken_over() =>
        Assert.Equal(["Acquire::Check-Date \"false\";", "Acquire::http::Proxy \"http://p.example\";"],
            MachineApt.Choose("Dir \"/\";\nAcquire::Check-Date \"false\";\nDPkg::Post-Invoke \"x\";\nAcquire::http::Proxy \"http://p.example\";\nAcquire::AllowInsecureRepositories \"1\";\n"));
}
