using Quern.Testing;

namespace Quern.WorkerHost.Tests.Branch;

/// <summary>The repository with a real root, made once for the tests of a class.</summary>
public sealed class SmallRoot : IAsyncLifetime
{
    public LeafRepository Repository { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Repository = await LeafRepository.WithRootAsync();

    public ValueTask DisposeAsync() => Repository.DisposeAsync();
}
