-- How far each limit is used up: the moment at which it will be as if it had never been used. The key is a keyed hash of
-- what is limited, so that nobody reads here who was asked for, or from where.
CREATE TABLE limits (
    key       BLOB NOT NULL PRIMARY KEY,
    kind      TEXT NOT NULL,
    unused_at INTEGER NOT NULL
) STRICT;
CREATE INDEX limits_by_end ON limits (unused_at);

-- Tickets that have let somebody in, as SHA-256, until they would be too old anyway.
CREATE TABLE spent_tickets (
    hash       BLOB NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX spent_tickets_by_end ON spent_tickets (expires_at);

-- What keeps the installation from going on: an operator, or the circuit breaker.
CREATE TABLE holds (
    name     TEXT   NOT NULL PRIMARY KEY,
    since_at INTEGER NOT NULL,
    until_at INTEGER,
    reason   TEXT
) STRICT;

-- Whom each waiting request is waiting for. Ten slots are as many as one approver may have waiting when somebody asks for
-- approval; whoever is asked later, because nobody else answered, takes one beyond.
CREATE TABLE pending_approvals (
    approver_id TEXT    NOT NULL,
    slot        INTEGER NOT NULL CHECK (slot >= 1),
    request_id  BLOB NOT NULL REFERENCES requests (id),
    PRIMARY KEY (approver_id, slot)
) STRICT;
CREATE UNIQUE INDEX pending_approvals_by_request ON pending_approvals (request_id, approver_id);

-- To find a link that was mailed to somebody.
CREATE INDEX links_by_person ON links (person_id, purpose, expires_at);
