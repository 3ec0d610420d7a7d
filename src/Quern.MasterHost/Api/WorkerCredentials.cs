using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Quern.MasterHost.Listeners;
using Quern.Model;
using Quern.Peers.Dispatch;
using Quern.Storage;

namespace Quern.MasterHost.Api;

/// <summary>Passwords of workers that the farm makes: one for each, random, shown once. One change at a time.</summary>
internal sealed class WorkerCredentials(FarmStore store, WorkerDoor door, WorkerPool pool) : IDisposable
{
    private const int SecretBytes = 24;

    private readonly SemaphoreSlim _one = new(1);

    /// <summary>Makes a password; whoever is connected with the one before stays until the connection ends.</summary>
    /// <param name="rotate">Of a worker that has one; else of a new worker.</param>
    /// <param name="slots">Of a new worker.</param>
    /// <returns>The password; else why there is none.</returns>
    public async Task<(string? Password, WorkerCredentialProblem Problem)> MakeAsync(WorkerName name, bool rotate, int slots, Actor who, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            var account = (await store.ListWorkersAsync(cancellationToken)).FirstOrDefault(a => a.Name == name);
            if (Problem(name, account, rotate) is { } problem) return (null, problem);
            string password = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
            byte[] bytes = Encoding.UTF8.GetBytes(password);
            account = (account ?? new WorkerAccount(name, slots, default, true, "api")) with { PasswordSha256 = Sha256Hash.Of(bytes), PasswordMd5 = PerspectiveVerifier.Of(bytes) };
            await store.UpsertWorkerAsync(account, who, cancellationToken);
            pool.SetSlots(name, account.Slots);
            await door.RefreshAsync(cancellationToken);
            return (password, WorkerCredentialProblem.None);
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private WorkerCredentialProblem? Problem(WorkerName name, WorkerAccount? account, bool rotate) => account switch
    {
        null when rotate => WorkerCredentialProblem.NoWorker,
        null when pool.Find(name) is not null => WorkerCredentialProblem.Taken,   // one without an account, of the master's own process
        null => null,
        { Origin: "file" } => WorkerCredentialProblem.OfFile,
        { Origin: WorkerAccount.OfAgent } => WorkerCredentialProblem.OfAgent,
        _ => rotate ? null : WorkerCredentialProblem.Taken,
    };
}
