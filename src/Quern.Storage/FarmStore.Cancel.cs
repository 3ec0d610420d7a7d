using Quern.Model;
using Quern.Scheduling;

namespace Quern.Storage;

public sealed partial class FarmStore
{
    /// <summary>Cancels a job that has not started, or asks the gate of a running one to interrupt it.</summary>
    /// <param name="reason">One sentence for people.</param>
    public Task<CancelResult> CancelAsync(JobId job, string reason, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync<CancelResult>(async w =>
        {
            if (await FindForCancelAsync(w, job) is not { } found) return new CancelResult.NotFound();
            switch (JobRules.OnCancel(found.State))
            {
                case CancelStep.TooLate:
                    return new CancelResult.AlreadyFinished(found.State);
                case CancelStep.AskWorker:
                    int changed = await w.Sql.ExecuteAsync(
                        "UPDATE jobs SET cancel_requested = 1, reason = @reason WHERE number = @number AND cancel_requested = 0",
                        ("reason", reason), ("number", found.Number));
                    if (changed > 0)
                        w.Emit(EventKinds.JobCancelRequested, job.ToString(), actor.Name, EventData.Of(("number", found.Number), ("reason", reason)));
                    return new CancelResult.Requested();
                default:
                    await CancelQueuedAsync(w, job, found, reason, actor);
                    await FollowAsync(w, new EndedJob(found.Number, found.Title, JobState.Cancelled), actor);
                    return new CancelResult.Cancelled();
            }
        }, cancellationToken);

    private async Task<EndedJob?> FindForCancelAsync(WriteSession w, JobId job)
    {
        await using var reader = await w.Sql.QueryAsync(
            "SELECT number, title, state FROM jobs WHERE id = @id" + _dialect.ForUpdate, ("id", job.ToString()));
        return await reader.ReadAsync() ? new EndedJob(reader.GetInt64(0), reader.GetString(1), StateOf(reader.GetString(2))) : null;
    }
}
