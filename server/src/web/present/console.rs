//! The console.

use app::view::{HoldView, RecoveryRow, TimelineEntry, Tone};
use domain::{
    AbortCause, Attestation, Control, Decline, Deed, DenialReason, Event, Fault, LapseCause,
    Method, MethodRemoval, PersonId, ProofKind, RemovalOutcome, ReportedBy, Request, Risk,
    StateName, Timestamp,
};

use super::{reason_in_words, risk_in_words};
use crate::{
    store::{AuditRow, Hold, ListedRequest},
    words::{self, moment},
};

/// What keeps recovery from going on.
pub fn hold(hold: Hold) -> HoldView {
    HoldView {
        since: moment(hold.since),
        until: hold.until.map(moment),
        reason: hold.reason,
    }
}

/// A request as a line of a list.
pub fn row(listed: &ListedRequest) -> RecoveryRow {
    let request = &listed.request;
    let facts = &request.facts;
    let (state, tone) = state(request.state_name());
    RecoveryRow {
        id: facts.id.to_string(),
        reference: facts.id.reference().to_string(),
        subject: facts.subject.as_ref().map_or_else(
            || facts.identifier.as_str().to_owned(),
            |subject| subject.person.display_name.clone(),
        ),
        state: state.to_owned(),
        tone,
        approver: (!facts.approvers.is_empty()).then(|| {
            facts
                .approvers
                .iter()
                .map(|approver| approver.name.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        }),
        opened_at: moment(facts.opened_at),
        changed_at: moment(listed.changed_at),
    }
}

/// A state in words, and its colour.
pub const fn state(name: StateName) -> (&'static str, Tone) {
    match name {
        StateName::Proving => ("Proving identity", Tone::Active),
        StateName::AwaitingApproval => ("Waiting for approval", Tone::Waiting),
        StateName::CoolingOff => ("Safety delay", Tone::Waiting),
        StateName::Ready => ("Approved", Tone::Active),
        StateName::Issuing => ("Issuing", Tone::Active),
        StateName::Disclosed => ("Pass given out", Tone::Active),
        StateName::Completed => ("Completed", Tone::Good),
        StateName::Denied => ("Declined", Tone::Neutral),
        StateName::Withdrawn => ("Withdrawn", Tone::Neutral),
        StateName::Reported => ("Reported", Tone::Bad),
        StateName::Expired => ("Expired", Tone::Neutral),
        StateName::Aborted => ("Aborted", Tone::Bad),
        StateName::Rehearsed => ("Trial run over", Tone::Neutral),
        StateName::Lapsed => ("Lapsed", Tone::Bad),
        StateName::Repudiated => ("Repudiated", Tone::Bad),
    }
}

/// A request's facts as label and value.
pub fn facts(request: &Request) -> Vec<(String, String)> {
    let facts = &request.facts;
    let mut lines = vec![
        ("Typed as".to_owned(), facts.identifier.as_str().to_owned()),
        (
            "Reason".to_owned(),
            reason_in_words(facts.reason).to_owned(),
        ),
        (
            "Asked from".to_owned(),
            format!(
                "{}, {}",
                facts.origin.address,
                words::browser(&facts.origin.user_agent)
            ),
        ),
    ];
    if let Some(subject) = &facts.subject {
        lines.insert(
            0,
            (
                "Account".to_owned(),
                subject.person.user_principal_name.clone(),
            ),
        );
    }
    if request.is_rehearsal() {
        let mode = "Trial run: nothing is changed at Microsoft";
        lines.push(("Mode".to_owned(), mode.to_owned()));
    }
    if let Some(disclosed) = &request.facts.disclosed {
        lines.push((
            "Pass".to_owned(),
            format!(
                "{}, until {}",
                disclosed.pass.id,
                moment(disclosed.pass.expires_at).words
            ),
        ));
    }
    lines
}

/// What became of the methods, over all attempts.
pub fn removals(request: &Request) -> Vec<String> {
    request.facts.removals.iter().map(removal).collect()
}

fn removal(removal: &MethodRemoval) -> String {
    let outcome = match removal.outcome {
        RemovalOutcome::Removed => "removed",
        RemovalOutcome::AlreadyGone => "was gone already",
        RemovalOutcome::Refused => "refused by Microsoft",
        RemovalOutcome::NotRemovable => "cannot be removed",
    };
    format!("{}: {outcome}", removal.method.describe())
}

/// A row of the audit log in words.
pub fn entry(row: &AuditRow, request: &Request) -> TimelineEntry {
    TimelineEntry {
        at: moment(row.at),
        actor: actor(&row.actor, request),
        what: what(&row.event, request),
        sequence: row.sequence,
    }
}

fn actor(name: &str, request: &Request) -> String {
    match name.split_once(':') {
        Some(("approver", id)) => {
            format!("{} (approver)", person(&PersonId(id.to_owned()), request))
        }
        Some(("employee", id)) => {
            format!("{} (employee)", person(&PersonId(id.to_owned()), request))
        }
        _ => match name {
            "browser" => "The person’s browser",
            "owner" => "The account’s owner",
            "security" => "The security team",
            "directory" => "Directory",
            "mailer" => "Mail",
            "timer" => "Timer",
            "issuer" => "Issuer",
            "verified_id" => "Verified ID",
            "watcher" => "Watcher",
            "operator" => "Operator",
            other => other,
        }
        .to_owned(),
    }
}

/// The name under which a request knows somebody.
fn person(id: &PersonId, request: &Request) -> String {
    let facts = &request.facts;
    let approver = facts
        .approvers
        .iter()
        .find(|approver| approver.id == *id)
        .map(|approver| &approver.name);
    let subject = facts
        .subject
        .as_ref()
        .filter(|subject| subject.person.id == *id);
    approver
        .or(subject.map(|subject| &subject.person.display_name))
        .map_or_else(|| id.to_string(), Clone::clone)
}

#[expect(clippy::too_many_lines, reason = "a table with one entry per event")]
fn what(event: &Event, request: &Request) -> String {
    let people = |ids: &[PersonId]| {
        ids.iter()
            .map(|id| person(id, request))
            .collect::<Vec<_>>()
            .join(", ")
    };
    match event {
        Event::Opened { reason } => format!("Opened the request: {}", reason_in_words(*reason)),
        Event::SubjectRecognised { subject } => format!("Recognised {}", person(subject, request)),
        Event::NobodyRecognised => "Recognised nobody whom it could be about".to_owned(),
        Event::EmailCodeRequested { sending } => format!("Asked for mailed code number {sending}"),
        Event::EmailCodeHandedOut { sending } => {
            format!("Mailed code number {sending} has reached its owner's mailbox")
        }
        Event::ProofTrySpent { tries_used } => format!("Typed a code, try {tries_used}"),
        Event::ProofPassed { proof } => format!("Passed: {}", proof_name(*proof)),
        Event::ProofFailed { proof } => format!("Failed: {}", proof_name(*proof)),
        Event::Submitted {
            approvers,
            deadline,
            control,
            risks,
        } => submitted(&people(approvers), *deadline, *control, risks),
        Event::ApproversAsked { approvers } => format!("Asked {} as well", people(approvers)),
        Event::ApproversReminded { approvers } => format!("Reminded {}", people(approvers)),
        Event::HandedOn { from, to } => {
            format!(
                "{} named {} instead",
                person(from, request),
                person(to, request)
            )
        }
        Event::DecisionRefused {
            approver,
            deed,
            reason,
        } => format!(
            "{} meant to {}, which was refused: {reason}",
            person(approver, request),
            deed_name(*deed)
        ),
        Event::LinkCarriedByOther {
            approver,
            person: other,
        } => format!(
            "Somebody else ({other}) signed in with the link that was mailed to {}",
            person(approver, request)
        ),
        Event::ContactCodeTrySpent { tries_used } => {
            format!("Typed a contact code, try {tries_used}")
        }
        Event::ContactCodeRefused { tries_used } => {
            format!("The contact code was wrong, try {tries_used}")
        }
        Event::Approved { attestation, .. } => format!("Approved: {}", stated(*attestation)),
        Event::CoolingOffStarted { not_before } => {
            format!("Safety delay until {}", moment(*not_before).words)
        }
        Event::BecameReady { closes_at } => {
            format!("The pass can be had until {}", moment(*closes_at).words)
        }
        Event::PresentationAsked { .. }
        | Event::PresentationHeld { .. }
        | Event::PresentationRefused { .. } => presentation(event),
        Event::NoticeAccepted => "A mail server accepted a notice to the owner".to_owned(),
        Event::Denied { reason } => denied(reason).to_owned(),
        Event::Reported {
            by: ReportedBy::Owner,
        } => "Reported: “this wasn’t me”".to_owned(),
        Event::Reported {
            by: ReportedBy::Security,
        } => "Stopped through the link in a mail to the security team".to_owned(),
        Event::Reported {
            by: ReportedBy::Approver(id),
        } => format!("Reported by {}", person(id, request)),
        Event::BrowserLeft => "Left the browser in which they had asked".to_owned(),
        Event::Withdrawn => "Withdrew the request".to_owned(),
        Event::Expired { during } => format!("Expired while: {}", state(*during).0),
        Event::IssueStarted { fence, attempt, .. } => {
            format!("Began issuing, attempt {attempt} (fence {})", fence.0)
        }
        Event::IssueCancelled { fence } => {
            format!("Told the running attempt to stop (fence {})", fence.0)
        }
        Event::IssueFailed { fence, fault } => format!(
            "The attempt failed (fence {}): {}",
            fence.0,
            fault_name(*fault)
        ),
        Event::Disclosed {
            pass, expires_at, ..
        } => format!(
            "Gave out pass {pass}, which works until {}",
            moment(*expires_at).words
        ),
        Event::SubmissionRefused { refusal } => format!("Could not ask for approval: {refusal}"),
        Event::ApproverNotReached { approver } => {
            format!("No mail reaches {}", person(approver, request))
        }
        Event::SnapshotTaken { methods, .. } => {
            format!("Found on the account: {}", described(methods))
        }
        Event::MethodsRemoved { removals, .. } => {
            let mut outcomes: Vec<_> = removals.iter().map(removal).collect();
            outcomes.insert(0, "Ended all sessions".to_owned());
            outcomes.join("; ")
        }
        Event::PassReaped { fence, pass } => format!(
            "Found and deleted pass {pass}, which was on no record (fence {})",
            fence.0
        ),
        Event::PassMismatchFound { fence } => {
            format!("The recorded pass is not the live one (fence {})", fence.0)
        }
        Event::Aborted { cause } => format!("Aborted: {}", abort_name(cause)),
        Event::Rehearsed { methods, .. } => rehearsed(methods),
        Event::Completed { new_methods } => {
            format!("New methods are registered: {}", described(new_methods))
        }
        Event::Lapsed { cause } => format!("Lapsed: {}", lapse_name(*cause)),
        Event::Reopened { approver } => {
            format!("{} took the case up again", person(approver, request))
        }
        Event::Repudiated => "Repudiated: “this wasn’t me”".to_owned(),
    }
}

const fn deed_name(deed: Deed) -> &'static str {
    match deed {
        Deed::Approve => "approve",
        Deed::Decline => "decline",
        Deed::Report => "report it",
        Deed::HandOn => "have somebody else asked",
        Deed::Reopen => "take the case up again",
    }
}

/// What a rehearsal would have done.
fn rehearsed(methods: &[Method]) -> String {
    let methods = described(methods);
    format!("The trial run is over. Would have been removed: {methods}")
}

/// What became of a Verified ID.
fn presentation(event: &Event) -> String {
    match event {
        Event::PresentationHeld { number, score } => {
            format!("Verified ID number {number} holds, and the face matches with {score} %")
        }
        Event::PresentationRefused { number, fault } => {
            format!("Verified ID number {number} was refused: {fault}")
        }
        _ => "Asked for a Verified ID".to_owned(),
    }
}

fn described(methods: &[Method]) -> String {
    let names: Vec<_> = methods.iter().map(Method::describe).collect();
    names.join(", ")
}

const fn proof_name(kind: ProofKind) -> &'static str {
    match kind {
        ProofKind::EmailCode => "code by mail to the address on file",
        ProofKind::RecoveryCode => "saved code",
        ProofKind::Password => "sign-in with the password",
        ProofKind::VerifiedId => "Verified ID",
    }
}

const fn fault_name(fault: Fault) -> &'static str {
    match fault {
        Fault::DirectoryUnavailable => "Microsoft did not answer",
        Fault::LeaseRanOut => "its time ran out",
        Fault::Paused => "an operator had paused recovery",
        Fault::LeaseTooShort => "too little time was left to create a pass safely",
        Fault::RemovalNotConfirmed => "Microsoft still listed removed methods",
    }
}

/// Whom somebody asked, and what spoke against it.
fn submitted(people: &str, deadline: Timestamp, control: Control, risks: &[Risk]) -> String {
    let mut said = format!(
        "Asked {people} for approval until {}",
        moment(deadline).words
    );
    if control == Control::Dual {
        said.push_str("; two of them have to approve");
    }
    for risk in risks {
        said.push_str("; ");
        said.push_str(risk_in_words(*risk));
    }
    said
}

const fn stated(attestation: Attestation) -> &'static str {
    match attestation {
        Attestation::Phone => "spoke with the person on a number they already had",
        Attestation::Video => "spoke with the person in a video call that they set up",
        Attestation::InPerson => "spoke with the person face to face",
    }
}

const fn denied(reason: &DenialReason) -> &'static str {
    match reason {
        DenialReason::ByApprover { why, .. } => match why {
            Decline::NotReached => "Declined: could not reach the person",
            Decline::Unsure => "Declined: not sure that it is the person",
            Decline::NotNeeded => "Declined: it is not needed any more",
            Decline::Other => "Declined",
        },
        DenialReason::ContactCodeTriesUsedUp => "Declined after three wrong contact codes",
    }
}

const fn lapse_name(cause: LapseCause) -> &'static str {
    match cause {
        LapseCause::PassExpired => "the pass expired unused",
        LapseCause::NothingRegistered => "nothing was registered",
    }
}

fn abort_name(cause: &AbortCause) -> String {
    match cause {
        AbortCause::GuardChanged(refusal) => {
            return format!("what held at approval does not hold any more: {refusal}");
        }
        AbortCause::MethodSurvived => "a method could not be removed",
        AbortCause::Permanent => "Microsoft refused for good",
        AbortCause::AttemptsUsedUp => "three attempts were not enough",
        AbortCause::PassChanged => {
            "the pass that was given out was deleted or replaced by somebody else"
        }
        AbortCause::RestoredFromBackup => {
            "the database was restored from a backup, and what happened since is lost"
        }
    }
    .to_owned()
}
