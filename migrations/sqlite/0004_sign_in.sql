-- Sign-ins at the organisation's identity provider that have begun, by the SHA-256 of their state. One is used
-- once. It stays for some time afterwards, so that an answer that comes again is told from one that nobody asked
-- for; `refused_at` keeps a repeated answer from filling the log.
CREATE TABLE sign_ins (
    hash         BLOB    NOT NULL PRIMARY KEY,
    purpose      TEXT    NOT NULL,
    place        TEXT,
    request_id   BLOB    REFERENCES requests (id),
    browser_hash BLOB    NOT NULL,
    expires_at   INTEGER NOT NULL,
    used_at      INTEGER,
    refused_at   INTEGER
) STRICT;

CREATE INDEX sign_ins_by_end ON sign_ins (expires_at);

-- Sessions of employees who signed in there, by the SHA-256 of their cookie. `authenticated_at` is when the
-- identity provider saw them last.
CREATE TABLE employee_sessions (
    hash             BLOB    NOT NULL PRIMARY KEY,
    person_id        TEXT    NOT NULL,
    name             TEXT    NOT NULL,
    authenticated_at INTEGER,
    created_at       INTEGER NOT NULL,
    last_seen_at     INTEGER NOT NULL
) STRICT;

CREATE INDEX employee_sessions_by_start ON employee_sessions (created_at);
CREATE INDEX employee_sessions_by_person ON employee_sessions (person_id);
