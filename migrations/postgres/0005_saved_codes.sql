-- Saved recovery codes: a person has at most one set of them. A code is kept as its argon2id hash with the
-- salt of its set and a pepper that is not here: `pepper` only tells one from another. None works once its set is void;
-- the set stays until others take its place, so that its owner can be told. `checked_at` is when it was last looked
-- whether its owner is in the directory, and `absent_since` since when they are not.
CREATE TABLE saved_sets (
    id           UUID   NOT NULL PRIMARY KEY,
    person_id    TEXT   NOT NULL UNIQUE,
    pepper       BYTEA  NOT NULL,
    salt         BYTEA  NOT NULL,
    made_at      BIGINT NOT NULL,
    voided_at    BIGINT,
    checked_at   BIGINT NOT NULL,
    absent_since BIGINT
);

CREATE INDEX saved_sets_by_check ON saved_sets (checked_at);

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

-- Links under which the owner of codes says that somebody else made them, as SHA-256. They are a
-- person's: whoever replaces the codes must not end the links of those before.
CREATE TABLE saved_set_links (
    hash       BYTEA  NOT NULL PRIMARY KEY,
    person_id  TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX saved_set_links_by_end ON saved_set_links (expires_at);
