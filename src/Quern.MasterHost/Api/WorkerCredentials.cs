using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Quern.MasterHost.Access;
using Quern.MasterHost.Listeners;
using Quern.Model;
using Quern.Peers.Dispatch;
using Quern.Storage;

namespace Quern.MasterHost.Api;

/// <summary>
/// Passwords of workers that are kept by the farm: random ones that it makes and shows once, and those that machines have already. One change at a time.
/// </summary>
internal sealed class WorkerCredentials(FarmStore store, WorkerDoor door, WorkerPool pool, SecretVault vault) : IDisposable
{
    private const int SecretBytes = 24;

    private readonly SemaphoreSlim _one = new(1);

    /// <summary>Gives a worker another password; whoever is connected with the one before stays until the connection ends.</summary>
    /// <param name="rotate">Of a worker that has one; else of a new worker.</param>
    /// <param name="slots">Of a new worker.</param>
    /// <param name="brought">One that keeps <see cref="WorkerPasswordRules"/>; null for a random one.</param>
    /// <returns>A password that was made, null for one that was brought; or why nothing was changed.</returns>
    public async Task<(string? Made, WorkerCredentialProblem Problem)> SetAsync(
        WorkerName name, bool rotate, int slots, string? brought, Actor who, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            var account = (await store.ListWorkersAsync(cancellationToken)).FirstOrDefault(a => a.Name == name);
            if (Problem(name, account, rotate) is { } problem) return (null, problem);
            string? made = brought is null ? Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes)) : null;
            account ??= new WorkerAccount(name, slots, default, true, WorkerAccount.OfApi);
            account = made is null ? await WithBroughtAsync(account, brought!, cancellationToken) : WithMade(account, made);
            await store.UpsertWorkerAsync(account, who, cancellationToken);
            pool.SetSlots(name, account.Slots);
            await door.RefreshAsync(cancellationToken);
            return (made, WorkerCredentialProblem.None);
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    /// <summary>It is long and random: plain hashes are enough.</summary>
    private static WorkerAccount WithMade(WorkerAccount account, string password)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(password);
        return account with { PasswordSha256 = Sha256Hash.Of(bytes), PasswordMd5 = PerspectiveVerifier.Of(bytes), PasswordHash = "", SealedMd5 = "" };
    }

    /// <summary>Somebody may have made it up: only a slow hash, and the MD5 that Perspective Broker asks for where nobody can guess against it.</summary>
    private async Task<WorkerAccount> WithBroughtAsync(WorkerAccount account, string password, CancellationToken cancellationToken) => account with
    {
        PasswordSha256 = default,
        PasswordMd5 = "",
        PasswordHash = await Task.Run(() => PasswordHash.Of(PasswordMarks.Bound(account.Name, password)), cancellationToken),
        SealedMd5 = vault.CloseText(PerspectiveVerifier.Of(Encoding.UTF8.GetBytes(password)), account.Name.Value),
    };

    private WorkerCredentialProblem? Problem(WorkerName name, WorkerAccount? account, bool rotate) => account switch
    {
        null when rotate => WorkerCredentialProblem.NoWorker,
        null when pool.Find(name) is not null => WorkerCredentialProblem.Taken,   // one without an account, of the master's own process
        null => null,
        { Origin: WorkerAccount.OfFile } => WorkerCredentialProblem.OfFile,
        { Origin: WorkerAccount.OfAgent } => WorkerCredentialProblem.OfAgent,
        _ => rotate ? null : WorkerCredentialProblem.Taken,
    };
}
