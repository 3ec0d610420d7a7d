namespace Quern.WorkerHost.Tests;

public sealed class WorkerOptionsTests
{
    [Fact]
    public void A_full_command_line_is_understood()
    {
        var options = WorkerOptions.TryParse(
            ["--master", "ws://10.0.0.1:9990", "--name=bee", "--password-file", "pw", "--dir", "/tmp/x", "--max-retries", "3"], out string problem);

        Assert.Equal("", problem);
        Assert.Equal(("10.0.0.1", 9990, "/", "bee", "pw", "/tmp/x", 3),
            (options!.Host, options.Port, options.Path, options.Name.Value, options.PasswordFile, options.BaseDirectory, options.MaxRetries));
    }

    [Theory]
    [InlineData("pb://h:9989", "this version speaks ws:// only, not pb://")]
    [InlineData("branch://h:1", "this version speaks ws:// only, not branch://")]
    [InlineData("ws://h", "names no port")]
    [InlineData("nonsense", "is not an address")]
    public void A_master_it_cannot_reach_is_refused_in_plain_words(string master, string expected)
    {
        var options = WorkerOptions.TryParse(["--master", master, "--name", "n", "--password-file", "f"], out string problem);

        Assert.Null(options);
        Assert.Contains(expected, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--name is missing", "--master", "ws://h:1")]
    [InlineData("unknown option '--nmae'", "--nmae", "x")]
    [InlineData("--dir needs a value", "--dir")]
    public void A_wrong_command_line_names_the_option(string expected, params string[] arguments)
    {
        Assert.Null(WorkerOptions.TryParse(arguments, out string problem));
        Assert.Equal(expected, problem);
    }
}
