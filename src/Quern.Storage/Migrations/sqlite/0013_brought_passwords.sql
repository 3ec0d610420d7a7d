-- Passwords that were brought from elsewhere (docs/adr/0007-worker-verifier.md): people may have made them up, so they are kept under a slow hash,
-- and their MD5 encrypted by whoever stores it. Both empty for an account without such a password.
ALTER TABLE workers ADD COLUMN password_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE workers ADD COLUMN sealed_md5 TEXT NOT NULL DEFAULT '';
-- Those of the configuration file stand there and nowhere else; agents have none.
UPDATE workers SET password_sha256 = '', password_md5 = '' WHERE origin IN ('file', 'agent');
