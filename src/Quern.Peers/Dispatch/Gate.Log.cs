using Microsoft.Extensions.Logging;
using Quern.Model;

namespace Quern.Peers.Dispatch;

public sealed partial class Gate
{
    private static partial class Log
    {
        [LoggerMessage(2101, LogLevel.Information, "Worker {Worker} connected over {Protocol}.")]
        public static partial void WorkerConnected(ILogger logger, WorkerName worker, string protocol);

        [LoggerMessage(2102, LogLevel.Information, "Worker {Worker} disconnected: {Reason}.")]
        public static partial void WorkerDisconnected(ILogger logger, WorkerName worker, string reason);

        [LoggerMessage(2103, LogLevel.Warning, "{Count} jobs of an earlier run of this gate were lost and run again.")]
        public static partial void JobsRecovered(ILogger logger, int count);

        [LoggerMessage(2104, LogLevel.Warning, "{Count} leases had expired; their jobs run again.")]
        public static partial void LeasesExpired(ILogger logger, int count);

        [LoggerMessage(2105, LogLevel.Error, "Leases were not renewed.")]
        public static partial void LeasesNotRenewed(ILogger logger, Exception exception);

        [LoggerMessage(2106, LogLevel.Error, "A dispatch round failed; it is tried again in a second.")]
        public static partial void DispatchFailed(ILogger logger, Exception exception);

        [LoggerMessage(2107, LogLevel.Error, "Job {Job} could not be run.")]
        public static partial void JobErred(ILogger logger, JobId job, Exception exception);

        [LoggerMessage(2108, LogLevel.Error, "The outcome of job {Job} was not stored; the job runs again when its lease ends.")]
        public static partial void OutcomeNotStored(ILogger logger, JobId job, Exception exception);

        [LoggerMessage(2109, LogLevel.Error, "The log of job {Job} is not whole.")]
        public static partial void LogNotWhole(ILogger logger, JobId job, Exception exception);

        [LoggerMessage(2110, LogLevel.Error, "The journal could not be read; it is tried again in a second.")]
        public static partial void JournalNotRead(ILogger logger, Exception exception);

        [LoggerMessage(2111, LogLevel.Warning, "That worker {Worker} {Kind} could not be stored.")]
        public static partial void WorkerEventNotStored(ILogger logger, WorkerName worker, string kind, Exception exception);

        [LoggerMessage(2113, LogLevel.Information, "Worker {Worker} asked to go or is sent home; it gets no more jobs and ends when it is idle.")]
        public static partial void WorkerLeaves(ILogger logger, WorkerName worker);

        [LoggerMessage(2112, LogLevel.Error, "The outcome of job {Job} could not be stored; it is tried again every second until it can.")]
        public static partial void OutcomeWaits(ILogger logger, JobId job, Exception exception);
    }
}
