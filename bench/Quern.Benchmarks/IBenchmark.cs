namespace Quern.Benchmarks;

/// <summary>One thing to measure. Life: one <see cref="RunAsync"/> to warm up, then one for each round, then disposal.</summary>
internal interface IBenchmark : IAsyncDisposable
{
    /// <summary>Shown in the table; also what the command line selects by.</summary>
    string Name { get; }

    /// <summary>What <see cref="RunAsync"/> counts, such as <c>MB</c> or <c>messages</c>.</summary>
    string Unit { get; }

    /// <summary>Does the work once.</summary>
    /// <param name="folder">Empty, on the disk to be measured, removed after the round.</param>
    /// <returns>How many units were done.</returns>
    Task<double> RunAsync(string folder);
}
