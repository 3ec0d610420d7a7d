-- Listeners get a number that stays, a name, an owner, TLS, limits and a revision. Two rows may now name one address: only what is open
-- has it, and the port itself decides that.
CREATE TABLE listeners_new (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    -- The name in lower case: names are unique whatever their case.
    name_key TEXT NOT NULL UNIQUE,
    protocol TEXT NOT NULL,
    address TEXT NOT NULL,
    port BIGINT NOT NULL,
    enabled BIGINT NOT NULL,
    origin TEXT NOT NULL,
    revisions TEXT NOT NULL DEFAULT '',
    -- The id of an account; empty for none.
    owner TEXT NOT NULL DEFAULT '',
    -- 'none', 'farm', 'given' or 'files'.
    tls TEXT NOT NULL DEFAULT 'none',
    -- 1: TLS 1.2 is good enough.
    older_tls BIGINT NOT NULL DEFAULT 0,
    -- 'given': PEM, and the key encrypted by whoever stores it. 'files': two paths.
    certificate TEXT NOT NULL DEFAULT '',
    private_key TEXT NOT NULL DEFAULT '',
    -- 0: the default of the protocol.
    max_connections BIGINT NOT NULL DEFAULT 0,
    max_per_second BIGINT NOT NULL DEFAULT 0,
    handshake_ms BIGINT NOT NULL DEFAULT 0,
    agent_acceptor BIGINT NOT NULL DEFAULT 1,
    client_acceptor BIGINT NOT NULL DEFAULT 1,
    revision BIGINT NOT NULL DEFAULT 1
);
INSERT INTO listeners_new (name, name_key, protocol, address, port, enabled, origin, revisions)
SELECT name, name, protocol, address, port, enabled, origin, revisions FROM (
    SELECT protocol || CASE WHEN port = 0 THEN '' ELSE '-' || port END ||
            CASE WHEN ROW_NUMBER() OVER (PARTITION BY protocol, port ORDER BY address) = 1 THEN ''
            ELSE '-' || ROW_NUMBER() OVER (PARTITION BY protocol, port ORDER BY address) END AS name,
        protocol, address, port, enabled, origin, revisions
    FROM listeners) ORDER BY protocol, address, port;
DROP TABLE listeners;
ALTER TABLE listeners_new RENAME TO listeners;
CREATE INDEX listeners_owner ON listeners (owner) WHERE owner <> '';
