using Quern.Testing;

namespace Quern.WorkerHost.Tests;

public sealed class TwistdLogTests
{
    [Fact]
    public void A_line_looks_as_Twisted_writes_it()
    {
        using var scratch = new ScratchFolder();
        using (var log = TwistdLog.Open(new TacLog.File("twistd.log", null, null), new WorkerFolder(scratch.Path), new ManualTimeProvider()))
            log.Write("one\ntwo");

        Assert.Equal("2061-07-28 03:14:15+0000 [-] one\n\ttwo\n", File.ReadAllText(scratch["twistd.log"]));
    }

    [Fact]
    public void A_log_that_is_long_enough_is_cut_and_old_ones_go()
    {
        using var scratch = new ScratchFolder();
        File.WriteAllText(scratch["twistd.log.note"], "kept");
        using (var log = TwistdLog.Open(new TacLog.File("twistd.log", 60, 2), new WorkerFolder(scratch.Path), new ManualTimeProvider()))
            for (int i = 1; i <= 9; i++) log.Write($"line {i}");

        Assert.Equal(
            ["twistd.log: 9", "twistd.log.1: 7 8", "twistd.log.2: 5 6"],
            new DirectoryInfo(scratch.Path).GetFiles("twistd.log*").Where(f => f.Extension != ".note").OrderBy(f => f.Name, StringComparer.Ordinal)
                .Select(f => $"{f.Name}: {string.Join(' ', File.ReadLines(f.FullName).Select(l => l[^1]))}"));
        Assert.Equal("kept", File.ReadAllText(scratch["twistd.log.note"]));
    }

    [Fact]
    public void A_log_that_cannot_be_cut_goes_on()
    {
        using var scratch = new ScratchFolder();
        Directory.CreateDirectory(scratch["twistd.log.1"] + "/full");
        using (var log = TwistdLog.Open(new TacLog.File("twistd.log", 60, null), new WorkerFolder(scratch.Path), new ManualTimeProvider()))
            for (int i = 1; i <= 3; i++) log.Write($"line {i}");

        Assert.Equal(3, File.ReadLines(scratch["twistd.log"]).Count());
    }
}
