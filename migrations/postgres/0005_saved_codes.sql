-- Saved recovery codes: a person has at most one set of them. A code is kept as its argon2id hash with the
-- salt of its set and a pepper that is not here.
CREATE TABLE saved_sets (
    id        UUID   NOT NULL PRIMARY KEY,
    person_id TEXT   NOT NULL UNIQUE,
    salt      BYTEA  NOT NULL,
    made_at   BIGINT NOT NULL
);

-- `position` is the code's number on paper, from 1.
CREATE TABLE saved_codes (
    id         UUID   NOT NULL PRIMARY KEY,
    set_id     UUID   NOT NULL REFERENCES saved_sets (id) ON DELETE CASCADE,
    position   BIGINT NOT NULL,
    hash       BYTEA  NOT NULL,
    used_at    BIGINT,
    request_id UUID   REFERENCES requests (id),
    UNIQUE (set_id, position)
);
