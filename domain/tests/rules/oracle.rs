//! What holds after every step, whatever was asked. It knows the rules by itself and keeps its own
//! history, so that it can contradict the code.

use std::time::Duration;

use domain::{
    Actor, Alert, Approval, Approved, CleanUp, Command, Effect, Ended, Event, Fence, GuardReading,
    IntentId, MethodRemoval, Notice, Outcome, PersonId, ProofKind, ProofPolicy, Refusal, Request,
    Risk, Seat, State,
    StateName::{
        self, Aborted, AwaitingApproval, Completed, CoolingOff, Denied, Disclosed, Expired,
        Issuing, Lapsed, Proving, Ready, Rehearsed, Reported, Repudiated, Withdrawn,
    },
    Timestamp, decide,
};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{
    kit::{MILLISECOND, candidate, guards_for, subject_name},
    secrets::find_secret,
};

/// Where one command can lead, but for staying and for repudiation.
const fn next_states(from: StateName) -> &'static [StateName] {
    match from {
        Proving => &[AwaitingApproval, Reported, Withdrawn, Expired, Aborted],
        AwaitingApproval => &[
            CoolingOff, Ready, Denied, Reported, Withdrawn, Expired, Aborted,
        ],
        CoolingOff => &[Ready, Denied, Reported, Withdrawn, Expired, Aborted],
        Ready => &[Issuing, Denied, Reported, Withdrawn, Expired, Aborted],
        Issuing => &[Disclosed, Ready, Aborted, Rehearsed, Denied, Reported],
        Disclosed => &[Issuing, Ready, Aborted, Completed, Lapsed],
        Lapsed => &[AwaitingApproval],
        Completed | Denied | Withdrawn | Reported | Expired | Aborted | Rehearsed | Repudiated => {
            &[]
        }
    }
}

const TEN_MINUTES: Duration = Duration::from_mins(10);
const SEVEN_DAYS: Duration = Duration::from_hours(7 * 24);

/// The history of one request.
#[derive(Default)]
pub struct Oracle {
    /// A deny, report or withdrawal was accepted before anything was disclosed under the approval.
    said_no: bool,
    /// Attempts, in their order.
    started: Vec<(Fence, IntentId)>,
    /// Attempts under the present approval.
    attempts: usize,
    /// Intents whose passes were disclosed.
    disclosed: Vec<IntentId>,
    /// When the last pass was disclosed.
    disclosed_at: Option<Timestamp>,
    /// The owner reported in time to repudiate what was disclosed.
    is_repudiated: bool,
    /// Since the approvers were last asked.
    round: Round,
    /// What was done to methods.
    removals: Vec<MethodRemoval>,
    /// Passes that were deleted without ever having been recorded.
    reaped: Vec<String>,
    /// Until when an attempt that ended without a pass on record may still bring one about.
    stray_until: Option<Timestamp>,
    /// Tries that were counted since codes were last mailed or passed.
    tries: u8,
    /// The last code that was mailed has reached its owner.
    handed_out: bool,
    /// People whom the rules exclude, whatever the directory says.
    excluded: Vec<PersonId>,
}

/// The history since the approvers were last asked.
#[derive(Default)]
struct Round {
    /// A notice was accepted.
    is_noticed: bool,
    /// Somebody reported.
    is_reported: bool,
}

impl Oracle {
    /// Watches a request that nobody of `excluded` may approve.
    pub fn new(excluded: Vec<PersonId>) -> Self {
        Self {
            excluded,
            ..Self::default()
        }
    }

    /// Checks one accepted command.
    pub fn check(
        &mut self,
        before: &Request,
        command: &Command,
        actor: &Actor,
        outcome: &Outcome,
        now: Timestamp,
    ) {
        let after = &outcome.request;
        let (from, to) = (before.state_name(), after.state_name());
        assert_eq!(after.version, before.version + 1);
        assert!(
            from == to || to == Repudiated || next_states(from).contains(&to),
            "{from:?} → {to:?}"
        );
        assert!(!outcome.events.is_empty(), "a change without a trace");
        check_yes(before, command, actor, now);
        check_facts(before, after);
        check_window(before, after, now);
        check_staying(before, command, after);
        self.check_round(before, command, outcome);
        self.check_proofs(before, command, after);
        self.check_approvals(after);
        self.check_attempts(before, outcome, now);
        self.check_removals(command, after);
        self.check_strays(before, command, after, now);
        self.check_reaping(command, outcome, now);
        self.check_no(before, command, to);
        self.check_repudiation(before, command, actor, outcome, now);
        check_effects(before, command, outcome);
        check_rehearsal(outcome);
        check_request(after, now);
        for event in &outcome.events {
            check_writing(event);
        }
        for effect in &outcome.effects {
            check_writing(effect);
        }
    }

    /// Each round of approval has a notice and reports of its own, and no window opens unnoticed.
    fn check_round(&mut self, before: &Request, command: &Command, outcome: &Outcome) {
        let after = &outcome.request;
        let is_asked =
            before.state_name() != AwaitingApproval && after.state_name() == AwaitingApproval;
        if is_asked {
            self.round = Round::default();
        }
        let notice = Effect::NotifyOwner {
            notice: Notice::Submitted,
        };
        assert_eq!(outcome.effects.contains(&notice), is_asked);
        match command {
            Command::AcceptNotice => self.round.is_noticed = true,
            Command::Report => {
                let is_too_late = matches!(before.state_name(), Disclosed) || !before.is_open();
                if is_too_late && self.round.is_reported {
                    assert_eq!(after.state_name(), Repudiated, "one alarm is enough");
                }
                self.round.is_reported = true;
            }
            _ => {}
        }
        assert_eq!(
            after.facts.notice_accepted_at.is_some(),
            self.round.is_noticed
        );
        assert_eq!(after.facts.reported_at.is_some(), self.round.is_reported);
        if matches!(after.state_name(), Ready | Issuing | Disclosed) {
            assert!(self.round.is_noticed, "a window that nobody was told of");
        }
    }

    /// A typed code counts only after a counted try, at most three for each mail, and only if what was
    /// given suffices; nobody is asked to approve before all that is asked was given.
    fn check_proofs(&mut self, before: &Request, command: &Command, after: &Request) {
        match command {
            Command::ResendEmailCode => {
                self.tries = 0;
                self.handed_out = false;
            }
            Command::HandOutCode { .. } => self.handed_out = true,
            Command::SpendProofTry => {
                self.tries += 1;
                assert!(self.tries <= 3);
            }
            Command::PassProofs(kinds) => {
                let given = kinds_of(after);
                assert_eq!(given.len(), kinds_of(before).len() + kinds.len());
                assert!(
                    self.handed_out || !kinds.contains(&ProofKind::EmailCode),
                    "a code that nobody can know"
                );
                if kinds.iter().any(|kind| kind.is_typed()) {
                    assert!(self.tries > 0, "compared without having been counted");
                    let asked = if suffices(&before.facts.terms.gate, &kinds_of(before)) {
                        &before.facts.rules.as_ref().unwrap().proofs
                    } else {
                        &before.facts.terms.gate
                    };
                    assert!(suffices(asked, &given), "a code was compared by itself");
                }
                let crossed = suffices(&before.facts.terms.gate, &given)
                    && !suffices(&before.facts.terms.gate, &kinds_of(before));
                if crossed && !after.is_proven() {
                    self.tries = 0;
                }
            }
            _ => {}
        }
        if after.state_name() == AwaitingApproval {
            let given = kinds_of(after);
            assert!(suffices(&after.facts.terms.gate, &given));
            let rules = after.facts.rules.as_ref().unwrap();
            assert!(suffices(&rules.proofs, &given));
        }
    }

    fn check_approvals(&self, after: &Request) {
        let facts = &after.facts;
        for approver in &facts.approvers {
            assert!(!self.excluded.contains(&approver.id), "{approver:?}");
        }
        let approvals = approvals(&after.state);
        for (index, approval) in approvals.iter().enumerate() {
            let name = &approval.approver;
            let known = facts.approvers.iter().find(|known| known.id == *name);
            let asked = known.and_then(|known| known.asked_at);
            assert!(
                asked.is_some_and(|at| at <= approval.at),
                "approved unasked"
            );
            assert!(approvals[..index].iter().all(|a| a.approver != *name));
        }
        if let Some(approved) = approved(&after.state) {
            let needed = usize::from(facts.terms.required_approvals);
            assert_eq!(approved.approvals.len(), needed);
        }
    }

    fn check_attempts(&mut self, before: &Request, outcome: &Outcome, now: Timestamp) {
        let after = &outcome.request;
        if after.state_name() == AwaitingApproval {
            self.attempts = 0;
        }
        for event in &outcome.events {
            match event {
                Event::IssueStarted { fence, intent, .. } => {
                    assert!(self.started.iter().all(|(older, _)| older < fence));
                    assert!(self.started.iter().all(|(_, other)| other != intent));
                    self.started.push((*fence, *intent));
                    self.attempts += 1;
                }
                Event::Disclosed { fence, .. } => {
                    let State::Issuing(issuing) = &before.state else {
                        panic!("disclosed without an attempt");
                    };
                    let State::Disclosed(disclosed) = &after.state else {
                        panic!("disclosed, and not");
                    };
                    assert!(!self.said_no, "disclosed after a no");
                    assert!(now < issuing.lease_until, "disclosed after the lease");
                    let started = (*fence, disclosed.pass.intent);
                    assert_eq!(self.started.last(), Some(&started));
                    assert_eq!(disclosed.fence, *fence);
                    assert!(
                        !self.disclosed.contains(&started.1),
                        "one intent, two passes"
                    );
                    self.disclosed.push(started.1);
                    self.disclosed_at = Some(now);
                    assert_eq!(after.facts.disclosed.as_ref(), Some(disclosed));
                }
                _ => {}
            }
        }
        assert!(self.attempts <= 3);
        if let Some(approved) = approved(&after.state) {
            assert_eq!(usize::from(approved.attempts), self.attempts);
        }
        let last = self.started.last().map_or(Fence(0), |(fence, _)| *fence);
        assert_eq!(after.facts.fence, last);
        let is_touched = !self.started.is_empty() && !is_rehearsal(after);
        assert_eq!(after.facts.claimed_at.is_some(), is_touched);
        assert_eq!(after.touched_account(), is_touched);
        assert_eq!(after.warrant().is_some(), is_touched);
    }

    /// Whatever was done under a fence that was given out is kept, and nothing else.
    fn check_removals(&mut self, command: &Command, after: &Request) {
        match command {
            Command::RecordRemovals { fence, removals } => {
                assert!(self.started.iter().any(|(given, _)| given == fence));
                self.removals.extend(removals.iter().cloned());
            }
            Command::TakeSnapshot { fence, .. } => {
                assert!(matches!(&after.state, State::Issuing(running) if running.fence == *fence));
            }
            _ => {}
        }
        assert_eq!(after.facts.removals, self.removals);
    }

    /// An attempt leaves nothing behind only if the issuer says so; a void pass leads back only if one
    /// of ours can be why.
    fn check_strays(
        &mut self,
        before: &Request,
        command: &Command,
        after: &Request,
        now: Timestamp,
    ) {
        if let (State::Issuing(issuing), false) = (
            &before.state,
            matches!(after.state_name(), Issuing | Disclosed),
        ) {
            let is_clean = matches!(
                command,
                Command::Release {
                    may_leave_pass: false,
                    ..
                } | Command::Abort {
                    may_leave_pass: false,
                    ..
                }
            );
            if !is_clean && !is_rehearsal(after) {
                let until = issuing.lease_until + TEN_MINUTES;
                self.stray_until = self.stray_until.max(Some(until));
            }
        }
        assert_eq!(after.facts.stray_until, self.stray_until);
        if matches!(command, Command::FindPassMismatch { .. }) {
            let is_ours = self.stray_until.is_some_and(|until| now < until);
            assert!(is_ours || after.state_name() == Aborted);
        }
    }

    /// Each attempt is looked after from the end of its lease on, an unknown live pass at once, and no
    /// pass that somebody was shown is taken for one that nobody knows.
    fn check_reaping(&mut self, command: &Command, outcome: &Outcome, now: Timestamp) {
        let after = &outcome.request;
        let owed: Vec<_> = outcome
            .effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Reap { fence, from } => Some((*fence, *from)),
                _ => None,
            })
            .collect();
        match (command, &after.state) {
            (Command::Claim { .. } | Command::Replace { .. }, State::Issuing(issuing))
                if !is_rehearsal(after) =>
            {
                assert_eq!(owed, [(issuing.fence, issuing.lease_until)]);
            }
            (Command::FindPassMismatch { fence }, State::Ready(_)) => {
                assert_eq!(owed, [(*fence, now)]);
            }
            _ => assert!(owed.is_empty(), "{owed:?}"),
        }
        if let Command::RecordReaped { fence, pass } = command {
            assert!(self.started.iter().any(|(given, _)| given == fence));
            assert!(!self.reaped.contains(pass), "one pass, two deletions");
            let shown = after.facts.disclosed.as_ref();
            assert!(shown.is_none_or(|disclosed| disclosed.pass.id != *pass));
            self.reaped.push(pass.clone());
        }
        assert_eq!(after.facts.reaped, self.reaped);
    }

    fn check_no(&mut self, before: &Request, command: &Command, to: StateName) {
        let is_in_time = before.is_open() && before.state_name() != Disclosed;
        if matches!(
            command,
            Command::Deny(_) | Command::Report | Command::Withdraw
        ) && is_in_time
        {
            self.said_no = true;
        }
        if self.said_no {
            assert!(
                matches!(to, Issuing | Denied | Reported | Withdrawn | Repudiated),
                "{to:?} after a no"
            );
        }
    }

    /// Whatever was disclosed less than seven days ago is repudiated by the owner's report or the security team's, at once or
    /// when the running attempt stops, and by nothing else.
    fn check_repudiation(
        &mut self,
        before: &Request,
        command: &Command,
        actor: &Actor,
        outcome: &Outcome,
        now: Timestamp,
    ) {
        let after = &outcome.request;
        let is_repudiable = self.disclosed_at.is_some_and(|at| now < at + SEVEN_DAYS);
        assert_eq!(after.repudiable(now).is_some(), is_repudiable);
        if matches!(
            (command, actor),
            (Command::Report, Actor::Owner | Actor::Security)
        ) {
            self.is_repudiated |= is_repudiable;
        }
        let is_over = after.state_name() != Issuing && self.is_repudiated;
        assert_eq!(after.state_name() == Repudiated, is_over);
        if let State::Ended(Ended::Repudiated { disclosed, .. }) = &after.state {
            assert_eq!(after.facts.disclosed.as_ref(), Some(disclosed));
            assert_eq!(Some(disclosed.at), self.disclosed_at);
        }
        let is_new = is_over && before.state_name() != Repudiated;
        assert_eq!(outcome.events.contains(&Event::Repudiated), is_new);
    }
}

fn is_rehearsal(request: &Request) -> bool {
    let rules = request.facts.rules.as_ref();
    rules.is_some_and(|rules| rules.evaluation)
}

/// A rehearsal leads to no change at Microsoft, whatever happens to it, and nothing else is one.
fn check_rehearsal(outcome: &Outcome) {
    let request = &outcome.request;
    if !is_rehearsal(request) {
        assert_ne!(request.state_name(), Rehearsed);
        return;
    }
    for effect in &outcome.effects {
        let writes = matches!(effect, Effect::CleanUp { .. } | Effect::Reap { .. });
        assert!(!writes, "{effect:?}");
    }
    let facts = &request.facts;
    assert!(facts.removals.is_empty() && facts.reaped.is_empty());
    assert!(facts.disclosed.is_none() && facts.stray_until.is_none());
}

/// Ends are final, and what only adds to the record moves nothing.
fn check_staying(before: &Request, command: &Command, after: &Request) {
    let adds = matches!(
        command,
        Command::NoteRefusal { .. }
            | Command::TakeSnapshot { .. }
            | Command::RecordRemovals { .. }
            | Command::RecordReaped { .. }
    );
    let is_same_end = !before.is_open() && before.state_name() == after.state_name();
    if is_same_end {
        assert!(matches!(
            command,
            Command::Report
                | Command::LeaveBrowser
                | Command::RecordRemovals { .. }
                | Command::RecordReaped { .. }
        ));
    }
    if adds || is_same_end {
        assert_eq!(before.state, after.state);
    }
}

/// A reading without a freeze that is over by now.
fn thawed(reading: &GuardReading, now: Timestamp) -> GuardReading {
    GuardReading {
        frozen_until: reading.frozen_until.filter(|until| now < *until),
        ..reading.clone()
    }
}

/// What leads towards a pass is heard from the right seat, in time, after a counted try, and under
/// guards that hold.
fn check_yes(before: &Request, command: &Command, actor: &Actor, now: Timestamp) {
    if let Actor::Approver { seat, .. } = actor
        && !matches!(
            command,
            Command::Deny(_) | Command::Report | Command::RefuseContactCode
        )
    {
        assert_eq!(*seat, Seat::OwnBrowser);
    }
    let expected_guards = guards_for(subject_name(before));
    match command {
        Command::Submit(submission) => {
            assert_eq!(thawed(&submission.guards, now), expected_guards);
        }
        Command::Approve {
            guards: reading,
            approver,
            ..
        } => {
            assert_eq!(thawed(reading, now), expected_guards);
            assert_eq!(*approver, candidate(&approver.person.id.0));
        }
        _ => {}
    }
    if matches!(
        command,
        Command::SpendProofTry | Command::PassProofs(_) | Command::FailProofs(_)
    ) {
        let is_looked_up = before.facts.looked_up_at.is_some_and(|at| at <= now);
        assert!(is_looked_up, "a proof before the look-up was finished");
    }
    match (&before.state, command) {
        (State::Proving(proving), Command::PassProofs(kinds)) => {
            assert!(now < proving.deadline);
            let mailed = kinds.contains(&ProofKind::EmailCode);
            assert!(!mailed || now < proving.challenge.expires_at);
        }
        (State::Proving(proving), Command::Submit(_)) => assert!(now < proving.deadline),
        (State::AwaitingApproval(awaiting), Command::Approve { .. }) => {
            assert!(now < awaiting.deadline);
            assert!((1..=3).contains(&awaiting.tries_used));
        }
        _ => {}
    }
}

fn kinds_of(request: &Request) -> Vec<ProofKind> {
    request
        .facts
        .proofs
        .iter()
        .map(|proof| proof.kind)
        .collect()
}

/// Whether `given` are proofs of enough classes that `asked` accepts. Each kind has a class of its own.
fn suffices(asked: &ProofPolicy, given: &[ProofKind]) -> bool {
    let counted = given.iter().filter(|kind| asked.accepts(**kind)).count();
    counted >= usize::from(asked.required())
}

/// What was learnt is never unlearnt, and what is frozen stays.
fn check_facts(before: &Request, after: &Request) {
    let (old, new) = (&before.facts, &after.facts);
    assert_eq!(
        (old.id, old.opened_at, &old.identifier, &old.terms),
        (new.id, new.opened_at, &new.identifier, &new.terms)
    );
    assert_eq!((old.reason, &old.origin), (new.reason, &new.origin));
    assert!(old.subject.is_none() || (&old.subject, &old.rules) == (&new.subject, &new.rules));
    assert_eq!(new.subject.is_some(), new.rules.is_some());
    assert!(old.looked_up_at.is_none() || old.looked_up_at == new.looked_up_at);
    assert!(new.subject.is_none() || new.looked_up_at.is_some());
    check_approvers(before, after);
    assert!(new.proofs.starts_with(&old.proofs));
    if after.state_name() != AwaitingApproval || before.state_name() == AwaitingApproval {
        assert!(
            old.notice_accepted_at.is_none() || old.notice_accepted_at == new.notice_accepted_at
        );
        assert!(old.reported_at.is_none() || old.reported_at == new.reported_at);
    }
    if (before.state_name(), after.state_name()) != (Issuing, Disclosed) {
        assert_eq!(old.disclosed, new.disclosed);
    }
    assert!(old.claimed_at.is_none() || old.claimed_at == new.claimed_at);
    assert!(old.fence <= new.fence);
}

/// Whoever was named stays named as they were, and whoever was asked stays asked.
fn check_approvers(before: &Request, after: &Request) {
    let (old, new) = (&before.facts.approvers, &after.facts.approvers);
    for (old, new) in old.iter().zip(new) {
        assert_eq!((&old.id, &old.role), (&new.id, &new.role));
        assert!(old.asked_at.is_none() || new.asked_at >= old.asked_at);
        assert!(!old.stepped_aside || new.stepped_aside);
    }
    assert!(new.len() >= old.len());
    if new.len() > old.len() && !old.is_empty() {
        assert!(
            after.facts.risks.contains(&Risk::HandedOn),
            "a name out of nowhere"
        );
    }
}

/// The window opens after the cool-off and an accepted notice, never moves, and attempts start in it.
fn check_window(before: &Request, after: &Request, now: Timestamp) {
    match (&before.state, &after.state) {
        (State::AwaitingApproval(_) | State::CoolingOff(_), State::Ready(ready)) => {
            let terms = &after.facts.terms;
            let last = ready.approved.approvals.last().map(|approval| approval.at);
            let is_risky = !after.facts.risks.is_empty();
            let risk = if is_risky {
                terms.risk_cool_off
            } else {
                Duration::ZERO
            };
            assert!(last.is_some_and(|at| at + terms.cool_off.max(risk) <= now));
            assert_eq!(ready.closes_at, now + terms.claim);
        }
        (_, State::Issuing(_)) if before.state_name() != Issuing => {
            assert_eq!(closes_at(&before.state), closes_at(&after.state));
            assert!(closes_at(&before.state).is_some_and(|closes_at| now < closes_at));
        }
        (State::Issuing(_) | State::Disclosed(_), State::Ready(_) | State::Disclosed(_)) => {
            assert_eq!(closes_at(&before.state), closes_at(&after.state));
        }
        _ => {}
    }
}

/// Nothing at Microsoft is touched before a claim, nor outside an end. Each end but completion cleans
/// up once after an attempt, and a report freezes and is told to the administrators.
fn check_effects(before: &Request, command: &Command, outcome: &Outcome) {
    let request = &outcome.request;
    let name = request.state_name();
    let count = |is_it: fn(&Effect) -> bool| outcome.effects.iter().filter(|e| is_it(e)).count();
    let has_ended = before.state_name() != name && !request.is_open();
    let is_left = has_ended && request.facts.claimed_at.is_some();
    let clean_ups: Vec<_> = outcome
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::CleanUp { clean_up } => Some(clean_up),
            _ => None,
        })
        .collect();
    match name {
        Repudiated if is_left => assert_eq!(clean_ups, [&CleanUp::Repudiate]),
        Denied | Withdrawn | Reported | Expired | Aborted | Lapsed if is_left => {
            assert_eq!(clean_ups, [&CleanUp::RemovePass]);
        }
        _ => assert!(clean_ups.is_empty(), "{clean_ups:?} in {name:?}"),
    }
    let without_pass = is_left && matches!(name, Denied | Withdrawn | Reported | Expired);
    let looked_at = count(|effect| {
        matches!(
            effect,
            Effect::AlertAdmins {
                alert: Alert::EndedAfterClaim
            }
        )
    });
    assert_eq!(looked_at, usize::from(without_pass));
    let aborted = count(|effect| {
        matches!(
            effect,
            Effect::AlertAdmins {
                alert: Alert::Aborted { .. }
            }
        )
    });
    assert_eq!(aborted, usize::from(is_left && name == Aborted));

    let is_report = matches!(command, Command::Report);
    let frozen = count(|effect| matches!(effect, Effect::FreezeSubject { .. }));
    let is_known = request.facts.subject.is_some();
    assert_eq!(frozen, usize::from(is_report && is_known));
    let told = count(|effect| {
        matches!(
            effect,
            Effect::AlertAdmins {
                alert: Alert::Reported { .. }
            }
        )
    });
    assert_eq!(told, usize::from(is_report));
    let voids = count(|effect| {
        matches!(
            effect,
            Effect::FreezeSubject {
                voids_codes: true,
                ..
            }
        )
    });
    let used = request
        .proven_kinds()
        .any(|kind| kind == ProofKind::RecoveryCode);
    assert_eq!(voids, usize::from(is_report && used));
}

/// What holds of a request by itself.
pub fn check_request(request: &Request, now: Timestamp) {
    let name = request.state_name();
    let occupies = matches!(
        name,
        AwaitingApproval | CoolingOff | Ready | Issuing | Disclosed
    );
    assert_eq!(request.occupies_subject(), occupies);
    assert_eq!(request.is_open(), occupies || name == Proving);

    let may = |command| decide(request, command, &Actor::Browser, now).is_ok();
    assert_eq!(request.may_withdraw(), may(Command::Withdraw));
    let replace = Command::Replace {
        intent: IntentId(Uuid::nil()),
    };
    assert_eq!(request.may_replace(now), may(replace));

    let has_deadline = matches!(
        name,
        Proving | AwaitingApproval | CoolingOff | Ready | Issuing
    );
    let tick = |at| decide(request, Command::Tick, &Actor::Timer, at).map(drop);
    assert_eq!(request.due_at().is_some(), has_deadline, "{name:?}");
    let quiet = request.due_at().map_or(now, |due| due - MILLISECOND);
    assert_eq!(tick(quiet), Err(Refusal::NothingDue), "{name:?}");
    if let Some(due) = request.due_at() {
        assert_eq!(tick(due.max(now)), Ok(()), "{name:?} is due");
    }
    check_writing(request);
}

/// It survives being written down, and writes down no secret.
fn check_writing<T>(written: &T)
where
    T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let text = serde_json::to_string(written).unwrap();
    let read: T = serde_json::from_str(&text).unwrap();
    assert_eq!(read, *written);
    let value = serde_json::from_str(&text).unwrap();
    assert_eq!(find_secret(&value), None, "{text}");
}

/// The approval that the present state rests on. A repudiated pass may be of an earlier one.
fn approved(state: &State) -> Option<&Approved> {
    match state {
        State::CoolingOff(cooling) => Some(&cooling.approved),
        State::Ready(ready) => Some(&ready.approved),
        State::Issuing(issuing) => Some(&issuing.approved),
        State::Disclosed(disclosed)
        | State::Ended(Ended::Completed { disclosed, .. } | Ended::Lapsed { disclosed, .. }) => {
            Some(&disclosed.approved)
        }
        State::Proving(_) | State::AwaitingApproval(_) | State::Ended(_) => None,
    }
}

fn approvals(state: &State) -> &[Approval] {
    match state {
        State::AwaitingApproval(awaiting) => &awaiting.approvals,
        other => approved(other).map_or(&[], |approved| &approved.approvals),
    }
}

const fn closes_at(state: &State) -> Option<Timestamp> {
    match state {
        State::Ready(ready) => Some(ready.closes_at),
        State::Issuing(issuing) => Some(issuing.closes_at),
        State::Disclosed(disclosed) => Some(disclosed.closes_at),
        _ => None,
    }
}
