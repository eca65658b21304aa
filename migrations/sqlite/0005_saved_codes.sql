-- Saved recovery codes: a person has at most one set of them. A code is kept as its argon2id hash with the
-- salt of its set and a pepper that is not here.
CREATE TABLE saved_sets (
    id        BLOB    NOT NULL PRIMARY KEY,
    person_id TEXT    NOT NULL UNIQUE,
    salt      BLOB    NOT NULL,
    made_at   INTEGER NOT NULL
) STRICT;

-- `position` is the code's number on paper, from 1.
CREATE TABLE saved_codes (
    id         BLOB    NOT NULL PRIMARY KEY,
    set_id     BLOB    NOT NULL REFERENCES saved_sets (id) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    hash       BLOB    NOT NULL,
    used_at    INTEGER,
    request_id BLOB    REFERENCES requests (id),
    UNIQUE (set_id, position)
) STRICT;
