-- What approvers did about a request, so that they find it again.
CREATE TABLE decisions (
    approver_id TEXT NOT NULL,
    at          BIGINT NOT NULL,
    request_id  UUID NOT NULL REFERENCES requests (id),
    verdict     TEXT NOT NULL,
    PRIMARY KEY (approver_id, at, request_id)
);
