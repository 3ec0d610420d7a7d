-- When retention deleted the job's logs; null while they are kept.
ALTER TABLE jobs ADD COLUMN log_deleted_at BIGINT;
-- Retention's queue: one range per state, longest finished first. A state that is kept for ever is never walked through.
CREATE INDEX jobs_kept_logs ON jobs (state, finished_at, number)
    WHERE log_deleted_at IS NULL AND attempt > 0 AND finished_at IS NOT NULL;
