using Xunit;

namespace Quern.Packaging.Tests;

/// <summary>One small farm with its root made, for all tests of a class; they run one after the other.</summary>
public sealed class RealFarm : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    internal SmallFarm Farm => field ??= new SmallFarm(_folder.Path);

    public async ValueTask InitializeAsync() => await Farm.MakeRootAsync();

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
