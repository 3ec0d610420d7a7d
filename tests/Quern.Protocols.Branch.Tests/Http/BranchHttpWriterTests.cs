using System.Text;
using System.Text.Json;
using Quern.Protocols.Branch.Packages;
using Xunit;

namespace Quern.Protocols.Branch.Tests.Http;

public sealed class BranchHttpWriterTests
{
    [Fact]
    public void Every_reply_is_an_envelope_with_its_word_and_number()
    {
        var words = new Dictionary<string, int> { ["SUCCESS"] = 200, ["MISSING_DATA"] = 300, ["SERV_FAILURE"] = 400, ["AUTH_FAILURE"] = 500 };
        foreach (var reply in Enum.GetValues<BranchHttpReply>())
        {
            var message = BranchHttpWriter.Write(new BranchHttpAnswer.Said(reply, "gap ö"));
            var root = JsonDocument.Parse(message.Body).RootElement;

            Assert.Equal((200, "application/json"), (message.Status, message.ContentType));
            Assert.Equal(["status", "response_code", "payload"], root.EnumerateObject().Select(m => m.Name));
            Assert.Equal(words[root.GetProperty("status").GetString()!], root.GetProperty("response_code").GetInt32());
            Assert.Equal(BranchHttpTexts.Of(reply).Payload.Replace("{}", "gap ö", StringComparison.Ordinal), root.GetProperty("payload").GetString());
            Assert.DoesNotContain(message.Body.ToArray(), b => b > '~');
        }
    }

    [Fact]
    public void A_package_has_its_seven_members_in_order_and_all_of_them_are_texts()
    {
        var package = new LeafPackage("gtk+", "10", "1:2~rc1", "größe \"x\"", ["glibc", "zlib"], new string('a', 32), "http://p.example/?get=package&pkgname=gtk+");

        string json = Encoding.ASCII.GetString(BranchHttpWriter.Write(new BranchHttpAnswer.Packages([package])).Body.Span);

        Assert.Equal(
            """{"status": "SUCCESS", "response_code": 200, "payload": [{"name": "gtk+", "real_version": "10", "version": "1:2~rc1", "description": "gr\u00f6\u00dfe \"x\"", "dependencies": ["glibc", "zlib"], "hash": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "url": "http://p.example/?get=package&pkgname=gtk+"}]}""",
            json);
    }

    [Fact]
    public void A_line_of_the_old_list_has_six_fields_whatever_the_description_says()
    {
        var package = new LeafPackage("a", "1", "2", "x;y\nz\tw", ["b", "c"], "", "u");

        Assert.Equal("a;1;2;x,y z w;[b][c];u\n", Encoding.UTF8.GetString(BranchHttpWriter.Write(new BranchHttpAnswer.PackageLines([package])).Body.Span));
    }

    [Theory]
    [InlineData("http://p.example", true)]
    [InlineData("https://p.example:8443/a/b", true)]
    [InlineData("http://[::1]:80", true)]
    [InlineData("ftp://p.example", false)]
    [InlineData("p.example", false)]
    [InlineData("http://", false)]
    [InlineData("http://p.example/?x", false)]
    [InlineData("http://p.example/#x", false)]
    [InlineData("http://p.example/a b", false)]
    [InlineData("http://p.example/;", false)]
    [InlineData("http://u:p@p.example", false)]
    [InlineData("", false)]
    public void The_front_of_addresses_is_an_address_without_a_question(string text, bool isBase) => Assert.Equal(isBase, LeafAddress.IsBase(text));

    [Theory]
    [InlineData("farm", true)]
    [InlineData("farm.example:8080", true)]
    [InlineData("10.0.0.1:1", true)]
    [InlineData("[::1]", true)]
    [InlineData("[fe80::1]:65535", true)]
    [InlineData("", false)]
    [InlineData(":80", false)]
    [InlineData("farm:", false)]
    [InlineData("farm:0", false)]
    [InlineData("farm:65536", false)]
    [InlineData("farm:8o", false)]
    [InlineData("farm:1:2", false)]
    [InlineData("farm/x", false)]
    [InlineData("farm?x", false)]
    [InlineData("a b", false)]
    [InlineData("u@farm", false)]
    [InlineData("färm", false)]
    [InlineData("[::1", false)]
    [InlineData("[::1]x", false)]
    [InlineData("[x]", false)]
    public void A_host_is_a_host_with_or_without_port_and_nothing_else(string text, bool isHost) => Assert.Equal(isHost, LeafAddress.IsHost(text));

    [Fact]
    public void The_address_of_the_list_and_its_front_belong_together()
    {
        Assert.Equal("http://p/x/?get=packagelist", LeafAddress.ListUrl("http://p/x/"));
        Assert.Equal("http://p/x", LeafAddress.BaseOf("http://p/x/?get=packagelist"));
        Assert.Null(LeafAddress.BaseOf("http://p/x/list.json"));
        Assert.Null(LeafAddress.BaseOf("/?get=packagelist"));
        Assert.Equal("http://p/?get=package&pkgname=a+b&version=7", LeafAddress.PackageUrl("http://p/", "a+b", "7"));
    }
}
