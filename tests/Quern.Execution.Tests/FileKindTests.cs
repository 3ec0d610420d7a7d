using System.Diagnostics;
using Quern.Testing;

namespace Quern.Execution.Tests;

public sealed class FileKindTests
{
    [Fact]
    public async Task Only_a_plain_file_is_regular()
    {
        using var folder = new ScratchFolder();
        await File.WriteAllTextAsync(folder["file"], "x");
        File.CreateSymbolicLink(folder["link"], "file");
        Directory.CreateDirectory(folder["folder"]);
        using (var process = Process.Start("mkfifo", folder["pipe"])) await process.WaitForExitAsync();

        Assert.True(FileKind.IsRegular(folder["file"]));
        foreach (string name in (string[])["link", "folder", "pipe", "missing"]) Assert.False(FileKind.IsRegular(folder[name]), name);
        Assert.False(FileKind.IsRegular("/dev/null"));
    }
}
