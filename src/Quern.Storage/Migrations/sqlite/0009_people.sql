-- Where a session came from and what was used; empty where it is not known. Networks that a token may come from: JSON list of CIDR, [] for any.
ALTER TABLE tokens ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN product TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN networks TEXT NOT NULL DEFAULT '[]';

-- What the agents of a group are to be built with: a message of the administration protocol in base 64; empty for the farm's defaults.
ALTER TABLE teams ADD COLUMN agent_config TEXT NOT NULL DEFAULT '';
