-- Local accounts of the console. `password` is an argon2id hash in PHC form.
CREATE TABLE admins (
    name       TEXT   NOT NULL PRIMARY KEY,
    password   TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);

-- Sessions of the console, by the SHA-256 of their cookie.
CREATE TABLE sessions (
    hash         BYTEA  NOT NULL PRIMARY KEY,
    admin        TEXT   NOT NULL REFERENCES admins (name) ON DELETE CASCADE,
    created_at   BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL
);
