-- Some jobs and some rows of the log are about the installation, not about one request. SQLite cannot
-- take a NOT NULL back, so both tables are made anew.
CREATE TABLE outbox_anew (
    id          BLOB    NOT NULL PRIMARY KEY,
    request_id  BLOB    REFERENCES requests (id),
    job         TEXT    NOT NULL,
    not_before  INTEGER NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0,
    lease_until INTEGER,
    done_at     INTEGER,
    failed_at   INTEGER,
    last_fault  TEXT
) STRICT;
INSERT INTO outbox_anew
SELECT id, request_id, job, not_before, attempts, lease_until, done_at, failed_at, last_fault FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_anew RENAME TO outbox;
CREATE INDEX outbox_by_due ON outbox (not_before) WHERE done_at IS NULL AND failed_at IS NULL;

CREATE TABLE audit_anew (
    sequence   INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL,
    request_id BLOB,
    actor      TEXT    NOT NULL,
    event      TEXT    NOT NULL
) STRICT;
INSERT INTO audit_anew SELECT sequence, at, request_id, actor, event FROM audit;
DROP TABLE audit;
ALTER TABLE audit_anew RENAME TO audit;
CREATE INDEX audit_by_request ON audit (request_id, sequence);
CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

-- Regular work that one instance at a time does for all, and when its next round may begin. An embedded
-- database has one instance; the table is here so that both engines have the same ones.
CREATE TABLE rounds (
    work    TEXT    NOT NULL PRIMARY KEY,
    next_at INTEGER NOT NULL
) STRICT;

-- The same condition as in the queries of both engines, so that the index serves them.
DROP INDEX one_request_per_subject;
CREATE UNIQUE INDEX one_request_per_subject ON requests (subject_id) WHERE occupies;
