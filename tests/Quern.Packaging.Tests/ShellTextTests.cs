using Quern.Model;
using Quern.Packaging.Planning;
using Xunit;

namespace Quern.Packaging.Tests;

public sealed class ShellTextTests
{
    public static TheoryData<string> Hostile =>
        ["", "plain", "a b", "'", "''", "$(touch /nowhere)", "`id`", "\"", "\\", "a\nb", "$HOME", "; rm -rf /", "é☃", "-n", "!x", "a'b'c"];

    [Theory, MemberData(nameof(Hostile))]
    public async Task A_shell_reads_a_quoted_word_back_as_it_was(string word)
    {
        var read = await HelperProgram.RunAsync("/bin/sh", ["-c", "printf %s " + ShellText.Quote(word) + "; echo ."], CancellationToken.None);

        Assert.Equal(word + ".\n", read.Output);
    }

    [Fact]
    public void A_word_with_a_NUL_is_refused() => Assert.Throws<ArgumentException>(() => ShellText.Quote("a\0b"));

    [Fact]
    public async Task The_variables_reach_the_build_as_they_were()
    {
        var recipe = new Recipe { Name = new PackageName("a"), Version = "1'$(id)", RealVersion = "1" };

        string text = BuildScript.Variables(recipe, new EnvironmentSettings());
        var read = await HelperProgram.RunAsync("/bin/sh", ["-c", text + "printf %s \"$PKG_VERSION\""], CancellationToken.None);

        Assert.Equal("1'$(id)\n", read.Output);
    }

    [Fact]
    public async Task The_build_script_is_valid_for_a_POSIX_shell()
    {
        var read = await HelperProgram.RunAsync("/bin/sh", ["-n"], CancellationToken.None, input: BuildScript.Text);

        Assert.Equal((0, ""), (read.ExitCode, read.Errors));
    }
}
