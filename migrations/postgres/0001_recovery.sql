-- A recovery request. `body` is the whole aggregate; the other columns exist to find it and to let the
-- database itself hold the two rules that must never break: one change at a time (version), one
-- occupied subject (the unique index). Moments are milliseconds since 1970.
CREATE TABLE requests (
    id           UUID    NOT NULL PRIMARY KEY,
    version      BIGINT  NOT NULL,
    state        TEXT    NOT NULL,
    is_open      BOOLEAN NOT NULL,
    occupies     BOOLEAN NOT NULL,
    subject_id   TEXT,
    browser_hash BYTEA   NOT NULL,
    opened_at    BIGINT  NOT NULL,
    changed_at   BIGINT  NOT NULL,
    due_at       BIGINT,
    disclosed_at BIGINT,
    reported_at  BIGINT,
    body         TEXT    NOT NULL
);

CREATE UNIQUE INDEX one_request_per_subject ON requests (subject_id) WHERE occupies;
CREATE UNIQUE INDEX requests_by_browser ON requests (browser_hash);
CREATE INDEX requests_by_due ON requests (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX requests_by_opened ON requests (opened_at DESC, id DESC);
CREATE INDEX requests_by_state ON requests (state, opened_at DESC, id DESC);
CREATE INDEX requests_by_openness ON requests (is_open, opened_at DESC, id DESC);
CREATE INDEX requests_by_subject ON requests (subject_id, opened_at DESC);

-- Secrets that were mailed as links, as SHA-256.
CREATE TABLE links (
    hash       BYTEA  NOT NULL PRIMARY KEY,
    purpose    TEXT   NOT NULL,
    request_id UUID   NOT NULL REFERENCES requests (id),
    person_id  TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- Work to be carried out, written in the transaction of the change that asked for it.
CREATE TABLE outbox (
    id          UUID   NOT NULL PRIMARY KEY,
    request_id  UUID   NOT NULL REFERENCES requests (id),
    job         TEXT   NOT NULL,
    not_before  BIGINT NOT NULL,
    attempts    BIGINT NOT NULL DEFAULT 0,
    lease_until BIGINT,
    done_at     BIGINT,
    failed_at   BIGINT,
    last_fault  TEXT
);

CREATE INDEX outbox_by_due ON outbox (not_before) WHERE done_at IS NULL AND failed_at IS NULL;

-- What happened. Append-only: nobody with the server's own access changes a row.
CREATE TABLE audit (
    sequence   BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         BIGINT NOT NULL,
    request_id UUID   NOT NULL,
    actor      TEXT   NOT NULL,
    event      TEXT   NOT NULL
);

CREATE INDEX audit_by_request ON audit (request_id, sequence);

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END
$$;

CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON audit
FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();

CREATE TRIGGER audit_is_not_truncated BEFORE TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

-- Accounts that a report keeps from being recovered: of a request, or of codes.
CREATE TABLE freezes (
    subject_id TEXT   NOT NULL,
    until      BIGINT NOT NULL,
    request_id UUID   REFERENCES requests (id)
);

CREATE INDEX freezes_by_subject ON freezes (subject_id, until);
