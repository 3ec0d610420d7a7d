-- Few things of the farm itself: what everybody is shown before signing in, whether it is in maintenance, by what peers know it. Pictures
-- are in base 64; nothing here is secret.
CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
