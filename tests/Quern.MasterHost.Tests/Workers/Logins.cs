using System.Security.Cryptography;
using Quern.MasterHost.Listeners;
using Quern.Model;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Workers;

/// <summary>Logins at a door, as the acceptors of both protocols ask for them, and what came of them.</summary>
internal static class Logins
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>By a password that is sent.</summary>
    public static async Task<bool> SendAsync(this WorkerDoor door, string name, string password) =>
        await door.CheckAsync(new WorkerName(name), password, TestContext.Current.CancellationToken);

    /// <summary>By a challenge that is answered, as over Perspective Broker.</summary>
    public static async Task<bool> ProveAsync(this WorkerDoor door, string name, string password)
    {
        byte[] challenge = RandomNumberGenerator.GetBytes(16);
        return await door.CheckAsync(new WorkerName(name), challenge, ChallengeResponse.Of(password, challenge), TestContext.Current.CancellationToken);
    }

    /// <summary>What a worker's history says of a refusal.</summary>
    public static async Task<string> RefusalAsync(this MasterFixture master, string name)
    {
        master.Get<WorkerDoor>().Refused(new WorkerName(name), "192.0.2.1:1");
        return await UntilAsync(async () =>
            (await master.Master.Store.ListWorkerEventsAsync(new WorkerName(name), 10, TestContext.Current.CancellationToken)).FirstOrDefault(e => e.Kind == "refused")?.Reason);
    }

    /// <summary>Asks again until there is something.</summary>
    public static async Task<T> UntilAsync<T>(Func<Task<T?>> ask)
        where T : class
    {
        using var patience = new CancellationTokenSource(s_patience);
        while (true)
        {
            if (await ask() is { } found) return found;
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
        }
    }

    public static Task UntilAsync(Func<Task<bool>> holds) => UntilAsync(async () => await holds() ? "yes" : null);
}
