//! The recovery request.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    Approver, Candidate, Control, Disclosed, Fence, GuardReading, Identifier, MethodRemoval,
    PersonId, PersonRules, Proof, ProofKind, ProofPolicy, Refusal, RequestId, Risk, State,
    StateName, Subject, Timestamp, state::Removal,
};

/// A recovery request: the aggregate that every rule is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// What does not change with the state.
    pub facts: RequestFacts,
    /// Where it stands.
    pub state: State,
    /// Counts the changes; a change is kept only if nobody else made one meanwhile.
    pub version: u64,
}

/// What is known about a request whatever its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestFacts {
    /// Identity.
    pub id: RequestId,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// What was typed as the sign-in name.
    pub identifier: Identifier,
    /// Why the person asks.
    pub reason: Reason,
    /// From where they ask.
    pub origin: Origin,
    /// The rules in force when it was opened.
    pub terms: Terms,
    /// Who it is about, once the directory recognised them; frozen from then on.
    pub subject: Option<Subject>,
    /// What the policy asks of the subject, frozen together with them.
    pub rules: Option<PersonRules>,
    /// From when on the look-up of the identifier counts as finished, whether or not anybody was recognised. None
    /// until the directory has answered. No proof is looked at before.
    pub looked_up_at: Option<Timestamp>,
    /// Who may decide, frozen at submission, but for those whom an approver named later.
    pub approvers: Vec<Approver>,
    /// How many have to approve, and whose word counts.
    #[serde(default)]
    pub control: Control,
    /// What makes a delay worth while.
    #[serde(default)]
    pub risks: Vec<Risk>,
    /// Proofs passed.
    pub proofs: Vec<Proof>,
    /// When the first notice to the owner was accepted by a mail server.
    pub notice_accepted_at: Option<Timestamp>,
    /// When the pass was first claimed. Before that nothing at Microsoft was touched, and never in a rehearsal, where
    /// this stays empty.
    pub claimed_at: Option<Timestamp>,
    /// Why the proven person could not submit, the last time.
    pub refused: Option<Refusal>,
    /// What became of each method, over all attempts.
    pub removals: Vec<MethodRemoval>,
    /// Passes, by their ids, that no attempt recorded and that were deleted therefore.
    #[serde(default)]
    pub reaped: Vec<String>,
    /// Until when a pass can turn up that an attempt asked for and nobody recorded. None when no attempt
    /// left that open.
    #[serde(default)]
    pub stray_until: Option<Timestamp>,
    /// The last pass that was given out, whatever has become of the request since.
    pub disclosed: Option<Disclosed>,
    /// When somebody first said that the owner did not ask for this.
    pub reported_at: Option<Timestamp>,
    /// Whether the person has left the browser in which they asked: it gets no pass any more.
    #[serde(default)]
    pub browser_left: bool,
    /// How often it was taken up again after it had lapsed.
    pub reopenings: u8,
    /// The highest fence given out.
    pub fence: Fence,
}

impl RequestFacts {
    /// How many distinct approvals it takes.
    pub fn required_approvals(&self) -> usize {
        let needed = usize::from(self.terms.required_approvals);
        match self.control {
            Control::Single => needed,
            Control::Dual => needed.max(2),
        }
    }

    /// How long the owner has to object after the approval.
    pub fn cool_off(&self) -> Duration {
        let terms = &self.terms;
        let by_risk = (!self.risks.is_empty()).then_some(terms.risk_cool_off);
        let by_privilege = (self.control == Control::Dual).then_some(terms.privileged_cool_off);
        let delays = [Some(terms.cool_off), by_risk, by_privilege];
        delays.into_iter().flatten().max().unwrap_or_default()
    }

    /// Whoever was asked to decide, in the order in which they were named.
    pub fn asked(&self) -> impl Iterator<Item = &Approver> {
        self.approvers
            .iter()
            .filter(|approver| approver.asked_at.is_some())
    }

    /// The approver of that object id.
    pub fn approver(&self, id: &PersonId) -> Option<&Approver> {
        self.approvers.iter().find(|approver| approver.id == *id)
    }

    /// The kinds of the proofs that were passed.
    pub fn proven_kinds(&self) -> impl Iterator<Item = ProofKind> {
        self.proofs.iter().map(|proof| proof.kind)
    }

    /// Whether everything happens but a change at Microsoft.
    pub fn is_rehearsal(&self) -> bool {
        self.rules.as_ref().is_some_and(|rules| rules.evaluation)
    }

    /// Whether codes are mailed for it: to somebody who has an address outside the tenant's own mail, and for
    /// whom such a code counts.
    pub fn mails_codes(&self) -> bool {
        let has_address = |subject: &Subject| subject.recovery_address.is_some();
        let counts = |rules: &PersonRules| rules.proofs.accepts(ProofKind::EmailCode);
        self.subject.as_ref().is_some_and(has_address) && self.rules.as_ref().is_some_and(counts)
    }

    /// Whether the proofs that were passed are what everybody is asked for.
    pub fn is_through_gate(&self) -> bool {
        self.terms.gate.is_met_by(self.proven_kinds())
    }

    /// Whether the proofs that were passed suffice: those that everybody is asked for, and those that
    /// the policy asks of the subject.
    pub fn is_proven(&self) -> bool {
        let own = self.rules.as_ref();
        self.is_through_gate()
            && own.is_some_and(|rules| rules.proofs.is_met_by(self.proven_kinds()))
    }
}

/// Why a person asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The phone is lost or stolen.
    LostPhone,
    /// There is a new phone.
    NewPhone,
    /// The app does not work.
    AppFails,
    /// Too many tries.
    Throttled,
    /// Blocked by a policy.
    Policy,
    /// Anything else.
    Other,
}

/// From where a request was made: evidence for the approver, nothing that a rule trusts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Internet address as text.
    pub address: String,
    /// The country of that address, as two capitals (ISO 3166-1), where it is known.
    pub country: Option<String>,
    /// What the browser says about itself, cut to a sensible length.
    pub user_agent: String,
}

/// The numbers that govern one request, frozen when it is opened so that a change of configuration
/// never moves a running request's goalposts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// What everybody is asked to prove: until that is done, nobody is told whether the policy asks
    /// more of the person.
    pub gate: ProofPolicy,
    /// The look-up of the identifier counts as finished after a whole number of these since the request was opened,
    /// so that nobody learns from its duration whom the identifier means; at once if it is zero.
    pub look_up_step: Duration,
    /// How many distinct approvers an ordinary account needs.
    pub required_approvals: u8,
    /// Whether privileged accounts are recovered at all: under dual control.
    pub dual_control: bool,
    /// How many recoveries one person approves at most in 24 hours.
    pub approvals_a_day: u32,
    /// Time to pass the proofs and submit.
    pub proving: Duration,
    /// Time for the approvers to answer.
    pub approval: Duration,
    /// Delay between approval and the pass, where nothing speaks for a longer one.
    pub cool_off: Duration,
    /// The same, at least, where there is a [`Risk`].
    pub risk_cool_off: Duration,
    /// The same, at least, for a privileged account.
    pub privileged_cool_off: Duration,
    /// Time to claim the pass.
    pub claim: Duration,
    /// How long one issue attempt may work.
    pub lease: Duration,
    /// Which methods go.
    pub removal: Removal,
}

impl Terms {
    /// Issue attempts at most, per approval.
    pub const MAX_ATTEMPTS: u8 = 3;
    /// Tries at most for one code.
    pub const MAX_TRIES: u8 = 3;
    /// Codes mailed at most for one request.
    pub const MAX_SENDINGS: u8 = 3;
    /// Approvers can hand on so often at most, all of them together.
    pub const MAX_HAND_ONS: usize = 3;
    /// A lapsed case is taken up again so often at most: then the person proves anew who they are.
    pub const MAX_REOPENINGS: u8 = 2;
    /// How long after it was opened: what was proven then still counts.
    pub const REOPENING: Duration = Duration::from_hours(3 * 24);
    /// Approvers have so long at most to answer.
    pub const MAX_APPROVAL: Duration = Duration::from_hours(24);
    /// How long a mailed code works.
    pub const EMAIL_CODE_LIFETIME: Duration = Duration::from_mins(10);
    /// How long after the end of an attempt's lease a call of it can still be carried out, although its
    /// connection is long gone: Microsoft gives calls to methods a minute by itself, and its directory
    /// replicates for some minutes more before all reads see a write.
    pub const LATENESS: Duration = Duration::from_mins(10);
    /// How long after disclosure the owner can repudiate.
    pub const REPUDIATION: Duration = Duration::from_hours(7 * 24);
    /// How long after the pass expired a registration that was begun with it may take: Microsoft gives
    /// ten minutes after the sign-in, and the directory shows it a little later.
    pub const REGISTRATION_GRACE: Duration = Duration::from_mins(15);
}

impl Request {
    /// Where it stands, as a word.
    pub const fn state_name(&self) -> StateName {
        self.state.name()
    }

    /// Whether something can still happen before an end.
    pub const fn is_open(&self) -> bool {
        matches!(
            self.state,
            State::Proving(_)
                | State::AwaitingApproval(_)
                | State::CoolingOff(_)
                | State::Ready(_)
                | State::Issuing(_)
                | State::Disclosed(_)
        )
    }

    /// Whether this request occupies its subject: at most one such request exists per subject. A
    /// request that is still proving does not, or anybody could lock another person out by typing
    /// their name.
    pub const fn occupies_subject(&self) -> bool {
        self.is_open() && !matches!(self.state, State::Proving(_))
    }

    /// The kinds of the proofs that were passed.
    pub fn proven_kinds(&self) -> impl Iterator<Item = ProofKind> {
        self.facts.proven_kinds()
    }

    /// Whether the proofs that were passed suffice.
    pub fn is_proven(&self) -> bool {
        self.facts.is_proven()
    }

    /// The policy that decides at this point: until what everybody is asked for is passed it is the
    /// same for everybody.
    pub fn proof_policy(&self) -> &ProofPolicy {
        match &self.facts.rules {
            Some(rules) if self.facts.is_through_gate() => &rules.proofs,
            _ => &self.facts.terms.gate,
        }
    }

    /// Whether codes are mailed for it.
    pub fn mails_codes(&self) -> bool {
        self.facts.mails_codes()
    }

    /// Whether proofs are looked at: the directory has said whom the identifier means, or that it means nobody. It
    /// has nothing to do with which of the two it said.
    pub fn takes_proofs(&self, now: Timestamp) -> bool {
        let step = self.facts.terms.look_up_step;
        // Without steps it is finished once it is answered, by whoever's clock: those of two instances differ a little.
        let is_finished = |at: Timestamp| step.is_zero() || at <= now;
        self.facts.looked_up_at.is_some_and(is_finished)
    }

    /// Whether nothing that is asked at this point is missing once proofs of `kinds` hold too.
    pub fn would_suffice(&self, kinds: &[ProofKind]) -> bool {
        let given = self.proven_kinds().chain(kinds.iter().copied());
        self.proof_policy().is_met_by(given)
    }

    /// Whether the bound browser may still withdraw.
    pub const fn may_withdraw(&self) -> bool {
        matches!(
            self.state,
            State::Proving(_) | State::AwaitingApproval(_) | State::CoolingOff(_) | State::Ready(_)
        )
    }

    /// Whether a pass that could not be used may be replaced at `now`.
    pub fn may_replace(&self, now: Timestamp) -> bool {
        match &self.state {
            State::Disclosed(disclosed) => {
                now < disclosed.closes_at && disclosed.approved.attempts < Terms::MAX_ATTEMPTS
            }
            _ => false,
        }
    }

    /// Whether it waits for the word of the approver `id` at `now`.
    ///
    /// # Errors
    /// Why not: it was decided, they have done their part, or the time is over.
    pub fn awaits(&self, id: &PersonId, now: Timestamp) -> Result<(), Refusal> {
        let State::AwaitingApproval(awaiting) = &self.state else {
            return Err(self.wrong_state());
        };
        if now >= awaiting.deadline {
            return Err(Refusal::DeadlinePassed);
        }
        if awaiting.approvals.iter().any(|given| given.approver == *id) {
            return Err(Refusal::AlreadyApproved);
        }
        match self.facts.asked().find(|asked| asked.id == *id) {
            None => Err(Refusal::NotAnApprover),
            Some(asked) if asked.stepped_aside => Err(Refusal::ApproverSteppedAside),
            Some(_) => Ok(()),
        }
    }

    /// Whether an approval by `approver` would count at `now`, the contact code apart: so nobody's try is spent on one that
    /// would not.
    ///
    /// # Errors
    /// The rule or the guard that is against it.
    pub fn may_be_approved_by(
        &self,
        approver: &Candidate,
        guards: &GuardReading,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let facts = &self.facts;
        self.awaits(&approver.person.id, now)?;
        let subject = facts.subject.as_ref();
        let subject = subject.ok_or(Refusal::SubjectNotRecognised)?;
        approver.may_approve(subject, facts.control)?;
        guards.hold(subject, facts.control, now)
    }

    /// Whether the approver `id` can take the case up again at `now`: it lapsed, nobody has said that its owner did not ask,
    /// and there is a browser to give the next pass to.
    ///
    /// # Errors
    /// What is against it.
    pub fn reopenable(&self, id: &PersonId, now: Timestamp) -> Result<(), Refusal> {
        let facts = &self.facts;
        if self.state.name() != StateName::Lapsed {
            return Err(self.wrong_state());
        }
        if facts.reported_at.is_some() {
            return Err(Refusal::WasReported);
        }
        if facts.browser_left {
            return Err(Refusal::BrowserWasLeft);
        }
        if facts.reopenings >= Terms::MAX_REOPENINGS {
            return Err(Refusal::ReopenedTooOften);
        }
        if now >= facts.opened_at + Terms::REOPENING {
            return Err(Refusal::DeadlinePassed);
        }
        match facts.asked().find(|asked| asked.id == *id) {
            None => Err(Refusal::NotAnApprover),
            Some(asked) if asked.stepped_aside => Err(Refusal::ApproverSteppedAside),
            Some(_) => Ok(()),
        }
    }

    /// How long after it was opened something can still come of it at most: as long its browser stays bound.
    pub fn longest_life(&self) -> Duration {
        let terms = &self.facts.terms;
        let by_privilege =
            (self.facts.control == Control::Dual).then_some(terms.privileged_cool_off);
        let delays = [
            Some(terms.cool_off),
            Some(terms.risk_cool_off),
            by_privilege,
        ];
        let delay = delays.into_iter().flatten().max().unwrap_or_default();
        // The last time it is taken up, it is approved at the last moment; nobody claims the pass before that of the delay.
        Terms::REOPENING + Terms::MAX_APPROVAL + delay + terms.approval + terms.claim
    }

    /// The pass that the owner can still repudiate at `now`: for seven days, whatever has become of the
    /// request since it was given out.
    pub fn repudiable(&self, now: Timestamp) -> Option<&Disclosed> {
        self.facts
            .disclosed
            .as_ref()
            .filter(|disclosed| now < disclosed.at + Terms::REPUDIATION)
    }

    /// Whether everything happens but a change at Microsoft: the policy of the subject's groups says so.
    pub fn is_rehearsal(&self) -> bool {
        self.facts.is_rehearsal()
    }

    /// Whether an attempt was made: sessions may have ended and methods may be gone.
    pub const fn touched_account(&self) -> bool {
        self.facts.claimed_at.is_some()
    }

    /// When [`Command::Tick`](crate::Command::Tick) has something to do next, if ever.
    pub fn due_at(&self) -> Option<Timestamp> {
        match &self.state {
            State::Proving(proving) => Some(proving.deadline),
            State::AwaitingApproval(awaiting) => {
                let next = awaiting.plan.first().map(|step| step.at);
                Some(next.map_or(awaiting.deadline, |next| next.min(awaiting.deadline)))
            }
            // Without an accepted notice the passing of time changes nothing; the notice itself does.
            State::CoolingOff(cooling) => match self.facts.notice_accepted_at {
                Some(_) => Some(cooling.not_before.min(cooling.deadline)),
                None => Some(cooling.deadline),
            },
            State::Ready(ready) => Some(ready.closes_at),
            State::Issuing(issuing) => Some(issuing.lease_until),
            State::Disclosed(_) | State::Ended(_) => None,
        }
    }
}
