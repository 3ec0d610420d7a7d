-- What a login over Perspective Broker is checked with (docs/adr/0007-worker-verifier.md). Empty until the password is set again.
ALTER TABLE workers ADD COLUMN password_md5 TEXT NOT NULL DEFAULT '';
