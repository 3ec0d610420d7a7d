using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Quern.Model.Tests;

public sealed class NamesTests
{
    [Theory]
    [InlineData("zlib")]
    [InlineData("gtk+3_0-x")]
    [InlineData("A")]
    public void A_package_name_of_the_closed_alphabet_is_taken(string text) => Assert.Equal(text, new PackageName(text).Value);

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("zlib.")]
    [InlineData("zlib\n")]
    [InlineData("žlib")]
    [InlineData("a\0b")]
    public void A_package_name_that_could_be_another_path_is_refused(string text)
    {
        Assert.False(PackageName.TryParse(text, out _));
        Assert.Contains(PackageName.Rule, Assert.Throws<ArgumentException>(() => new PackageName(text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_package_name_has_at_most_128_characters()
    {
        Assert.True(PackageName.IsValid(new string('a', 128)));
        Assert.False(PackageName.IsValid(new string('a', 129)));
        Assert.False(PackageName.IsValid(null));
    }

    [Fact]
    public void No_valid_package_name_changes_when_it_becomes_a_path() => Prop.ForAll<string>(text =>
        !PackageName.IsValid(text) || Path.GetFullPath(Path.Combine("/farm", text)) == "/farm/" + text).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("w1", true)]
    [InlineData("arm64.example-1", true)]
    [InlineData("a:b", false)]
    [InlineData("a/b", false)]
    [InlineData("a\\b", false)]
    [InlineData("..", false)]
    [InlineData(".", false)]
    [InlineData("", false)]
    [InlineData("a b", false)]
    [InlineData("wörker", false)]
    public void A_worker_name_holds_no_separator(string text, bool valid) => Assert.Equal(valid, WorkerName.TryParse(text, out _));
}
