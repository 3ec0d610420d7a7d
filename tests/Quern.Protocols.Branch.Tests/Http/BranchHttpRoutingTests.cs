using Xunit;

namespace Quern.Protocols.Branch.Tests.Http;

public sealed class BranchHttpRoutingTests
{
    public static TheoryData<string, BranchHttpRequest> Gets => new()
    {
        { "", new BranchHttpRequest.Front() },
        { "get=packagelist", new BranchHttpRequest.PackageList() },
        { "get=packagelist&x=y", new BranchHttpRequest.PackageList() },
        { "get=leafpackagelist", new BranchHttpRequest.PackageLines() },
        { "get=packagebuildlist", new BranchHttpRequest.RecipeList() },
        { "get=joblist", new BranchHttpRequest.JobList() },
        { "get=clientlist", new BranchHttpRequest.ClientList() },
        { "get=packagebuild", new BranchHttpRequest.Recipe(null) },
        { "get=packagebuild&pkgname=zlib", new BranchHttpRequest.Recipe("zlib") },
        { "get=package", new BranchHttpRequest.Package(null, null) },
        { "get=package&pkgname=&version=", new BranchHttpRequest.Package(null, null) },
        { "get=package&version=7&pkgname=zlib", new BranchHttpRequest.Package("zlib", "7") },
        { "get=package&pkgname=a&pkgname=b", new BranchHttpRequest.Package("b", null) },
        { "get=package&pkgname=gtk+", new BranchHttpRequest.Package("gtk+", null) },
        { "get=package&pkgname=gtk%2B", new BranchHttpRequest.Package("gtk+", null) },
        { "get=package&pkgname=gtk%2b%2", new BranchHttpRequest.Package("gtk+%2", null) },
        { "get=package&pkgname=a=b", new BranchHttpRequest.Package("a=b", null) },
        { "get=versions&pkgname=zlib", new BranchHttpRequest.Versions("zlib") },
        { "get=versions", new BranchHttpRequest.Versions(null) },
        { "get=nope", new BranchHttpRequest.Refused(BranchHttpReply.BadGet) },
        { "get", new BranchHttpRequest.Refused(BranchHttpReply.BadGet) },
        { "get=", new BranchHttpRequest.Refused(BranchHttpReply.BadGet) },
        { "Get=packagelist", new BranchHttpRequest.Refused(BranchHttpReply.BadRequest) },
        { "pkgname=zlib&get=package", new BranchHttpRequest.Refused(BranchHttpReply.BadRequest) },
        { "getx=packagelist", new BranchHttpRequest.Refused(BranchHttpReply.BadRequest) },
        { "=get", new BranchHttpRequest.Refused(BranchHttpReply.BadRequest) },
    };

    [Theory, MemberData(nameof(Gets))]
    public void A_question_is_named_by_the_first_name_of_the_query(string query, BranchHttpRequest request)
    {
        Assert.Equal(request, BranchHttpRouting.ReadGet("/", query));
        Assert.Equal(new BranchHttpRequest.Refused(BranchHttpReply.BadRequest), BranchHttpRouting.ReadGet("/other", query));
    }

    [Theory]
    [InlineData("get=x", true)]
    [InlineData("get", true)]
    [InlineData("get&x=y", true)]
    [InlineData("&&get=x", true)]
    [InlineData("", false)]
    [InlineData("gets=x", false)]
    [InlineData("x=y&get=x", false)]
    public void Only_a_query_that_begins_with_get_is_a_question(string query, bool isQuestion) => Assert.Equal(isQuestion, BranchHttpRouting.IsQuestion(query));

    public static TheoryData<string, BranchHttpRequest> Posts => new()
    {
        { "/auth", new BranchHttpRequest.LogIn("u", "p") },
        { "/checkauth", new BranchHttpRequest.CheckKey("k") },
        { "/logoff", new BranchHttpRequest.LogOff("k") },
        { "/createuser", new BranchHttpRequest.CreateUser("k", "cu", "cp") },
        { "/releasebuild", new BranchHttpRequest.Build("k", BranchBuildType.Release, "n") },
        { "/crossbuild", new BranchHttpRequest.Build("k", BranchBuildType.Cross, "n") },
        { "/build", new BranchHttpRequest.Broken() },
        { "/clearcompletedjobs", new BranchHttpRequest.ClearCompleted("k") },
        { "/viewlog", new BranchHttpRequest.ViewLog("k", "j") },
        { "/submitpackagebuild", new BranchHttpRequest.Submit("k", "b") },
        { "/cancelqueuedjob", new BranchHttpRequest.CancelJob("k", "j") },
        { "/cancelqueuedjobs", new BranchHttpRequest.CancelAll("k") },
        { "/deletepackage", new BranchHttpRequest.Delete("k", "n") },
        { "/clientinfo", new BranchHttpRequest.ClientInfo("k", "c") },
    };

    [Fact]
    public void An_order_is_named_by_its_path()
    {
        Assert.True(BranchHttpFields.TryReadForm("authkey=k&user=u&pass=p&cuser=cu&cpass=cp&pkgname=n&jobid=j&packagebuild=b&clientname=c"u8, out var fields));

        Assert.Equal(Posts.Select(p => p.Data.Item1).Order(StringComparer.Ordinal), BranchHttpRouting.PostPaths);
        foreach (var row in Posts) Assert.Equal(row.Data.Item2, BranchHttpRouting.ReadPost(row.Data.Item1, fields));
        foreach (string other in (string[])["/", "", "/Auth", "/auth/", "auth", "/nope"])
            Assert.Equal(new BranchHttpRequest.Refused(BranchHttpReply.BadRequest), BranchHttpRouting.ReadPost(other, fields));
    }

    [Fact]
    public void The_names_of_a_new_user_are_also_those_of_a_login()
    {
        Assert.True(BranchHttpFields.TryReadForm("authkey=k&user=u&pass=p"u8, out var fields));

        Assert.Equal(new BranchHttpRequest.CreateUser("k", "u", "p"), BranchHttpRouting.ReadPost("/createuser", fields));
    }
}
