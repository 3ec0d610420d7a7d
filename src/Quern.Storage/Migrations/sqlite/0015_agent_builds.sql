-- Agents made to order. What was ordered is here, the files are in the data folder of the master that took the order. No secret of a deployment is.

CREATE TABLE agent_builds (
    id TEXT PRIMARY KEY,
    -- Whose folder the file is in: only that master builds it.
    shelf TEXT NOT NULL,
    team TEXT NOT NULL,
    team_name TEXT NOT NULL,
    platform TEXT NOT NULL,
    format TEXT NOT NULL,
    -- JSON lists.
    tags TEXT NOT NULL,
    addresses TEXT NOT NULL,
    slots BIGINT NOT NULL,
    -- The machine that it is brought to, USER@HOST:PORT; empty for none.
    target TEXT NOT NULL,
    ordered_by TEXT NOT NULL,
    ordered_from TEXT NOT NULL,
    ordered_door TEXT NOT NULL,
    ordered_at BIGINT NOT NULL,
    step TEXT NOT NULL,
    percent BIGINT NOT NULL,
    message TEXT NOT NULL,
    -- How often it was begun.
    attempts BIGINT NOT NULL,
    -- The enrolment key inside; empty until it is made.
    enrolment_key TEXT NOT NULL,
    -- Of the file; null when there is none.
    file_name TEXT,
    file_bytes BIGINT,
    file_sha256 TEXT,
    -- Null until it has ended.
    kept_until BIGINT
);
CREATE INDEX agent_builds_shelf ON agent_builds (shelf);

-- Links that are good once; one that was used, or is over, is not here.
CREATE TABLE agent_links (
    secret_sha256 TEXT PRIMARY KEY,
    build TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX agent_links_build ON agent_links (build);
