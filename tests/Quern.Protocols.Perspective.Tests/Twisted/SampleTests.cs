using System.Diagnostics;
using System.Globalization;
using Quern.Testing;
using Xunit;

namespace Quern.Protocols.Perspective.Twisted;

/// <summary>The program in <c>samples/perspective</c> with the Twisted server beside it.</summary>
public sealed class SampleTests
{
    [Fact]
    public async Task The_sample_says_what_it_should()
    {
        await using var server = TwistedProcess.StartFile(Path.Combine(Repository.Root, "samples", "perspective", "calculator.py"));
        string port = (await server.PortAsync()).ToString(CultureInfo.InvariantCulture);
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Perspective.Sample"), ["127.0.0.1", port])
        {
            RedirectStandardOutput = true,
        };
        using var program = Process.Start(start)!;

        string output = await program.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await program.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(
            """
            the server says: welcome, ada
            add(2, 3) = 5
            add('2', '3') = '23'
            divide(1, by=0) raised builtins.ZeroDivisionError: integer division or modulo by zero
            tick 3
            tick 2
            tick 1
            countdown(3) = 'lift-off'
            objects that the server still holds: 0
            done

            """,
            output);
        Assert.Equal(0, program.ExitCode);
    }
}
