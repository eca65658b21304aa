//! People, terms and commands that the tests share, and a case that they act on.

use std::time::Duration;

use domain::{
    AbortCause, Actor, Alert, ApproverRole, Attestation, Candidate, CleanUp, Command, Decline,
    Effect, Event, Fault, Fence, GuardReading, Identifier, IntentId, Line, Method, MethodKind,
    MethodRef, MethodRemoval, Opening, Origin, Outcome, PassPolicy, PassRecord, Person, PersonId,
    PersonRules, PlaceInTree, ProofKind, ProofPolicy, Reason, Refusal, Removal, RemovalOutcome,
    Request, RequestId, Schedule, Seat, State, StateName, Subject, Submission, Terms, Timestamp,
    TrackRecord, UserKind, decide, open,
};
use uuid::Uuid;

/// When every case is opened.
pub const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);
pub const DAY: Duration = Duration::from_hours(24);
pub const MILLISECOND: Duration = Duration::from_millis(1);
pub const MINUTE: Duration = Duration::from_mins(1);
/// What is owed when an attempt was made and no pass was given out.
pub const AFTER_CLAIM: [Effect; 2] = [
    Effect::CleanUp {
        clean_up: CleanUp::RemovePass,
    },
    Effect::AlertAdmins {
        alert: Alert::EndedAfterClaim,
    },
];
/// How long the passes of these tests live.
pub const PASS_LIFETIME: Duration = Duration::from_hours(1);

pub const SUBJECT: &str = "ada";
pub const MANAGER: &str = "grace";
pub const SECOND: &str = "edith";
/// Nobody's manager.
pub const COLLEAGUE: &str = "henry";

pub fn id(name: &str) -> PersonId {
    PersonId(name.to_owned())
}

pub fn person(name: &str) -> Person {
    Person {
        id: id(name),
        display_name: name.to_uppercase(),
        given_name: None,
        user_principal_name: format!("{name}@contoso.com"),
        mail: Some(format!("{name}@contoso.com")),
        other_mails: Vec::new(),
        position: None,
        country: None,
        enabled: true,
        kind: UserKind::Member,
    }
}

pub fn subject() -> Subject {
    subject_named(SUBJECT)
}

pub fn subject_named(name: &str) -> Subject {
    Subject {
        person: person(name),
        recovery_address: Some(format!("{name}@example.org")),
    }
}

pub fn candidate(name: &str) -> Candidate {
    Candidate {
        person: person(name),
        place: PlaceInTree::Elsewhere,
        role: ApproverRole::Manager,
        in_role: true,
        is_away: false,
        record: TrackRecord::default(),
    }
}

/// Asked as a member of the group for privileged accounts.
pub fn of_the_group(name: &str) -> Candidate {
    Candidate {
        role: ApproverRole::DualControl,
        ..candidate(name)
    }
}

pub fn guards() -> GuardReading {
    guards_for(SUBJECT)
}

/// As [`guards`], of a privileged account.
pub fn privileged() -> GuardReading {
    GuardReading {
        privileged: true,
        ..guards()
    }
}

/// Guards that hold for the subject of that name.
pub fn guards_for(name: &str) -> GuardReading {
    GuardReading {
        subject: Some(person(name)),
        protected: false,
        privileged: false,
        pass_policy: PassPolicy {
            usable: true,
            minimum_minutes: 60,
            maximum_minutes: 480,
        },
        frozen_until: None,
    }
}

/// Each guard broken by itself, with the refusal it must lead to at `now`.
pub fn broken_guards(now: Timestamp) -> Vec<(GuardReading, Refusal)> {
    let broken = |change: &dyn Fn(&mut GuardReading)| {
        let mut reading = guards();
        change(&mut reading);
        reading
    };
    let as_person =
        |change: &dyn Fn(&mut Person)| broken(&|reading| change(reading.subject.as_mut().unwrap()));
    vec![
        (broken(&|g| g.subject = None), Refusal::SubjectIsGone),
        (as_person(&|p| p.id = id("other")), Refusal::SubjectIsGone),
        (
            as_person(&|p| p.enabled = false),
            Refusal::SubjectIsDisabled,
        ),
        (
            as_person(&|p| p.kind = UserKind::Guest),
            Refusal::SubjectIsGuest,
        ),
        (broken(&|g| g.protected = true), Refusal::SubjectIsProtected),
        (
            broken(&|g| g.privileged = true),
            Refusal::SubjectIsPrivileged,
        ),
        (
            broken(&|g| g.frozen_until = Some(now + MILLISECOND)),
            Refusal::SubjectIsFrozen,
        ),
        (
            broken(&|g| g.pass_policy.usable = false),
            Refusal::PassNotUsable,
        ),
    ]
}

/// Each rule for approvers broken by itself, with the refusal it must lead to.
pub fn broken_approvers(name: &str) -> Vec<(Candidate, Refusal)> {
    let broken = |change: &dyn Fn(&mut Candidate)| {
        let mut broken = candidate(name);
        change(&mut broken);
        broken
    };
    vec![
        (
            broken(&|c| c.place = PlaceInTree::BelowSubject),
            Refusal::ApproverIsBelowSubject,
        ),
        (
            broken(&|c| c.person.kind = UserKind::Guest),
            Refusal::ApproverIsGuest,
        ),
        (
            broken(&|c| c.person.enabled = false),
            Refusal::ApproverIsDisabled,
        ),
        (broken(&|c| c.in_role = false), Refusal::ApproverLostRole),
        (
            broken(&|c| c.role = ApproverRole::DualControl),
            Refusal::ApproverLostRole,
        ),
        (
            broken(&|c| c.record.recovered = true),
            Refusal::ApproverRecoveredLately,
        ),
        (
            broken(&|c| c.record.approved_by_subject = true),
            Refusal::ApproverOwesSubject,
        ),
        (
            broken(&|c| c.record.at_daily_cap = true),
            Refusal::ApproverAtDailyCap,
        ),
    ]
}

/// `required` proofs of different classes out of `accepted`.
pub fn policy(accepted: &[ProofKind], required: u8) -> ProofPolicy {
    ProofPolicy::new(accepted.iter().copied(), required).unwrap()
}

/// What the policy asks of a person under these terms: one proof more where there is a choice, and else what is asked
/// of everybody. Where only some methods are to go, it is a rehearsal.
pub fn own_rules(terms: &Terms) -> PersonRules {
    let gate = &terms.gate;
    let all = ProofKind::ALL.iter().all(|kind| gate.accepts(*kind));
    let proofs = if all {
        policy(&ProofKind::ALL, gate.required() + 1)
    } else {
        gate.clone()
    };
    PersonRules {
        proofs,
        evaluation: terms.removal == Removal::Portal,
    }
}

/// The directory knows who the identifier means, and asks them for what it asks of everybody.
pub fn recognise(subject: Subject, gate: &ProofPolicy) -> Command {
    Command::Recognise {
        subject,
        rules: PersonRules {
            proofs: gate.clone(),
            evaluation: false,
        },
    }
}

/// The code of this sending reaches its owner.
pub const fn hand_out(sending: u8) -> Command {
    Command::HandOutCode { sending }
}

/// One proof, the mailed code; one approver, no cool-off.
pub fn terms() -> Terms {
    Terms {
        gate: policy(&[ProofKind::EmailCode], 1),
        look_up_step: Duration::ZERO,
        required_approvals: 1,
        dual_control: false,
        approvals_a_day: 10,
        proving: Duration::from_mins(30),
        approval: Duration::from_hours(4),
        cool_off: Duration::ZERO,
        risk_cool_off: Duration::ZERO,
        privileged_cool_off: DAY,
        claim: Duration::from_mins(30),
        lease: MINUTE,
        removal: Removal::All,
    }
}

/// As [`terms`], with an hour's cool-off.
pub fn cool_off_terms() -> Terms {
    Terms {
        cool_off: Duration::from_hours(1),
        ..terms()
    }
}

/// As [`terms`], under dual control.
pub fn dual_control() -> Terms {
    Terms {
        required_approvals: 2,
        ..terms()
    }
}

pub const fn approver(id: PersonId, seat: Seat) -> Actor {
    Actor::Approver { id, seat }
}

/// `name` by their link, on a browser of their own.
pub fn by(name: &str) -> Actor {
    approver(id(name), Seat::OwnBrowser)
}

pub fn method(kind: MethodKind, id: &str) -> Method {
    Method {
        method: MethodRef {
            kind,
            id: id.to_owned(),
        },
        name: Some("Pixel 10".to_owned()),
    }
}

pub fn intent(number: u128) -> IntentId {
    IntentId(Uuid::from_u128(number))
}

pub fn submission() -> Submission {
    submission_for(SUBJECT)
}

pub fn submission_for(name: &str) -> Submission {
    Submission {
        guards: guards_for(name),
        line: Line {
            tiers: vec![vec![candidate(MANAGER), candidate(SECOND)]],
        },
        schedule: schedule(START),
        risks: Vec::new(),
    }
}

/// Nobody is reminded, and the tiers after the first are asked half an hour and an hour later.
pub fn schedule(now: Timestamp) -> Schedule {
    Schedule {
        remind: REMINDED,
        escalate: vec![now + 30 * MINUTE, now + 60 * MINUTE],
        deadline: now + terms().approval,
        off_hours: false,
    }
}

/// "I'm not the right person", and somebody who is.
pub fn hand_on(from: &str, to: &str) -> Command {
    Command::HandOn {
        from: candidate(from),
        to: candidate(to),
        remind_at: REMINDED,
    }
}

/// A proven person could not submit, and nothing else made a delay worth while.
pub const fn note_refusal(refusal: Refusal) -> Command {
    Command::NoteRefusal {
        refusal,
        risks: Vec::new(),
    }
}

/// Taken up again by the manager, who is asked together with the second one, until four hours after the start or later.
pub fn reopen() -> Command {
    reopen_by(MANAGER)
}

pub fn reopen_by(name: &str) -> Command {
    reopen_for(SUBJECT, name)
}

pub fn reopen_for(subject: &str, name: &str) -> Command {
    Command::Reopen {
        by: candidate(name),
        submission: Submission {
            schedule: Schedule {
                deadline: Timestamp::from_millis(i64::MAX),
                ..schedule(START)
            },
            ..submission_for(subject)
        },
    }
}

/// After every deadline: nobody is reminded.
pub const REMINDED: Timestamp = Timestamp::from_millis(i64::MAX);

pub const fn decline() -> Command {
    Command::Deny(Decline::Unsure)
}

pub fn approve(name: &str) -> Command {
    approve_with(guards(), candidate(name))
}

pub const fn approve_with(guards: GuardReading, approver: Candidate) -> Command {
    Command::Approve {
        attestation: Attestation::Phone,
        guards,
        approver,
    }
}

pub const fn claim(intent: IntentId) -> Command {
    Command::Claim { intent }
}

/// The disclosure of a pass that was made for `intent` at `now`; the password stayed.
pub fn disclose(fence: Fence, intent: IntentId, now: Timestamp) -> Command {
    Command::Disclose {
        fence,
        pass: PassRecord {
            id: format!("pass-{}", fence.0),
            made_at: now,
            expires_at: now + PASS_LIFETIME,
            intent,
        },
        kept: vec![method(MethodKind::Password, "password").method],
    }
}

/// The phone was there before the attempt.
pub fn take_snapshot(fence: Fence) -> Command {
    Command::TakeSnapshot {
        fence,
        methods: vec![method(MethodKind::Authenticator, "lost-phone")],
    }
}

pub fn removed(id: &str) -> MethodRemoval {
    MethodRemoval {
        method: method(MethodKind::Authenticator, id),
        outcome: RemovalOutcome::Removed,
    }
}

pub fn record_removals(fence: Fence) -> Command {
    Command::RecordRemovals {
        fence,
        removals: vec![removed("lost-phone")],
    }
}

/// A pass that nobody recorded is deleted.
pub fn record_reaped(fence: Fence, pass: &str) -> Command {
    Command::RecordReaped {
        fence,
        pass: pass.to_owned(),
    }
}

/// What is owed when an attempt starts at `now` under `fence`.
pub fn reap(fence: u32, now: Timestamp) -> Effect {
    Effect::Reap {
        fence: Fence(fence),
        from: now + terms().lease,
    }
}

pub const fn release(fence: Fence, retry_after: Duration) -> Command {
    Command::Release {
        fence,
        fault: Fault::DirectoryUnavailable,
        retry_after,
        may_leave_pass: false,
    }
}

/// The phone would have gone.
pub fn finish_rehearsal(fence: Fence) -> Command {
    Command::FinishRehearsal {
        fence,
        methods: vec![method(MethodKind::Authenticator, "lost-phone")],
    }
}

pub const fn abort(fence: Fence) -> Command {
    Command::Abort {
        fence,
        cause: AbortCause::MethodSurvived,
        may_leave_pass: false,
    }
}

pub fn complete() -> Command {
    Command::Complete {
        new_methods: vec![method(MethodKind::Authenticator, "new-phone")],
    }
}

/// The name of a request's subject, as [`Case::opened_for`] was given it.
pub fn subject_name(request: &Request) -> &str {
    let (name, _) = request.facts.identifier.as_str().split_once('@').unwrap();
    name
}

/// A request, the time, and what the last command led to.
#[derive(Clone, Debug)]
pub struct Case {
    pub request: Request,
    pub now: Timestamp,
    pub events: Vec<Event>,
    pub effects: Vec<Effect>,
}

impl Case {
    /// Opened at [`START`]: nobody is recognised yet.
    pub fn opened(terms: Terms) -> Self {
        let id = RequestId(Uuid::from_u128(1));
        Self::opened_for(SUBJECT, id, terms, START)
    }

    /// A request for the subject of that name, opened at `now`.
    pub fn opened_for(name: &str, id: RequestId, terms: Terms, now: Timestamp) -> Self {
        let opening = Opening {
            id,
            identifier: Identifier::parse(&format!("{name}@contoso.com")).unwrap(),
            reason: Reason::LostPhone,
            origin: Origin {
                address: "192.0.2.1".to_owned(),
                country: None,
                user_agent: "Firefox".to_owned(),
            },
            terms,
        };
        Self::of(open(opening, now), now)
    }

    /// The subject's name, as [`Self::opened_for`] was given it.
    pub fn subject_name(&self) -> &str {
        subject_name(&self.request)
    }

    pub fn of(outcome: Outcome, now: Timestamp) -> Self {
        let Outcome {
            request,
            events,
            effects,
        } = outcome;
        Self {
            request,
            now,
            events,
            effects,
        }
    }

    /// The subject is recognised.
    pub fn recognised(terms: Terms) -> Self {
        let recognise = recognise(subject(), &terms.gate);
        Self::opened(terms).does(&Actor::Directory, recognise)
    }

    /// A mail server has taken the mail with the code.
    pub fn mailed(terms: Terms) -> Self {
        Self::recognised(terms).does(&Actor::Mailer, hand_out(1))
    }

    /// The mailed code was answered.
    pub fn proven(terms: Terms) -> Self {
        Self::mailed(terms)
            .does(&Actor::Browser, Command::SpendProofTry)
            .does(
                &Actor::Browser,
                Command::PassProofs(vec![ProofKind::EmailCode]),
            )
    }

    /// Both approvers are asked.
    pub fn awaiting_approval(terms: Terms) -> Self {
        Self::proven(terms).does(&Actor::Browser, Command::Submit(submission()))
    }

    /// Approved, and no notice was accepted yet.
    pub fn cooling_off(terms: Terms) -> Self {
        Self::awaiting_approval(terms).approved_by(MANAGER)
    }

    /// Approved after a notice was accepted.
    pub fn ready() -> Self {
        Self::awaiting_approval(terms())
            .does(&Actor::Mailer, Command::AcceptNotice)
            .approved_by(MANAGER)
    }

    /// Claimed, under fence 1 and [`intent`] 1.
    pub fn issuing() -> Self {
        Self::ready().does(&Actor::Browser, claim(intent(1)))
    }

    /// The first pass is given out.
    pub fn disclosed() -> Self {
        Self::issuing().disclosed_now()
    }

    /// The pass expired unused.
    pub fn lapsed() -> Self {
        Self::disclosed().lapsed_now()
    }

    /// The pass that was given out last expires unused.
    pub fn lapsed_now(self) -> Self {
        self.after(PASS_LIFETIME).does(
            &Actor::Watcher,
            Command::Lapse(domain::LapseCause::PassExpired),
        )
    }

    /// Asked for again after it lapsed.
    pub fn reopened() -> Self {
        Self::lapsed().does(&by(MANAGER), reopen())
    }

    /// A second attempt runs, since the first pass could not be used.
    pub fn replacing() -> Self {
        Self::disclosed().does(&Actor::Browser, Command::Replace { intent: intent(2) })
    }

    /// The first attempt may have left a pass, and a second one gave out another.
    pub fn disclosed_in_doubt() -> Self {
        let release = Command::Release {
            fence: Fence(1),
            fault: Fault::DirectoryUnavailable,
            retry_after: Duration::ZERO,
            may_leave_pass: true,
        };
        Self::issuing()
            .does(&Actor::Issuer, release)
            .does(&Actor::Browser, claim(intent(2)))
            .disclosed_now()
    }

    /// Claimed, under fence 1 and [`intent`] 1, and a rehearsal.
    pub fn rehearsing() -> Self {
        let rules = PersonRules {
            proofs: terms().gate,
            evaluation: true,
        };
        let subject = subject();
        Self::opened(terms())
            .does(&Actor::Directory, Command::Recognise { subject, rules })
            .does(&Actor::Mailer, hand_out(1))
            .does(&Actor::Browser, Command::SpendProofTry)
            .does(
                &Actor::Browser,
                Command::PassProofs(vec![ProofKind::EmailCode]),
            )
            .does(&Actor::Browser, Command::Submit(submission()))
            .does(&Actor::Mailer, Command::AcceptNotice)
            .approved_by(MANAGER)
            .does(&Actor::Browser, claim(intent(1)))
    }

    /// A request in the state of that name.
    pub fn in_state(name: StateName) -> Self {
        match name {
            StateName::Proving => Self::proven(terms()),
            StateName::AwaitingApproval => {
                Self::awaiting_approval(terms()).does(&by(MANAGER), Command::SpendContactCodeTry)
            }
            StateName::CoolingOff => Self::cooling_off(cool_off_terms()),
            StateName::Ready => Self::ready(),
            StateName::Issuing => Self::issuing(),
            StateName::Disclosed => Self::disclosed(),
            StateName::Completed => Self::disclosed().does(&Actor::Watcher, complete()),
            StateName::Denied => Self::awaiting_approval(terms()).does(&by(MANAGER), decline()),
            StateName::Withdrawn => {
                Self::awaiting_approval(terms()).does(&Actor::Browser, Command::Withdraw)
            }
            StateName::Reported => {
                Self::awaiting_approval(terms()).does(&Actor::Owner, Command::Report)
            }
            StateName::Expired => Self::awaiting_approval(terms())
                .after(terms().approval)
                .does(&Actor::Timer, Command::Tick),
            StateName::Aborted => Self::issuing().does(&Actor::Issuer, abort(Fence(1))),
            StateName::Rehearsed => {
                Self::rehearsing().does(&Actor::Issuer, finish_rehearsal(Fence(1)))
            }
            StateName::Lapsed => Self::lapsed(),
            StateName::Repudiated => Self::disclosed().does(&Actor::Owner, Command::Report),
        }
    }

    /// `command` is carried out.
    #[track_caller]
    pub fn does(self, actor: &Actor, command: Command) -> Self {
        let asked = format!("{command:?}");
        match decide(&self.request, command, actor, self.now) {
            Ok(outcome) => Self::of(outcome, self.now),
            Err(refusal) => panic!("{asked} by {actor:?} was refused: {refusal:?}\n{self:#?}"),
        }
    }

    /// `command` is refused.
    #[track_caller]
    pub fn refuses(&self, actor: &Actor, command: Command, refusal: Refusal) {
        let asked = format!("{command:?}");
        assert_eq!(
            decide(&self.request, command, actor, self.now).map(|outcome| outcome.request.state),
            Err(refusal),
            "{asked} by {actor:?}"
        );
    }

    /// A counted try at the contact code, and the approval.
    #[track_caller]
    pub fn approved_by(self, name: &str) -> Self {
        self.does(&by(name), Command::SpendContactCodeTry)
            .does(&by(name), approve(name))
    }

    /// The running attempt succeeds.
    #[track_caller]
    pub fn disclosed_now(self) -> Self {
        let State::Issuing(issuing) = &self.request.state else {
            panic!("no attempt is running: {:?}", self.request.state);
        };
        let command = disclose(issuing.fence, issuing.intent, self.now);
        self.does(&Actor::Issuer, command)
    }

    pub fn after(self, wait: Duration) -> Self {
        let now = self.now + wait;
        self.at(now)
    }

    pub fn at(self, now: Timestamp) -> Self {
        Self { now, ..self }
    }

    #[track_caller]
    pub fn is(self, name: StateName) -> Self {
        assert_eq!(self.request.state_name(), name, "{self:#?}");
        self
    }

    /// The last command led to exactly these effects.
    #[track_caller]
    pub fn owes(self, effects: &[Effect]) -> Self {
        assert_eq!(self.effects, effects);
        self
    }

    /// The last command led to exactly these events.
    #[track_caller]
    pub fn logs(self, events: &[Event]) -> Self {
        assert_eq!(self.events, events);
        self
    }
}
