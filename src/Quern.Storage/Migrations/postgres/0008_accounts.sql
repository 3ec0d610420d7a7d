-- People. An account's revision counts what administrators and its owner change; what logins change (failures, lock, last code and
-- sign-in) does not count, so that somebody who guesses passwords does not get in an administrator's way.
CREATE TABLE accounts (
    id TEXT COLLATE "C" PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL UNIQUE,
    email TEXT NOT NULL,
    phone TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    security_stamp TEXT NOT NULL,
    disabled BIGINT NOT NULL,
    expires_at BIGINT,
    must_change_password BIGINT NOT NULL,
    -- Encrypted by whoever stores it; empty for none.
    totp_secret TEXT NOT NULL,
    -- 0 while the secret waits for its first code.
    totp_enabled BIGINT NOT NULL,
    recovery_codes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    failures BIGINT NOT NULL DEFAULT 0,
    failures_since BIGINT,
    locked_until BIGINT,
    totp_last_step BIGINT NOT NULL DEFAULT 0,
    last_sign_in_at BIGINT
);

-- What an account may do: everywhere (scope 'farm') or within a group (scope 'group'). Rights are a JSON list of words.
CREATE TABLE roles (
    name TEXT COLLATE "C" PRIMARY KEY,
    scope TEXT COLLATE "C" NOT NULL CHECK (scope IN ('farm', 'group')),
    description TEXT NOT NULL,
    rights TEXT NOT NULL,
    built_in BIGINT NOT NULL,
    revision BIGINT NOT NULL
);
-- Whoever changes the circle of superusers locks this row first: two changes at once cannot remove the last two.
INSERT INTO roles (name, scope, description, rights, built_in, revision) VALUES ('superuser', 'farm', 'Everything', '["*"]', 1, 1);

CREATE TABLE account_roles (
    account TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (account, role)
);
CREATE INDEX account_roles_role ON account_roles (role, account);

CREATE TABLE teams (
    id TEXT COLLATE "C" PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    -- The name in lower case: names are unique whatever their case.
    name_key TEXT COLLATE "C" NOT NULL UNIQUE,
    description TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
);
CREATE TABLE memberships (
    team TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (team, account)
);
CREATE UNIQUE INDEX memberships_owner ON memberships (team) WHERE role = 'owner';
CREATE INDEX memberships_account ON memberships (account, team);

-- Tokens of people and programs. Sign-ins of the time before accounts end here: who had one signs in again.
DELETE FROM tokens WHERE expires_at IS NOT NULL;
ALTER TABLE tokens ADD COLUMN id TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN name TEXT NOT NULL DEFAULT '';
-- 'farm': stands for itself; 'session' and 'api': may do what its account may at that moment.
ALTER TABLE tokens ADD COLUMN kind TEXT NOT NULL DEFAULT 'farm';
ALTER TABLE tokens ADD COLUMN account TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN last_used_at BIGINT;
-- Of a session that ends when nobody uses it: for how long, in microseconds, and until when by now.
ALTER TABLE tokens ADD COLUMN idle_time BIGINT;
ALTER TABLE tokens ADD COLUMN idle_until BIGINT;
UPDATE tokens SET id = substr(secret_sha256, 1, 16);
CREATE UNIQUE INDEX tokens_id ON tokens (id);
CREATE INDEX tokens_account ON tokens (account) WHERE account <> '';
