using System.Text;
using Quern.Testing;
using Xunit;

namespace Quern.Protocols.Branch.Tests.Http;

public sealed class BranchHttpFieldsTests
{
    [Theory]
    [InlineData("a=1&b=2", "1", "2")]
    [InlineData("a=x+y&b=%2B%26%3D%25", "x y", "+&=%")]
    [InlineData("a=&b=2", null, "2")]
    [InlineData("a&b", null, null)]
    [InlineData("&&a=1&&", "1", null)]
    [InlineData("a=1&a=2", "2", null)]
    [InlineData("a=gr%C3%B6%C3%9Fer&b=gr\u00f6\u00dfer", "größer", "größer")]
    [InlineData("%61=1", "1", null)]
    [InlineData("", null, null)]
    public void Forms_are_decoded_and_empty_values_are_missing(string form, string? a, string? b)
    {
        Assert.True(BranchHttpFields.TryReadForm(Encoding.UTF8.GetBytes(form), out var fields));
        Assert.Equal((a, b), (fields["a"], fields["b"]));
    }

    [Theory]
    [InlineData("""{"a": "1", "b": ""}""", "1", "")]
    [InlineData("""{"a": 17, "b": 1e3}""", "17", "1e3")]
    [InlineData("""{"a": null, "b": true}""", null, null)]
    [InlineData("""{"a": ["1"], "b": {"c": "d"}}""", null, null)]
    [InlineData("""{"a": "\ud800", "\ud800": "x", "b": "ö"}""", null, "ö")]
    [InlineData("""{"a": "1", "a": "2"}""", "2", null)]
    [InlineData("{}", null, null)]
    public void Members_of_an_object_are_texts_and_numbers(string json, string? a, string? b)
    {
        Assert.True(BranchHttpFields.TryReadJson(Encoding.UTF8.GetBytes(json), out var fields));
        Assert.Equal((a, b), (fields["a"], fields["b"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("\"a\"")]
    [InlineData("{\"a\": 1")]
    [InlineData("{\"a\": 1} x")]
    public void What_is_no_object_is_not_read(string json) => Assert.False(BranchHttpFields.TryReadJson(Encoding.UTF8.GetBytes(json), out _));

    [Fact]
    public void More_names_than_any_request_has_are_not_read()
    {
        string[] names = [.. Enumerable.Range(0, BranchHttpFields.MaxFields + 1).Select(i => $"k{i}")];
        string Query(int count) => string.Join('&', names.Take(count).Select(n => n + "=v"));
        string Json(int count) => "{" + string.Join(',', names.Take(count).Select(n => $"\"{n}\": \"v\"")) + "}";
        KeyValuePair<string, string>[] Parts(int count) => [.. names.Take(count).Select(n => KeyValuePair.Create(n, "v"))];

        Assert.True(BranchHttpFields.TryReadQuery(Query(64), out _) && BranchHttpFields.TryReadForm(Encoding.ASCII.GetBytes(Query(64)), out _) && BranchHttpFields.TryReadJson(Encoding.ASCII.GetBytes(Json(64)), out _));
        Assert.False(BranchHttpFields.TryReadQuery(Query(65), out _) || BranchHttpFields.TryReadForm(Encoding.ASCII.GetBytes(Query(65)), out _) || BranchHttpFields.TryReadJson(Encoding.ASCII.GetBytes(Json(65)), out _));
        Assert.Equal("v", BranchHttpFields.Of(Parts(64))!["k63"]);
        Assert.Null(BranchHttpFields.Of(Parts(65)));
        Assert.Null(BranchHttpFields.Of([KeyValuePair.Create("a", "")])!["a"]);
    }

    [Fact]
    public void Text_that_is_no_utf8_is_not_read() => Assert.False(BranchHttpFields.TryReadForm([.. "a="u8, 0xff], out _));

    [Fact]
    public void Changed_requests_neither_throw_nor_allocate_past_the_limit()
    {
        byte[][] corpus =
        [
            "get=package&pkgname=zlib&version=2"u8.ToArray(), "authkey=5f0c2d34-6b1a-4c88-9e07-1d2f3a4b5c6d&pkgname=gtk%2B&packagebuild=name%3Dx%0A"u8.ToArray(),
            """{"authkey": "5f0c2d34-6b1a-4c88-9e07-1d2f3a4b5c6d", "pkgname": "n\u00f6", "jobid": 5, "x": null}"""u8.ToArray(),
        ];
        byte[][] telling = [.. new[] { "&", "=", "%", "%2", "%ff", "%C3", "+", "\"", "{", "}", "\\ud800", ",", ":", "\r\n" }.Select(Encoding.ASCII.GetBytes), [0], [0x80], [0xc3], [0xff]];
        int read = 0;

        string? finding = new MutationFuzz(corpus, telling).Run(MutationFuzz.Seed, MutationFuzz.Count, body =>
        {
            if (BranchHttpFields.TryReadForm(body.Span, out var fields) && BranchHttpRouting.ReadPost("/releasebuild", fields) is BranchHttpRequest.Build) read++;
            if (BranchHttpFields.TryReadJson(body, out fields)) _ = BranchHttpRouting.ReadPost("/viewlog", fields);
            _ = BranchHttpRouting.ReadGet("/", Encoding.Latin1.GetString(body.Span));
        }, 64 * 1024, 128);

        Assert.Null(finding);
        Assert.True(read > MutationFuzz.Count / 2);
    }
}
