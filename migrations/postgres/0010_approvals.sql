-- Approvals that were given, by whom and for whom. The numbers of one approver follow each other without a gap, so that
-- of two approvals at the same time one is decided anew, and neither is one too many.
CREATE TABLE approvals (
    approver_id TEXT    NOT NULL,
    number      BIGINT NOT NULL,
    subject_id  TEXT    NOT NULL,
    request_id  UUID    NOT NULL REFERENCES requests (id),
    at          BIGINT NOT NULL,
    PRIMARY KEY (approver_id, number)
);
CREATE INDEX approvals_by_time ON approvals (approver_id, at);
