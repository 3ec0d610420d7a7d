using System.Text;
using Quern.Protocols.Branch.Packages;
using Xunit;

namespace Quern.Protocols.Branch.Tests.Packages;

public sealed class LeafPackageListTests
{
    private const string Zlib =
        """{"name": "zlib", "real_version": "2", "version": "1.2.13", "description": "lib", "dependencies": ["glibc"], "hash": "e2fc714c4727ee9395f324cd2e7f331f", "url": "http://repo.example:8080/?get=package&pkgname=zlib"}""";

    private static LeafPackageList? Read(string body, out string problem) => LeafPackageList.TryRead(Encoding.UTF8.GetBytes(body), out problem);

    private static LeafPackageList Of(params string[] entries)
    {
        var list = Read($$"""{"status": "SUCCESS", "response_code": 200, "payload": [{{string.Join(", ", entries)}}]}""", out string problem);
        Assert.Equal("", problem);
        return list!;
    }

    private static string With(string key, string value) => System.Text.RegularExpressions.Regex.Replace(Zlib, $"\"{key}\": (\"[^\"]*\"|\\[[^\\]]*\\])", $"\"{key}\": {value}");

    [Fact]
    public void The_answer_of_the_specification_is_read()
    {
        var zlib = Of(Zlib).Find("zlib")!;

        Assert.Equal(
            ("zlib", "1.2.13", "2", "e2fc714c4727ee9395f324cd2e7f331f", "http://repo.example:8080/?get=package&pkgname=zlib", false),
            (zlib.Name, zlib.Version, zlib.RealVersion, zlib.Hash, zlib.Url, zlib.IsCollection));
        Assert.Equal(["glibc"], zlib.Dependencies);
        Assert.Null(Of(Zlib).Find("Zlib"));
    }

    [Theory]
    [InlineData("real_version", "2")]
    [InlineData("dependencies", "\"[glibc]\"")]
    public void Other_spellings_of_real_masters_are_read(string key, string value)
    {
        var zlib = Of(With(key, value)).Find("zlib")!;

        Assert.Equal("2", zlib.RealVersion);
        Assert.Equal(["glibc"], zlib.Dependencies);
    }

    [Fact]
    public void A_package_without_an_address_is_a_collection()
    {
        var collection = Of(With("url", "\"\"")).Find("zlib")!;

        Assert.True(collection.IsCollection);
        Assert.Equal(["glibc"], collection.Dependencies);
    }

    [Theory]
    [InlineData("name", "\"../zlib\"", "'../zlib' is not a package name")]
    [InlineData("name", "null", "'' is not a package name")]
    [InlineData("version", "\"1/../2\"", "zlib: '1/../2' is not a version")]
    [InlineData("real_version", "\"two\"", "zlib: real_version is no number")]
    [InlineData("dependencies", "[\"a/b\"]", "zlib: its dependencies are no list of package names")]
    [InlineData("dependencies", "5", "zlib: its dependencies are no list of package names")]
    [InlineData("hash", "\"E2FC714C4727EE9395F324CD2E7F331F\"", "zlib: 'E2FC714C4727EE9395F324CD2E7F331F' is no MD5")]
    [InlineData("hash", "\"../../../../../../../../etc/passwd\"", "zlib: '../../../../../../../../etc/passwd' is no MD5")]
    [InlineData("url", "\"file:///etc/passwd\"", "zlib: 'file:///etc/passwd' is no http address")]
    public void A_bad_entry_is_passed_over_with_its_reason_and_the_others_stay(string key, string value, string reason)
    {
        var list = Of(With(key, value), Zlib.Replace("\"zlib\"", "\"other\"", StringComparison.Ordinal));

        Assert.Equal([reason], list.PassedOver);
        Assert.Null(list.Find("zlib"));
        Assert.NotNull(list.Find("other"));
    }

    [Fact]
    public void The_first_of_two_entries_of_a_name_counts()
    {
        var list = Of(Zlib, With("version", "\"9\""));

        Assert.Equal("1.2.13", list.Find("zlib")!.Version);
        Assert.Equal(["zlib stands there twice"], list.PassedOver);
    }

    [Theory]
    [InlineData("no json", "no JSON text")]
    [InlineData("[]", "answers the package list with an error")]
    [InlineData("""{"status": "SERV_FAILURE", "response_code": 400, "payload": "Bad Request."}""", "with an error: Bad Request.")]
    [InlineData("""{"status": "SUCCESS", "response_code": 200, "payload": {}}""", "no array")]
    public void What_is_no_list_is_refused(string body, string problem)
    {
        Assert.Null(Read(body, out string said));
        Assert.Contains(problem, said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_that_is_too_long_is_refused()
    {
        Assert.Null(Read($$"""{"response_code": 200, "payload": [{{string.Join(',', Enumerable.Repeat("0", LeafPackageList.MaxPackages + 1))}}]}""", out string problem));
        Assert.Contains("more than 100000", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_that_is_written_is_read_as_it_was()
    {
        LeafPackage[] packages =
        [
            new("zlib", "2", "1.2.13", "größe \"x\"", ["glibc", "gcc"], new string('a', 32), "http://p.example/?get=package&pkgname=zlib"),
            new("base", "10", "1", "", ["zlib"], "", ""),
        ];

        var list = LeafPackageList.TryRead(BranchHttpWriter.Write(new BranchHttpAnswer.Packages([.. packages])).Body, out string problem);

        Assert.Equal("", problem);
        Assert.Equal(packages, packages.Select(p => list!.Find(p.Name)));
    }
}
