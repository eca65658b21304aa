-- Saved recovery codes: a person has at most one set of them. A code is kept as its argon2id hash with the
-- salt of its set and a pepper that is not here: `pepper` only tells one from another. None works once its set is void;
-- the set stays until others take its place, so that its owner can be told. `checked_at` is when it was last looked
-- whether its owner is in the directory, and `absent_since` since when they are not.
CREATE TABLE saved_sets (
    id           BLOB    NOT NULL PRIMARY KEY,
    person_id    TEXT    NOT NULL UNIQUE,
    pepper       BLOB    NOT NULL,
    salt         BLOB    NOT NULL,
    made_at      INTEGER NOT NULL,
    voided_at    INTEGER,
    checked_at   INTEGER NOT NULL,
    absent_since INTEGER
) STRICT;

CREATE INDEX saved_sets_by_check ON saved_sets (checked_at);

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

-- Links under which the owner of codes says that somebody else made them, as SHA-256. They are a
-- person's: whoever replaces the codes must not end the links of those before.
CREATE TABLE saved_set_links (
    hash       BLOB    NOT NULL PRIMARY KEY,
    person_id  TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX saved_set_links_by_end ON saved_set_links (expires_at);
