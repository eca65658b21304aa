//! What the tables hold, and what must be so whatever led there.

use std::collections::{HashMap, HashSet};

use domain::{Event, Fence, IntentId, Request, RequestId, StateName};
use serde_json::Value;
use uuid::Uuid;

use crate::{engine::Tables, secrets::find_secret};

/// A row about a request.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestRow {
    pub version: i64,
    pub state: String,
    pub is_open: bool,
    pub occupies: bool,
    pub subject: Option<String>,
    pub browser: Vec<u8>,
    pub opened_at: i64,
    pub changed_at: i64,
    pub due_at: Option<i64>,
    pub body: Request,
}

/// A row of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogRow {
    pub at: i64,
    pub actor: String,
    pub event: Event,
}

/// A row of the outbox.
#[derive(Clone, Debug, PartialEq)]
pub struct JobRow {
    pub request: RequestId,
    pub job: Value,
    pub not_before: i64,
    pub attempts: i64,
    pub lease_until: Option<i64>,
    pub done_at: Option<i64>,
    pub failed_at: Option<i64>,
}

/// Everything that is kept about requests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Content {
    pub requests: HashMap<RequestId, RequestRow>,
    /// By request, oldest first.
    pub log: HashMap<RequestId, Vec<LogRow>>,
    pub jobs: HashMap<Uuid, JobRow>,
    /// Who is frozen until when, and by which request, in the order of the moments.
    pub freezes: Vec<(String, i64, RequestId)>,
}

type RawRequest = (
    Uuid,
    i64,
    String,
    bool,
    bool,
    Option<String>,
    Vec<u8>,
    i64,
    i64,
    Option<i64>,
    String,
);
type RawJob = (
    Uuid,
    Uuid,
    String,
    i64,
    i64,
    Option<i64>,
    Option<i64>,
    Option<i64>,
);

impl Content {
    /// What the tables hold now.
    pub async fn read(tables: &Tables) -> Self {
        let mut content = Self::default();
        let requests: Vec<RawRequest> = tables
            .select(
                "SELECT id, version, state, is_open, occupies, subject_id, browser_hash, opened_at,
                        changed_at, due_at, body FROM requests",
            )
            .await;
        for (
            id,
            version,
            state,
            is_open,
            occupies,
            subject,
            browser,
            opened_at,
            changed_at,
            due_at,
            body,
        ) in requests
        {
            let row = RequestRow {
                version,
                state,
                is_open,
                occupies,
                subject,
                browser,
                opened_at,
                changed_at,
                due_at,
                body: read_text(&body),
            };
            content.requests.insert(RequestId(id), row);
        }
        let log: Vec<(Uuid, i64, String, String)> = tables
            .select("SELECT request_id, at, actor, event FROM audit WHERE request_id IS NOT NULL ORDER BY sequence")
            .await;
        for (id, at, actor, event) in log {
            let event = read_text(&event);
            let rows = content.log.entry(RequestId(id)).or_default();
            rows.push(LogRow { at, actor, event });
        }
        let jobs: Vec<RawJob> = tables
            .select(
                "SELECT id, request_id, job, not_before, attempts, lease_until, done_at, failed_at
                 FROM outbox WHERE request_id IS NOT NULL",
            )
            .await;
        for (id, request, job, not_before, attempts, lease_until, done_at, failed_at) in jobs {
            let row = JobRow {
                request: RequestId(request),
                job: read_text(&job),
                not_before,
                attempts,
                lease_until,
                done_at,
                failed_at,
            };
            content.jobs.insert(id, row);
        }
        let freezes: Vec<(String, i64, Uuid)> = tables
            .select("SELECT subject_id, until, request_id FROM freezes ORDER BY until, request_id")
            .await;
        content.freezes = freezes
            .into_iter()
            .map(|(subject, until, request)| (subject, until, RequestId(request)))
            .collect();
        content
    }

    /// Checks what needs no knowledge of how it came about, but of what was there `before`.
    pub fn check(&self, before: &Self) {
        let mut occupied = HashSet::new();
        for (id, row) in &self.requests {
            let request = &row.body;
            assert_eq!(request.facts.id, *id);
            assert_eq!(row.state, request.state_name().as_str());
            assert_eq!(i64::try_from(request.version).unwrap(), row.version);
            if row.occupies {
                assert!(occupied.insert(&row.subject), "two of {:?}", row.subject);
            }
            if let Some(earlier) = before.requests.get(id) {
                check_end(earlier.body.state_name(), request.state_name());
            }
            check_log(&self.log[id], request);
        }
        for (id, job) in &self.jobs {
            let is_for_account = ["clean_up", "reap"].contains(&job.job["job"].as_str().unwrap());
            let request = &self.requests[&job.request].body;
            assert!(
                !is_for_account || request.touched_account(),
                "{id} would touch what nobody has claimed"
            );
        }
        for (id, log) in &before.log {
            assert!(self.log[id].starts_with(log), "the log of {id} was changed");
        }
    }
}

/// Reads a column of JSON, in which there must be nothing that is secret.
fn read_text<T: serde::de::DeserializeOwned>(text: &str) -> T {
    let value: Value = serde_json::from_str(text).unwrap();
    assert_eq!(find_secret(&value), None, "{text}");
    serde_json::from_value(value).unwrap()
}

/// Ends are final, but for repudiation, and a lapsed case may be taken up again.
fn check_end(before: StateName, after: StateName) {
    use StateName::{
        Aborted, AwaitingApproval, Completed, Denied, Expired, Lapsed, Rehearsed, Reported,
        Repudiated, Withdrawn,
    };
    let is_allowed = match before {
        Repudiated => after == Repudiated,
        Lapsed => [Lapsed, Repudiated, AwaitingApproval].contains(&after),
        Completed | Denied | Withdrawn | Reported | Expired | Aborted | Rehearsed => {
            [before, Repudiated].contains(&after)
        }
        _ => true,
    };
    assert!(is_allowed, "{before:?} → {after:?}");
}

/// The log by itself: at most three attempts for each approval, nothing done to an account but under an
/// attempt, each pass for the one intent of its attempt, and none after a no.
fn check_log(log: &[LogRow], request: &Request) {
    let mut intents: HashMap<Fence, IntentId> = HashMap::new();
    let mut attempts = 0;
    let mut shown = HashSet::new();
    let mut cancelled = HashSet::new();
    let mut is_denied = false;
    for row in log {
        match &row.event {
            Event::Submitted { .. } | Event::Reopened { .. } => attempts = 0,
            Event::IssueStarted { fence, intent, .. } => {
                assert!(intents.insert(*fence, *intent).is_none());
                attempts += 1;
                assert!(attempts <= 3, "a fourth attempt under one approval");
            }
            Event::SnapshotTaken { fence, .. }
            | Event::MethodsRemoved { fence, .. }
            | Event::PassReaped { fence, .. }
            | Event::IssueFailed { fence, .. } => {
                assert!(intents.contains_key(fence), "work without an intent");
            }
            Event::IssueCancelled { fence } => {
                cancelled.insert(*fence);
            }
            Event::Denied { .. } | Event::Withdrawn => is_denied = true,
            Event::Disclosed { fence, .. } => {
                assert!(intents.contains_key(fence), "a pass without an intent");
                assert!(shown.insert(*fence), "one intent, two passes");
                assert!(
                    !is_denied && !cancelled.contains(fence),
                    "a pass after a no"
                );
            }
            _ => {}
        }
    }
    if let Some(disclosed) = &request.facts.disclosed {
        assert_eq!(intents[&disclosed.fence], disclosed.pass.intent);
    }
}
