-- Some jobs and some rows of the log are about the installation, not about one request.
ALTER TABLE outbox ALTER COLUMN request_id DROP NOT NULL;
ALTER TABLE audit ALTER COLUMN request_id DROP NOT NULL;

-- Regular work that one instance at a time does for all, and when its next round may begin.
CREATE TABLE rounds (
    work    TEXT   NOT NULL PRIMARY KEY,
    next_at BIGINT NOT NULL
);
