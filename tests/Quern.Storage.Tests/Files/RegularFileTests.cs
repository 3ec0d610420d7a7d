using System.Diagnostics;
using Quern.Storage.Tests.Logs;
using Xunit;

namespace Quern.Storage.Tests.Files;

public sealed class RegularFileTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_file_is_read_also_by_a_link()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["file"], "flour", Cancellation);
        File.CreateSymbolicLink(folder["link"], "file");

        foreach (string name in (string[])["file", "link"])
        {
            await using var file = RegularFile.OpenRead(folder[name]);
            using var reader = new StreamReader(file);
            Assert.Equal((5, "flour"), (file.Length, await reader.ReadToEndAsync(Cancellation)));
        }
    }

    [Theory, Trait("CWE", "400")]
    [InlineData("pipe", "it is not a regular file")]
    [InlineData("link", "it is not a regular file")]
    [InlineData("folder", "it is not a regular file")]
    [InlineData("/dev/zero", "it is not a regular file")]
    [InlineData("missing", "No such file or directory")]
    public async Task What_is_none_is_refused_without_waiting(string name, string why)
    {
        using var folder = new TemporaryFolder();
        await Process.Start("mkfifo", folder["pipe"]).WaitForExitAsync(Cancellation);
        File.CreateSymbolicLink(folder["link"], "pipe");
        Directory.CreateDirectory(folder["folder"]);

        var refused = await Assert.ThrowsAsync<IOException>(
            () => Task.Run(() => RegularFile.OpenRead(folder[name]).Dispose(), Cancellation).WaitAsync(TimeSpan.FromSeconds(30), Cancellation));

        Assert.Equal(why, refused.Message);
    }
}
