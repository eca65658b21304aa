-- A recovery request. `body` is the whole aggregate; the other columns exist to find it and to let the
-- database itself hold the two rules that must never break: one change at a time (version), one
-- occupied subject (the unique index).
CREATE TABLE requests (
    id           BLOB    NOT NULL PRIMARY KEY,
    version      INTEGER NOT NULL,
    state        TEXT    NOT NULL,
    is_open      INTEGER NOT NULL,
    occupies     INTEGER NOT NULL,
    subject_id   TEXT,
    browser_hash BLOB    NOT NULL,
    opened_at    INTEGER NOT NULL,
    changed_at   INTEGER NOT NULL,
    due_at       INTEGER,
    disclosed_at INTEGER,
    reported_at  INTEGER,
    body         TEXT    NOT NULL
) STRICT;

CREATE UNIQUE INDEX one_request_per_subject ON requests (subject_id) WHERE occupies = 1;
CREATE UNIQUE INDEX requests_by_browser ON requests (browser_hash);
CREATE INDEX requests_by_due ON requests (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX requests_by_opened ON requests (opened_at DESC, id DESC);
CREATE INDEX requests_by_state ON requests (state, opened_at DESC, id DESC);
CREATE INDEX requests_by_openness ON requests (is_open, opened_at DESC, id DESC);
CREATE INDEX requests_by_subject ON requests (subject_id, opened_at DESC);

-- Secrets that were mailed as links, as SHA-256.
CREATE TABLE links (
    hash       BLOB    NOT NULL PRIMARY KEY,
    purpose    TEXT    NOT NULL,
    request_id BLOB    NOT NULL REFERENCES requests (id),
    person_id  TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

-- Work to be carried out, written in the transaction of the change that asked for it.
CREATE TABLE outbox (
    id          BLOB    NOT NULL PRIMARY KEY,
    request_id  BLOB    NOT NULL REFERENCES requests (id),
    job         TEXT    NOT NULL,
    not_before  INTEGER NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0,
    lease_until INTEGER,
    done_at     INTEGER,
    failed_at   INTEGER,
    last_fault  TEXT
) STRICT;

CREATE INDEX outbox_by_due ON outbox (not_before) WHERE done_at IS NULL AND failed_at IS NULL;

-- What happened. Append-only: nobody with the server's own access changes a row.
CREATE TABLE audit (
    sequence   INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL,
    request_id BLOB    NOT NULL,
    actor      TEXT    NOT NULL,
    event      TEXT    NOT NULL
) STRICT;

CREATE INDEX audit_by_request ON audit (request_id, sequence);

CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

-- Accounts that a report keeps from being recovered: of a request, or of codes.
CREATE TABLE freezes (
    subject_id TEXT    NOT NULL,
    until      INTEGER NOT NULL,
    request_id BLOB    REFERENCES requests (id)
) STRICT;

CREATE INDEX freezes_by_subject ON freezes (subject_id, until);
