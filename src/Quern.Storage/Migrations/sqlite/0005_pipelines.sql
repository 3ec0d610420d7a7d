-- 1 when it succeeded although a step failed; the reason says which.
ALTER TABLE jobs ADD COLUMN warnings BIGINT NOT NULL DEFAULT 0;
-- Names of the locks that it holds while it runs, separated by commas; the rows are in job_locks.
ALTER TABLE jobs ADD COLUMN locks TEXT NOT NULL DEFAULT '';
CREATE INDEX jobs_of_builder ON jobs (builder, number) WHERE builder <> '';

CREATE TABLE job_steps (
    job BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'succeeded', 'warnings', 'failed', 'skipped', 'cancelled', 'lost')),
    exit_code BIGINT,
    reason TEXT NOT NULL,
    started_at BIGINT,
    finished_at BIGINT,
    first_line BIGINT NOT NULL,
    lines BIGINT NOT NULL,
    logs TEXT NOT NULL,
    PRIMARY KEY (job, attempt, position)
) WITHOUT ROWID;

-- How many jobs may hold a lock at once, over the whole farm.
CREATE TABLE locks (
    name TEXT PRIMARY KEY,
    most BIGINT NOT NULL CHECK (most > 0)
);
CREATE TABLE job_locks (
    job BIGINT NOT NULL,
    name TEXT NOT NULL,
    held BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (job, name)
) WITHOUT ROWID;
CREATE INDEX job_locks_held ON job_locks (name, job) WHERE held = 1;
