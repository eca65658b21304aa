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
