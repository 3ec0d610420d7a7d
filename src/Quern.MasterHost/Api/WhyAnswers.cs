using System.Collections.Immutable;
using System.Globalization;
using Quern.Model;
using Quern.Peers.Dispatch;
using Quern.Scheduling.Matching;
using Quern.Storage;

namespace Quern.MasterHost.Api;

/// <summary>Says why a job is where it is, with the scheduler's own rules.</summary>
internal sealed class WhyAnswers(FarmStore store, WorkerPool pool)
{
    private const int MaxNeeds = 200;

    public async Task<WhyModel> ExplainAsync(JobRow job, CancellationToken cancellationToken)
    {
        var details = ImmutableArray.CreateBuilder<string>();
        string sentence = job.State switch
        {
            JobState.Blocked or JobState.Ready => await WaitingAsync(job, details, cancellationToken),
            JobState.Running => $"runs on {job.Worker} since {Time(job.StartedAt)}{(job.CancelRequested ? "; it is being cancelled" : "")}",
            JobState.Succeeded => $"succeeded at {Time(job.FinishedAt)}",
            _ => $"{job.State.Word()}: {job.Reason}",
        };
        if (job.Lost > 0) details.Add(string.Create(CultureInfo.InvariantCulture, $"it was lost {job.Lost} times before"));
        return new WhyModel(job.Id.ToString(), job.Number, job.State.Word(), $"{job.Title} {sentence.TrimEnd('.')}.", details.ToImmutable());
    }

    private async Task<string> WaitingAsync(JobRow job, ImmutableArray<string>.Builder details, CancellationToken cancellationToken)
    {
        var needs = ImmutableArray.CreateBuilder<WaitingNeed>();
        foreach (var id in (await store.NeedsOfAsync(job.Id, cancellationToken)).Take(MaxNeeds))
        {
            if (await store.FindJobAsync(id.ToString(), cancellationToken) is not { } need) continue;
            needs.Add(new WaitingNeed(need.Title, need.Number, need.State));
            if (need.State != JobState.Succeeded) details.Add(string.Create(CultureInfo.InvariantCulture, $"needs {need.Title} (job {need.Number}), which is {need.State.Word()}"));
        }
        var offers = pool.Standings().Select(s => s.ToOffer()).ToList();
        foreach (var offer in offers)
            details.Add(string.Create(CultureInfo.InvariantCulture, $"worker {offer.Name}: {offer.Slots - offer.FreeSlots} of {offer.Slots} slots busy"));
        var locks = job.Locks.IsEmpty ? [] : await store.ListLocksAsync(cancellationToken);
        foreach (var wanted in locks.Where(l => job.Locks.Contains(l.Name)))
            details.Add(string.Create(CultureInfo.InvariantCulture, $"lock {wanted.Name}: held by {wanted.Holders.Length} of {wanted.Most} jobs"));
        var candidate = new ReadyCandidate(job.Id, job.Number, job.Priority, job.Pool, job.Builder) { Locks = job.Locks, IsRecipe = job.Package is not null };
        return WhyWaiting.Explain([new WaitingJob(candidate, needs.ToImmutable())], offers, [.. locks.Select(l => l.ToOffer())])[0].Sentence;
    }

    private static string Time(DateTimeOffset? time) => time is { } t ? t.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture) : "an unknown time";
}
