-- Who leads whom, as it was last seen: a manager who is new in the place of another one is not asked for a while.
-- Without one, `manager_id` is null. `changed_at` is when this was first seen after something else; null for what was seen
-- first of all.
CREATE TABLE managers (
    person_id  TEXT   NOT NULL PRIMARY KEY,
    manager_id TEXT,
    changed_at BIGINT,
    seen_at    BIGINT NOT NULL
);

CREATE INDEX managers_by_sight ON managers (seen_at);

-- The groups whose members approve, as far as they were ever looked at, and when they were last.
CREATE TABLE noted_groups (
    group_id TEXT NOT NULL PRIMARY KEY,
    seen_at  BIGINT NOT NULL
);

-- Who is in them, as it was last seen: whoever has come lately is not asked for a while. `since_at` is when they were first
-- seen; null for whoever was there when the group was first looked at.
CREATE TABLE group_members (
    group_id  TEXT NOT NULL REFERENCES noted_groups (group_id),
    person_id TEXT NOT NULL,
    since_at  BIGINT,
    PRIMARY KEY (group_id, person_id)
);

-- The rounds in which all of this is looked at. There is one row, from when a round was first wanted.
CREATE TABLE directory_rounds (
    id        BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    wanted_at BIGINT NOT NULL,
    ended_at  BIGINT,
    told_at   BIGINT
);
