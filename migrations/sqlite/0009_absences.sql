-- When approvers are away, as they say themselves, and who stands in for them. The names are those of the day on which it
-- was said, for people to read.
CREATE TABLE absences (
    id            BLOB NOT NULL PRIMARY KEY,
    person_id     TEXT NOT NULL,
    person_name   TEXT NOT NULL,
    from_at       INTEGER NOT NULL,
    until_at      INTEGER NOT NULL,
    planned_at    INTEGER NOT NULL,
    delegate_id   TEXT,
    delegate_name TEXT,
    CHECK (from_at < until_at),
    CHECK ((delegate_id IS NULL) = (delegate_name IS NULL))
) STRICT;

CREATE INDEX absences_by_person ON absences (person_id, until_at);
CREATE INDEX absences_by_delegate ON absences (delegate_id, until_at);
CREATE INDEX absences_by_end ON absences (until_at);
