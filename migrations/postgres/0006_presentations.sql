-- Verified IDs that were asked for, counted for each request. What the service sends back is recognised by two
-- secrets, kept as SHA-256. Of what it says nothing is kept but whether it held: `progress` is 0 when asked for,
-- 1 when a wallet has opened it, 2 when it was refused, 3 when it held.
CREATE TABLE presentations (
    request_id      UUID   NOT NULL REFERENCES requests (id),
    number          BIGINT NOT NULL,
    key_hash        BYTEA  NOT NULL,
    state_hash      BYTEA  NOT NULL,
    progress        BIGINT NOT NULL DEFAULT 0,
    created_at      BIGINT NOT NULL,
    service_request TEXT,
    link            TEXT,
    expires_at      BIGINT,
    PRIMARY KEY (request_id, number)
);

CREATE UNIQUE INDEX presentations_by_key ON presentations (key_hash);
