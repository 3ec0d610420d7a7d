using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Quern.Storage.Tests;

public sealed class PostgresServerTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_server_and_its_folder_end_with_the_test_run_that_started_them(bool killed)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var child = PostgresChild.Start();
        int guard = int.Parse((await child.StandardOutput.ReadLineAsync(cancellation))!, CultureInfo.InvariantCulture);
        string folder = (await child.StandardOutput.ReadLineAsync(cancellation))!;
        using var watched = Process.GetProcessById(guard);
        Assert.True(Directory.Exists(folder));

        if (killed) child.Kill();
        else child.StandardInput.Close();

        await watched.WaitForExitAsync(cancellation).WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, cancellation);
        Assert.False(Directory.Exists(folder));
        await child.WaitForExitAsync(cancellation);
    }
}
