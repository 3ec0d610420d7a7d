-- What an imported package says of itself; null where the job that built it tells.
ALTER TABLE artifacts ADD COLUMN version TEXT;
ALTER TABLE artifacts ADD COLUMN description TEXT;
ALTER TABLE artifacts ADD COLUMN dependencies TEXT;
