-- Agents: workers that joined with an enrolment key and work by a certificate of their group.

-- Who signs a group's certificates. Stays when the group is removed, for as long as certificates of it may be in force.
CREATE TABLE agent_authorities (
    id TEXT COLLATE "C" PRIMARY KEY,
    team TEXT COLLATE "C" NOT NULL UNIQUE,
    -- DER in base64.
    certificate TEXT NOT NULL,
    -- PKCS#8 in base64, encrypted by whoever stores it.
    private_key TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE enrolment_keys (
    id TEXT COLLATE "C" PRIMARY KEY,
    secret_sha256 TEXT COLLATE "C" NOT NULL UNIQUE,
    team TEXT COLLATE "C" NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    max_uses BIGINT NOT NULL,
    uses_left BIGINT NOT NULL,
    require_approval BIGINT NOT NULL,
    -- JSON lists: networks in CIDR form that it may be used from (none: from everywhere), tags of the workers that it lets in.
    networks TEXT NOT NULL,
    tags TEXT NOT NULL,
    slots BIGINT NOT NULL,
    note TEXT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX enrolment_keys_team ON enrolment_keys (team);

CREATE TABLE agents (
    uuid TEXT COLLATE "C" PRIMARY KEY,
    worker TEXT COLLATE "C" NOT NULL UNIQUE,
    team TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('pending', 'active', 'rejected', 'revoked')),
    -- The enrolment key that it came with and the hash of its own public key then: who has both is the same agent asking again.
    enrolment_key TEXT COLLATE "C" NOT NULL,
    public_key_sha256 TEXT COLLATE "C" NOT NULL,
    tags TEXT NOT NULL,
    hostname TEXT NOT NULL,
    platform TEXT NOT NULL,
    version TEXT NOT NULL,
    address TEXT NOT NULL,
    first_seen_at BIGINT NOT NULL,
    last_seen_at BIGINT,
    drained BIGINT NOT NULL DEFAULT 0,
    -- Certificates that were issued before are to be replaced; null for none.
    renewal_asked_at BIGINT
);
CREATE INDEX agents_team ON agents (team);
CREATE UNIQUE INDEX agents_enrolled ON agents (enrolment_key, public_key_sha256);

CREATE TABLE agent_certificates (
    serial TEXT COLLATE "C" PRIMARY KEY,
    agent TEXT COLLATE "C" NOT NULL,
    authority TEXT COLLATE "C" NOT NULL,
    issued_at BIGINT NOT NULL,
    not_after BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX agent_certificates_agent ON agent_certificates (agent);
