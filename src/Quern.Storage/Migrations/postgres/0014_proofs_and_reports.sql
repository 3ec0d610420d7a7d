-- When whoever holds a session last proved by password and code that it is them; null for tokens that are no sessions.
ALTER TABLE tokens ADD COLUMN proved_at BIGINT;
UPDATE tokens SET proved_at = created_at WHERE kind = 'session';

-- What an agent said of its machine over the administration protocol; empty until it did. The words are the protocol's in lower case.
ALTER TABLE agents ADD COLUMN os TEXT NOT NULL DEFAULT '';
ALTER TABLE agents ADD COLUMN processor TEXT NOT NULL DEFAULT '';
ALTER TABLE agents ADD COLUMN install_folder TEXT NOT NULL DEFAULT '';
ALTER TABLE agents ADD COLUMN boot_agent BIGINT NOT NULL DEFAULT 0;
ALTER TABLE agents ADD COLUMN reported_at BIGINT;
