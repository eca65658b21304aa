//! What the records ought to hold: kept beside them, by the rules and without a database.

use std::collections::HashMap;

use domain::{Actor, Command, Effect, Event, Outcome, Request, RequestId, Timestamp, decide};
use latchkey::{
    jobs::{self, Promise, SecurityTeam},
    secret::BearerHash,
};
use uuid::Uuid;

use super::tables::{Content, JobRow, LogRow, RequestRow};
use crate::{harness::ADMINS, kit::id, oracle::Oracle, steps::BELOW};

/// What keeping a change ought to lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    Yes,
    /// Somebody else was faster.
    Conflict,
    /// Another request of the subject is open.
    Occupied,
}

/// A change of a request as somebody has decided it, on the request as they knew it.
#[derive(Clone, Debug)]
pub struct Decided {
    pub known: Request,
    pub actor: Actor,
    pub command: Command,
    pub at: Timestamp,
    pub outcome: Outcome,
    pub jobs: Vec<Promise>,
    pub bind: Option<BearerHash>,
}

/// The records as they ought to be, and the history of each request.
#[derive(Default)]
pub struct Model {
    pub content: Content,
    oracles: HashMap<RequestId, Oracle>,
}

/// The jobs that an outcome asks for.
pub fn promised(outcome: &Outcome, at: Timestamp, fresh_id: impl Fn() -> Uuid) -> Vec<Promise> {
    let security = SecurityTeam {
        addresses: &[ADMINS.to_owned()],
        hears_of_recoveries: false,
    };
    jobs::of(outcome, at, security, fresh_id)
}

/// The jobs that an outcome asks for, with the identities under which they are kept.
pub fn found(outcome: &Outcome, at: Timestamp, unknown: &mut Vec<(Uuid, JobRow)>) -> Vec<Promise> {
    let mut promises = promised(outcome, at, Uuid::nil);
    for promise in &mut promises {
        let job = serde_json::to_value(&promise.job).unwrap();
        let is_it = |(_, row): &(Uuid, JobRow)| {
            row.job == job && row.not_before == promise.not_before.millis()
        };
        let place = unknown.iter().position(is_it);
        promise.id = unknown.swap_remove(place.expect("each job is kept")).0;
    }
    promises
}

fn foresee(requests: &HashMap<RequestId, RequestRow>, decided: &Decided) -> Kept {
    let after = &decided.outcome.request;
    let id = after.facts.id;
    if requests[&id].body.version != decided.known.version {
        return Kept::Conflict;
    }
    let is_occupied = requests.iter().any(|(other, row)| {
        *other != id && row.occupies && subject_of(&row.body) == subject_of(after)
    });
    if after.occupies_subject() && is_occupied {
        Kept::Occupied
    } else {
        Kept::Yes
    }
}

/// The object id of a request's subject, once somebody was recognised.
pub fn subject_of(request: &Request) -> Option<&str> {
    let subject = request.facts.subject.as_ref()?;
    Some(&subject.person.id.0)
}

/// How the log names an actor.
pub fn name_of(actor: &Actor) -> String {
    match actor {
        Actor::Approver { id, .. } => format!("approver:{id}"),
        other => format!("{other:?}").to_lowercase(),
    }
}

impl Model {
    /// The request as it ought to be.
    pub fn request(&self, id: RequestId) -> &Request {
        &self.content.requests[&id].body
    }

    /// A new request is kept.
    pub fn open(
        &mut self,
        outcome: &Outcome,
        at: Timestamp,
        jobs: &[Promise],
        browser: BearerHash,
    ) {
        let request = &outcome.request;
        let subject = request.facts.identifier.as_str().split_once('@').unwrap().0;
        let excluded = [subject, BELOW, "guest"].map(id).to_vec();
        self.oracles.insert(request.facts.id, Oracle::new(excluded));
        self.write(
            outcome,
            &Actor::Browser,
            at,
            jobs,
            browser.as_bytes().to_vec(),
        );
    }

    /// What becomes of this change, kept now.
    pub fn foresee(&self, decided: &Decided) -> Kept {
        foresee(&self.content.requests, decided)
    }

    /// What becomes of these changes, kept one after the other.
    pub fn foresee_both(&self, first: &Decided, second: &Decided) -> (Kept, Kept) {
        let mut requests = self.content.requests.clone();
        let kept = foresee(&requests, first);
        if kept == Kept::Yes {
            let after = &first.outcome.request;
            let row = requests.get_mut(&after.facts.id).unwrap();
            row.occupies = after.occupies_subject();
            row.body = after.clone();
        }
        (kept, foresee(&requests, second))
    }

    /// The change is kept.
    pub fn keep(&mut self, decided: &Decided) {
        let Decided {
            known,
            actor,
            command,
            at,
            outcome,
            jobs,
            bind,
        } = decided;
        let id = outcome.request.facts.id;
        let before = &self.content.requests[&id];
        assert_eq!(
            before.body, *known,
            "kept on another state than it was decided on"
        );
        let browser = bind
            .as_ref()
            .map_or_else(|| before.browser.clone(), |bind| bind.as_bytes().to_vec());
        let oracle = self.oracles.get_mut(&id).unwrap();
        oracle.check(known, command, actor, outcome, *at);
        self.write(outcome, actor, *at, jobs, browser);
    }

    /// A command was carried out by a use case at `at`. Its jobs are among `unknown`, and are taken from
    /// there.
    pub fn follow(
        &mut self,
        id: RequestId,
        (actor, command): (Actor, Command),
        at: Timestamp,
        unknown: &mut Vec<(Uuid, JobRow)>,
    ) {
        let known = self.request(id).clone();
        let outcome = decide(&known, command.clone(), &actor, at)
            .unwrap_or_else(|refusal| panic!("{command:?} was kept, against {refusal:?}"));
        let jobs = found(&outcome, at, unknown);
        self.keep(&Decided {
            known,
            actor,
            command,
            at,
            outcome,
            jobs,
            bind: None,
        });
    }

    /// What was refused is kept, unless it was before.
    pub fn note(&mut self, id: RequestId, actor: &Actor, at: i64, event: Event) {
        let log = self.content.log.entry(id).or_default();
        let actor = name_of(actor);
        if log
            .iter()
            .any(|row| row.actor == actor && row.event == event)
        {
            return;
        }
        log.push(LogRow { at, actor, event });
    }

    fn write(
        &mut self,
        outcome: &Outcome,
        actor: &Actor,
        at: Timestamp,
        jobs: &[Promise],
        browser: Vec<u8>,
    ) {
        let request = &outcome.request;
        let id = request.facts.id;
        let subject = subject_of(request).map(str::to_owned);
        let content = &mut self.content;
        let log = content.log.entry(id).or_default();
        log.extend(outcome.events.iter().map(|event| LogRow {
            at: at.millis(),
            actor: name_of(actor),
            event: event.clone(),
        }));
        for promise in jobs {
            let job = JobRow {
                request: id,
                job: serde_json::to_value(&promise.job).unwrap(),
                not_before: promise.not_before.millis(),
                attempts: 0,
                lease_until: None,
                done_at: None,
                failed_at: None,
            };
            assert!(content.jobs.insert(promise.id, job).is_none());
        }
        for effect in &outcome.effects {
            if let (Effect::FreezeSubject { until, .. }, Some(subject)) = (effect, &subject) {
                content.freezes.push((subject.clone(), until.millis(), id));
                content.freezes.sort_by_key(|(_, until, id)| (*until, *id));
            }
        }
        let row = RequestRow {
            version: i64::try_from(request.version).unwrap(),
            state: request.state_name().as_str().to_owned(),
            is_open: request.is_open(),
            occupies: request.occupies_subject(),
            subject,
            browser,
            opened_at: request.facts.opened_at.millis(),
            changed_at: at.millis(),
            due_at: request.due_at().map(Timestamp::millis),
            body: request.clone(),
        };
        content.requests.insert(id, row);
    }

    /// The job that is to be leased next at `now`.
    pub fn next_job(&self, now: Timestamp) -> Option<Uuid> {
        let is_due = |job: &JobRow| {
            job.done_at.is_none()
                && job.failed_at.is_none()
                && job.not_before <= now.millis()
                && job.lease_until.is_none_or(|until| until <= now.millis())
        };
        let due = self.content.jobs.iter().filter(|(_, job)| is_due(job));
        due.min_by_key(|(id, job)| (job.not_before, **id))
            .map(|(id, _)| *id)
    }
}
