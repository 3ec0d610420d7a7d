-- MD5 of package files, which the package manager leaf checks downloads with. A file without a row gets one when it is first listed.
CREATE TABLE file_md5 (
    sha256 TEXT PRIMARY KEY,
    md5 TEXT NOT NULL
) WITHOUT ROWID;
