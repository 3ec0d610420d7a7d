using System.Diagnostics;
using System.Globalization;
using Quern.Model;

namespace Quern.Storage.Tests;

/// <summary>The test program started again as a process of its own, to write until it is done or killed.</summary>
internal static class StoreChild
{
    public const string Verb = "store-child";

    private const int Submitters = 8;

    /// <summary>Starts a child; whoever starts it reads its lines and waits for its end.</summary>
    /// <param name="connection">The database to write to.</param>
    /// <param name="count">Submissions before it ends by itself.</param>
    /// <param name="early">Plant the defect: answers come before the commit.</param>
    public static Process Start(string connection, int count, bool early)
    {
        // The test program may run under `dotnet test`, so its own path is not taken from the running process.
        var command = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, typeof(StoreChild).Assembly.GetName().Name!),
            [Verb, connection, count.ToString(CultureInfo.InvariantCulture), early ? "early" : "sound"])
        {
            RedirectStandardOutput = true,
        };
        return Process.Start(command)!;
    }

    /// <summary>Submits jobs and prints the id of each as soon as its submission is answered.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        int left = int.Parse(args[2], CultureInfo.InvariantCulture);
        var options = new StoreOptions
        {
            Connection = args[1],
            PlantedEarlyAnswer = args[3] == "early" ? TimeSpan.FromMilliseconds(100) : null,
        };
        await using var store = await FarmStore.OpenAsync(options, TimeProvider.System, CancellationToken.None);
        await Task.WhenAll(Enumerable.Range(0, Submitters).Select(async _ =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                var job = new NewJob { Id = JobId.Create(TimeProvider.System.GetUtcNow()), Title = "child's", Plan = new Plan([]) };
                var result = await store.SubmitAsync(new Submission([job]), new Actor("child"), CancellationToken.None);
                if (result is SubmitResult.Accepted) await Console.Out.WriteLineAsync(job.Id.ToString());
            }
        }));
        return 0;
    }
}
