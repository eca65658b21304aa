-- Verified IDs that were asked for, counted for each request. What the service sends back is recognised by two
-- secrets, kept as SHA-256. Of what it says nothing is kept but whether it held: `progress` is 0 when asked for,
-- 1 when a wallet has opened it, 2 when it was refused, 3 when it held.
CREATE TABLE presentations (
    request_id      BLOB    NOT NULL REFERENCES requests (id),
    number          INTEGER NOT NULL,
    key_hash        BLOB    NOT NULL,
    state_hash      BLOB    NOT NULL,
    progress        INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL,
    service_request TEXT,
    link            TEXT,
    expires_at      INTEGER,
    PRIMARY KEY (request_id, number)
) STRICT;

CREATE UNIQUE INDEX presentations_by_key ON presentations (key_hash);
