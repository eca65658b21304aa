//! Several workers at one store, each with what it knows, and the model beside them.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    time::Duration,
};

use domain::{
    Actor, Command, Event, Outcome, PersonId, Request, RequestId, Terms, Timestamp, decide,
};
use latchkey::{
    clock::SystemEntropy,
    jobs::Promise,
    secret::{Bearer, BearerHash},
    store::{Change, JobEnd, LeasedJob, Store, StoreError},
};
use uuid::Uuid;

use super::{
    model::{Decided, Kept, Model, name_of, promised, subject_of},
    tables::Content,
};
use crate::{
    asked::Asked,
    engine::Tables,
    harness::Story,
    kit::Case,
    steps::{onward, twisted},
};

pub const SUBJECTS: [&str; 3] = ["ada", "bela", "cleo"];
/// Requests at most.
pub const MOST: usize = 6;
/// How long a job is held.
const LEASE: Duration = Duration::from_mins(2);

/// A change that somebody makes, as it is drawn. What it means depends on the request it meets.
#[derive(Clone, Debug)]
pub struct Act {
    pub worker: u8,
    pub request: u8,
    pub pick: u8,
    /// Whether it leads onward, is any command, or one that is wrong in some way.
    pub kind: u8,
}

/// What a worker knows and holds.
#[derive(Default)]
struct Worker {
    copies: HashMap<RequestId, Request>,
    job: Option<(LeasedJob, Timestamp)>,
}

/// What was met on the way, and how often.
pub type Met = RefCell<HashMap<&'static str, u32>>;

/// The store, the workers, and the model.
pub struct World<'a> {
    pub(super) story: Story,
    pub(super) store: Store,
    pub(super) tables: Tables,
    pub(super) model: Model,
    pub(super) requests: Vec<RequestId>,
    browsers: HashMap<RequestId, BearerHash>,
    workers: [Worker; 3],
    serial: Cell<u128>,
    before: Content,
    pub(super) met: &'a Met,
}

/// Remembers that something was met.
pub fn meet(met: &Met, what: &'static str) {
    *met.borrow_mut().entry(what).or_default() += 1;
}

impl<'a> World<'a> {
    /// Nothing is kept yet.
    pub async fn new(met: &'a Met) -> Self {
        let story = Story::begin().await;
        Self {
            store: story.records().await,
            tables: story.database().tables().await,
            story,
            model: Model::default(),
            requests: Vec::new(),
            browsers: HashMap::new(),
            workers: Default::default(),
            serial: Cell::new(0),
            before: Content::default(),
            met,
        }
    }

    fn fresh_id(&self) -> Uuid {
        self.serial.set(self.serial.get() + 1);
        Uuid::from_u128(self.serial.get())
    }

    pub(super) fn nth(&self, request: u8) -> RequestId {
        self.requests[usize::from(request) % self.requests.len()]
    }

    /// Compares the records with the model, and looks at them by themselves.
    pub async fn check(&mut self) {
        let now = Content::read(&self.tables).await;
        assert_eq!(now, self.model.content);
        now.check(&self.before);
        self.before = now;
    }

    /// Keeps a new request, unless there are many.
    pub async fn open(&mut self, subject: u8, terms: Terms) {
        if self.requests.len() == MOST {
            return;
        }
        let at = self.story.now();
        let name = SUBJECTS[usize::from(subject) % SUBJECTS.len()];
        let case = Case::opened_for(name, RequestId(self.fresh_id()), terms, at);
        let outcome = Outcome {
            request: case.request,
            events: case.events,
            effects: case.effects,
        };
        let jobs = promised(&outcome, at, || self.fresh_id());
        let browser = Bearer::generate(&SystemEntropy).hash();
        let actor = name_of(&Actor::Browser);
        let change = Change {
            request: &outcome.request,
            actor: &actor,
            at,
            events: &outcome.events,
            effects: &outcome.effects,
            jobs: &jobs,
            bind: None,
            spend: None,
        };
        self.store.insert(&change, browser).await.unwrap();
        self.opened(&outcome, at, &jobs, browser);
    }

    pub(super) fn opened(
        &mut self,
        outcome: &Outcome,
        at: Timestamp,
        jobs: &[Promise],
        browser: BearerHash,
    ) {
        let id = outcome.request.facts.id;
        self.model.open(outcome, at, jobs, browser);
        self.requests.push(id);
        self.browsers.insert(id, browser);
    }

    /// A worker reads a request, by each way there is, and keeps the copy.
    pub async fn load(&mut self, worker: u8, request: u8) {
        let id = self.nth(request);
        let known = self.model.request(id).clone();
        let read = self.store.request(id).await.unwrap();
        assert_eq!(read.as_ref(), Some(&known));
        let of_browser = self
            .store
            .request_of_browser(self.browsers[&id])
            .await
            .unwrap();
        assert_eq!(of_browser.as_ref(), Some(&known));
        let in_state = self.store.in_state(known.state_name()).await.unwrap();
        assert!(in_state.contains(&id));
        if subject_of(&known).is_some() {
            let mut others = self.store.other_requests(&known).await.unwrap();
            let rows = self.model.content.requests.values();
            let mut expected: Vec<_> = rows
                .map(|row| row.body.clone())
                .filter(|other| other.facts.id != id && subject_of(other) == subject_of(&known))
                .collect();
            others.sort_by_key(|request| request.facts.id);
            expected.sort_by_key(|request| request.facts.id);
            assert_eq!(others, expected);
        }
        let worker = usize::from(worker) % self.workers.len();
        self.workers[worker].copies.insert(id, known);
    }

    /// A worker decides on its copy, however old that is.
    async fn decided(&mut self, act: &Act) -> Option<Decided> {
        let id = self.nth(act.request);
        let worker = usize::from(act.worker) % self.workers.len();
        if !self.workers[worker].copies.contains_key(&id) {
            self.load(act.worker, act.request).await;
        }
        let known = self.workers[worker].copies[&id].clone();
        let case = Case {
            request: known.clone(),
            now: self.story.now(),
            events: Vec::new(),
            effects: Vec::new(),
        };
        let (actor, command) = match act.kind {
            0..192 => {
                let (at, actor, command) = onward(&case, act.pick);
                self.wait(at.since(case.now)).await;
                (actor, command)
            }
            192..224 => any_command(&case, act.pick),
            224.. => {
                let (_, actor, command) = onward(&case, act.pick);
                (actor, twisted(command, act.kind, case.now))
            }
        };
        let at = self.story.now();
        let Ok(outcome) = decide(&known, command.clone(), &actor, at) else {
            meet(self.met, "a refusal");
            return None;
        };
        let is_proof = matches!(command, Command::PassProofs(_));
        Some(Decided {
            jobs: promised(&outcome, at, || self.fresh_id()),
            bind: is_proof.then(|| Bearer::generate(&SystemEntropy).hash()),
            known,
            actor,
            command,
            at,
            outcome,
        })
    }

    /// A worker decides on its copy and keeps the outcome.
    pub async fn act(&mut self, act: &Act) {
        if let Some(decided) = self.decided(act).await {
            let expected = self.model.foresee(&decided);
            assert_eq!(keep(&self.store, &decided).await, expected);
            self.settle(act, &decided, expected);
        }
    }

    /// Two workers keep what they have decided at the same time.
    pub async fn race(&mut self, one: &Act, other: &Act) {
        let Some(first) = self.decided(one).await else {
            return;
        };
        let Some(second) = self.decided(other).await else {
            return;
        };
        let (a, b) = tokio::join!(keep(&self.store, &first), keep(&self.store, &second));
        let is_overtaken = matches!(
            (a, b),
            (Kept::Yes, Kept::Conflict) | (Kept::Conflict, Kept::Yes)
        );
        if is_overtaken && ask_the_same(&first.outcome, &second.outcome) {
            // Of two that take the same place in an approver's list, one is decided anew.
            self.settle(one, &first, a);
            self.settle(other, &second, b);
        } else if (a, b) == self.model.foresee_both(&first, &second) {
            self.settle(one, &first, a);
            self.settle(other, &second, b);
        } else {
            assert_eq!(
                (b, a),
                self.model.foresee_both(&second, &first),
                "{first:?}, {second:?}"
            );
            self.settle(other, &second, b);
            self.settle(one, &first, a);
        }
        if (a == Kept::Yes) != (b == Kept::Yes) {
            meet(self.met, "one winner of two");
        }
    }

    fn settle(&mut self, act: &Act, decided: &Decided, kept: Kept) {
        let id = decided.known.facts.id;
        let worker = usize::from(act.worker) % self.workers.len();
        let copies = &mut self.workers[worker].copies;
        match kept {
            Kept::Yes => {
                self.model.keep(decided);
                let after = &decided.outcome.request;
                meet(self.met, after.state_name().as_str());
                copies.insert(id, after.clone());
                if let Some(bind) = decided.bind {
                    self.browsers.insert(id, bind);
                }
            }
            Kept::Conflict => {
                meet(self.met, "a conflict");
                // Others go on with what they know, however wrong it is.
                if act.pick.is_multiple_of(2) {
                    copies.remove(&id);
                }
            }
            Kept::Occupied => meet(self.met, "an occupied subject"),
        }
    }

    /// A worker takes a job.
    pub async fn lease(&mut self, worker: u8) {
        let now = self.story.now();
        let expected = self.model.next_job(now);
        let leased = self.store.lease_job(now, LEASE).await.unwrap();
        assert_eq!(leased.as_ref().map(|leased| leased.id), expected);
        let Some(leased) = leased else { return };
        let job = self.model.content.jobs.get_mut(&leased.id).unwrap();
        if job.attempts > 0 {
            meet(self.met, "a job that is begun again");
        }
        job.attempts += 1;
        job.lease_until = Some((now + LEASE).millis());
        assert_eq!(serde_json::to_value(&leased.job).unwrap(), job.job);
        assert_eq!(
            (leased.request, i64::from(leased.attempts)),
            (Some(job.request), job.attempts)
        );
        let worker = usize::from(worker) % self.workers.len();
        self.workers[worker].job = Some((leased, now + LEASE));
    }

    /// A worker is done with the job that it took, or thinks so.
    pub async fn end_job(&mut self, worker: u8, how: u8) {
        let worker = usize::from(worker) % self.workers.len();
        let Some((leased, until)) = &self.workers[worker].job else {
            return;
        };
        let now = self.story.now();
        let later = now + Duration::from_secs(u64::from(how));
        let end = match how % 4 {
            0 => JobEnd::Done,
            1 => JobEnd::Postponed {
                until: later,
                fault: "a fault",
            },
            2 => JobEnd::Again { at: later },
            _ => JobEnd::GivenUp { fault: "a fault" },
        };
        let job = self.model.content.jobs.get_mut(&leased.id).unwrap();
        let is_held = job.lease_until == Some(until.millis());
        assert_eq!(self.store.end_job(leased, end, now).await.unwrap(), is_held);
        if is_held {
            job.lease_until = None;
            match end {
                JobEnd::Done => job.done_at = Some(now.millis()),
                JobEnd::Postponed { until, .. } => job.not_before = until.millis(),
                JobEnd::Again { at } => {
                    job.not_before = at.millis();
                    job.attempts = 0;
                }
                JobEnd::GivenUp { .. } => job.failed_at = Some(now.millis()),
            }
        } else {
            meet(self.met, "a lost lease");
        }
        // Once in a while it ends the same job again.
        if how < 192 {
            self.workers[worker].job = None;
        }
    }

    /// Time passes.
    pub async fn wait(&self, time: Duration) {
        if !time.is_zero() {
            let seconds = time.as_millis().div_ceil(1000);
            self.story
                .advance(Duration::from_secs(u64::try_from(seconds).unwrap()))
                .await;
        }
    }

    /// Time passes until a request is due.
    pub async fn wait_until_due(&self, request: u8) {
        if let Some(due) = self.model.request(self.nth(request)).due_at() {
            self.wait(due.since(self.story.now())).await;
        }
    }
}

/// Any command by its right actor.
fn any_command(case: &Case, pick: u8) -> (Actor, Command) {
    let asked = Asked::ALL[usize::from(pick) % Asked::ALL.len()];
    (asked.actor(), asked.command(case))
}

/// Keeps a change, and tells what became of it.
async fn keep(store: &Store, decided: &Decided) -> Kept {
    let actor = name_of(&decided.actor);
    let change = Change {
        request: &decided.outcome.request,
        actor: &actor,
        at: decided.at,
        events: &decided.outcome.events,
        effects: &decided.outcome.effects,
        jobs: &decided.jobs,
        bind: decided.bind,
        spend: None,
    };
    match store.keep(&change).await {
        Ok(()) => Kept::Yes,
        Err(StoreError::Conflict) => Kept::Conflict,
        Err(StoreError::SubjectOccupied) => Kept::Occupied,
        Err(error) => panic!("{error}"),
    }
}

/// Whether both changes ask an approver whom the other asks too.
fn ask_the_same(one: &Outcome, other: &Outcome) -> bool {
    let asked = |outcome: &Outcome| -> Vec<PersonId> {
        let named = outcome.events.iter().filter_map(|event| match event {
            Event::Submitted { approvers, .. } | Event::ApproversAsked { approvers } => {
                Some(approvers.clone())
            }
            Event::HandedOn { to, .. } => Some(vec![to.clone()]),
            _ => None,
        });
        named.flatten().collect()
    };
    let others = asked(other);
    asked(one).iter().any(|approver| others.contains(approver))
}
