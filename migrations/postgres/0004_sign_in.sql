-- Sign-ins at the organisation's identity provider that have begun, by the SHA-256 of their state. One is used
-- once. It stays for some time afterwards, so that an answer that comes again is told from one that nobody asked
-- for; `refused_at` keeps a repeated answer from filling the log.
CREATE TABLE sign_ins (
    hash         BYTEA  NOT NULL PRIMARY KEY,
    purpose      TEXT   NOT NULL,
    place        TEXT,
    request_id   UUID   REFERENCES requests (id),
    browser_hash BYTEA  NOT NULL,
    expires_at   BIGINT NOT NULL,
    used_at      BIGINT,
    refused_at   BIGINT
);

CREATE INDEX sign_ins_by_end ON sign_ins (expires_at);

-- Sessions of employees who signed in there, by the SHA-256 of their cookie. `authenticated_at` is when the
-- identity provider saw them last.
CREATE TABLE employee_sessions (
    hash             BYTEA  NOT NULL PRIMARY KEY,
    person_id        TEXT   NOT NULL,
    name             TEXT   NOT NULL,
    authenticated_at BIGINT,
    created_at       BIGINT NOT NULL,
    last_seen_at     BIGINT NOT NULL
);

CREATE INDEX employee_sessions_by_start ON employee_sessions (created_at);
CREATE INDEX employee_sessions_by_person ON employee_sessions (person_id);
