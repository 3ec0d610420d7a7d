using Quern.Packaging.Sources;
using Xunit;

namespace Quern.Packaging.Tests;

public sealed class SourceAddressTests
{
    [Theory]
    [InlineData("https://example.org/a.tar.gz", typeof(SourceAddress.Web))]
    [InlineData("http://example.org/", typeof(SourceAddress.Web))]
    [InlineData("deb-src:zlib", typeof(SourceAddress.Debian))]
    [InlineData("deb-src:libpng1.6=1.6.39-2", typeof(SourceAddress.Debian))]
    [InlineData("file:/srv/a", typeof(SourceAddress.File))]
    [InlineData("file:///srv/a", typeof(SourceAddress.File))]
    [InlineData("c4e1b7aa-3f0d-4a52-8b6e-9a1d5c2f7b30", typeof(SourceAddress.Kept))]
    public void Each_form_is_recognised(string text, Type expected)
    {
        Assert.True(SourceAddress.TryParse(text, out var address, out string problem), problem);

        Assert.IsType(expected, address);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ftp://example.org/a")]
    [InlineData("https://user:hunter2@example.org/a")]
    [InlineData("deb-src:")]
    [InlineData("deb-src:-o=x")]
    [InlineData("deb-src:zlib=$(id)")]
    [InlineData("deb-src:a b")]
    [InlineData("file:relative")]
    [InlineData("gopher://x")]
    [InlineData("../../etc/passwd")]
    public void Anything_else_is_refused_with_what_to_write(string text)
    {
        Assert.False(SourceAddress.TryParse(text, out _, out string problem));

        Assert.NotEmpty(problem);
        Assert.DoesNotContain("hunter2", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/a/b/zlib-1.2.tar.gz", "zlib-1.2.tar.gz")]
    [InlineData("../../etc/passwd", "passwd")]
    [InlineData("..", "source")]
    [InlineData("", "source")]
    [InlineData("a/", "source")]
    [InlineData("-rf", "rf")]
    [InlineData(".bashrc", "bashrc")]
    [InlineData("a b;c", "a_b_c")]
    [InlineData("a\\b", "b")]
    [InlineData("x\nname", "x_name")]
    public void File_names_become_safe(string text, string expected) => Assert.Equal(expected, SourceAddress.SafeFileName(text));

    [Fact]
    public void A_long_file_name_keeps_its_end() =>
        Assert.EndsWith(".tar.gz", SourceAddress.SafeFileName(new string('x', 500) + ".tar.gz"), StringComparison.Ordinal);
}
