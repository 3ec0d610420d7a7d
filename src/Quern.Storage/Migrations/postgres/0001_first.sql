-- Times are microseconds since 1970 UTC; ids are UUIDs in lower-case text; data columns hold JSON text.
-- Keys compare by bytes (COLLATE "C"), as SQLite does, so both stores order alike.
CREATE TABLE journal (
    sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    time BIGINT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    actor TEXT NOT NULL,
    data TEXT NOT NULL
);

CREATE TABLE jobs (
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    title TEXT NOT NULL,
    package TEXT COLLATE "C" NOT NULL DEFAULT '',
    revision BIGINT,
    environment TEXT COLLATE "C" NOT NULL,
    architecture TEXT COLLATE "C" NOT NULL DEFAULT '',
    plan TEXT,
    pool TEXT COLLATE "C" NOT NULL DEFAULT '',
    builder TEXT COLLATE "C" NOT NULL DEFAULT '',
    priority BIGINT NOT NULL DEFAULT 0,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('blocked', 'ready', 'running', 'succeeded', 'failed', 'cancelled', 'skipped')),
    reason TEXT NOT NULL DEFAULT '',
    attempt BIGINT NOT NULL DEFAULT 0,
    lost BIGINT NOT NULL DEFAULT 0,
    needs_left BIGINT NOT NULL DEFAULT 0,
    continue_on_failure BIGINT NOT NULL DEFAULT 0,
    cancel_requested BIGINT NOT NULL DEFAULT 0,
    worker TEXT COLLATE "C" NOT NULL DEFAULT '',
    place TEXT NOT NULL DEFAULT '',
    node TEXT NOT NULL DEFAULT '',
    lease_until BIGINT NOT NULL DEFAULT 0,
    batch TEXT COLLATE "C",
    requester TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    ready_at BIGINT,
    started_at BIGINT,
    finished_at BIGINT,
    log_lines BIGINT NOT NULL DEFAULT 0,
    log_bytes BIGINT NOT NULL DEFAULT 0,
    artifact_sha256 TEXT,
    artifact_bytes BIGINT,
    exit_code BIGINT,
    failed_step TEXT NOT NULL DEFAULT ''
);
-- The dispatcher's queue: one range per pool, best job first. The state stands in it so that planners prefer it to jobs_state.
CREATE INDEX jobs_ready ON jobs (state, pool, priority DESC, number) WHERE state = 'ready';
CREATE INDEX jobs_state ON jobs (state, number);
CREATE INDEX jobs_package ON jobs (package, number) WHERE package <> '';
CREATE INDEX jobs_batch ON jobs (batch, number) WHERE batch IS NOT NULL;
-- At most one job of a builder runs on one worker at a time.
CREATE UNIQUE INDEX jobs_builder ON jobs (worker, builder) WHERE state = 'running' AND builder <> '';

CREATE TABLE job_needs (
    job BIGINT NOT NULL,
    need BIGINT NOT NULL,
    PRIMARY KEY (job, need)
);
CREATE INDEX job_needs_need ON job_needs (need, job);

CREATE TABLE batches (
    id TEXT COLLATE "C" PRIMARY KEY,
    title TEXT NOT NULL,
    requester TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    continue_on_failure BIGINT NOT NULL
);

CREATE TABLE submissions (
    idempotency_key TEXT COLLATE "C" PRIMARY KEY,
    created_at BIGINT NOT NULL,
    answer TEXT NOT NULL
);

CREATE TABLE recipe_heads (
    name TEXT COLLATE "C" PRIMARY KEY,
    revision BIGINT NOT NULL,
    deleted BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE recipes (
    name TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    real_version TEXT COLLATE "C" NOT NULL,
    text TEXT NOT NULL,
    recipe TEXT NOT NULL,
    note TEXT NOT NULL,
    author TEXT NOT NULL,
    time BIGINT NOT NULL,
    PRIMARY KEY (name, revision)
);

CREATE TABLE artifacts (
    name TEXT COLLATE "C" NOT NULL,
    real_version TEXT COLLATE "C" NOT NULL,
    real_number BIGINT NOT NULL,
    environment TEXT COLLATE "C" NOT NULL,
    architecture TEXT COLLATE "C" NOT NULL,
    sha256 TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    job TEXT NOT NULL,
    time BIGINT NOT NULL,
    PRIMARY KEY (name, real_version, environment, architecture)
);

CREATE TABLE sources (
    id TEXT COLLATE "C" PRIMARY KEY,
    filename TEXT NOT NULL,
    description TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    added_by TEXT NOT NULL,
    time BIGINT NOT NULL
);
CREATE TABLE pins (
    url TEXT COLLATE "C" PRIMARY KEY,
    sha256 TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    time BIGINT NOT NULL
);

CREATE TABLE workers (
    name TEXT COLLATE "C" PRIMARY KEY,
    slots BIGINT NOT NULL,
    password_sha256 TEXT NOT NULL,
    enabled BIGINT NOT NULL,
    origin TEXT NOT NULL
);
CREATE TABLE worker_events (
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    worker TEXT COLLATE "C" NOT NULL,
    time BIGINT NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    description TEXT
);
CREATE INDEX worker_events_worker ON worker_events (worker, number);

CREATE TABLE listeners (
    protocol TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    port BIGINT NOT NULL,
    enabled BIGINT NOT NULL,
    origin TEXT NOT NULL,
    PRIMARY KEY (protocol, address, port)
);

CREATE TABLE tokens (
    secret_sha256 TEXT COLLATE "C" PRIMARY KEY,
    principal TEXT NOT NULL,
    rights TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT
);
