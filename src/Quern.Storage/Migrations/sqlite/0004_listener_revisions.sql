-- The revisions of its protocol that a listener speaks, such as 'v7,v1'. Empty for the protocol's own default.
ALTER TABLE listeners ADD COLUMN revisions TEXT NOT NULL DEFAULT '';
