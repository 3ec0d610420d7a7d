using Xunit;

namespace Quern.Interop.OwnAgents;

/// <summary>What of a worker's floors does not depend on how busy the machine is.</summary>
public sealed class PublishedWorkerTests
{
    /// <summary>In bytes: 32 MB, the floor of docs/performance.md.</summary>
    private const long MostBytes = 32_000_000;

    [Fact]
    public void The_worker_is_one_file_that_is_no_bigger_than_its_floor() =>
        Assert.InRange(new FileInfo(Path.Combine(PublishedWorker.PayloadFolder, "linux-x64", "quern-worker")).Length, 1, MostBytes);
}
