//! From the domain to view models: the same facts in the words of pages.

mod changes;
mod codes;
mod console;
mod status;

use app::view::{self, NotMeAnswer, Way};
use domain::{
    Approver, AwaitingApproval, Cancellation, Ended, MethodKind, PersonId, ProofKind, Reason,
    RemovalOutcome, Request, Risk, State,
};

use crate::words::{self, WhyAsked};

pub use changes::changes;
pub use codes::{findings, saved};
pub use console::{entry, facts, hold, removals, row, state};
pub use status::{shows, status};

/// The reason as pages know it.
pub const fn reason(reason: Reason) -> view::Reason {
    match reason {
        Reason::LostPhone => view::Reason::LostPhone,
        Reason::NewPhone => view::Reason::NewPhone,
        Reason::AppFails => view::Reason::AppFails,
        Reason::Throttled => view::Reason::Throttled,
        Reason::Policy => view::Reason::Policy,
        Reason::Other => view::Reason::Other,
    }
}

/// The reverse of [`reason`].
pub const fn reason_of(reason: view::Reason) -> Reason {
    match reason {
        view::Reason::LostPhone => Reason::LostPhone,
        view::Reason::NewPhone => Reason::NewPhone,
        view::Reason::AppFails => Reason::AppFails,
        view::Reason::Throttled => Reason::Throttled,
        view::Reason::Policy => Reason::Policy,
        view::Reason::Other => Reason::Other,
    }
}

/// A reason as somebody else reads it.
const fn reason_in_words(reason: Reason) -> &'static str {
    match reason {
        Reason::LostPhone => "Their phone is lost or stolen",
        Reason::NewPhone => "They have a new phone",
        Reason::AppFails => "Their authenticator app does not work",
        Reason::Throttled => "They were told that there were too many tries",
        Reason::Policy => "They were blocked by a policy",
        Reason::Other => "Something else",
    }
}

/// A sign of risk as somebody reads it who decides or audits.
const fn risk_in_words(risk: Risk) -> &'static str {
    match risk {
        Risk::NewCountry => "It comes from a country from which they have not come before",
        Risk::RecoveredLately => "They were recovered in the last 30 days",
        Risk::ReportedLately => {
            "A request in their name was reported in the last 30 days: somebody else may be at work"
        }
        Risk::ManagerChanged => {
            "Their manager, or the manager above, was changed in the last three days and is not asked therefore"
        }
        Risk::NewDelegate => "Whoever stands in was named in the last three days",
        Risk::OffHours => "It was made outside office hours",
        Risk::OneProof => "They passed one proof only",
        Risk::HandedOn => "Whoever was asked first named somebody else",
    }
}

/// The way that a kind of proof is.
pub const fn way(kind: ProofKind) -> Way {
    match kind {
        ProofKind::EmailCode => Way::EmailCode,
        ProofKind::RecoveryCode => Way::RecoveryCode,
        ProofKind::Password => Way::Password,
        ProofKind::VerifiedId => Way::VerifiedId,
    }
}

const fn proof_in_words(kind: ProofKind) -> &'static str {
    match kind {
        ProofKind::EmailCode => "Typed the code that was mailed to their address on file",
        ProofKind::RecoveryCode => "Typed one of the codes they had saved",
        ProofKind::Password => "Signed in with their password",
        ProofKind::VerifiedId => "Presented a Verified ID that matches their face",
    }
}

/// The name of the person whose account it is.
pub fn subject_name(request: &Request) -> String {
    let subject = request.facts.subject.as_ref();
    subject
        .map(|subject| subject.person.display_name.clone())
        .unwrap_or_default()
}

/// Why somebody is asked to approve, in a sentence that they read.
pub fn why_asked(request: &Request, approver: &Approver) -> String {
    let why = WhyAsked::of(&request.facts, approver);
    why.sentence(&first_name(request), str::to_owned)
}

/// Given name of the person whose account it is.
pub fn first_name(request: &Request) -> String {
    let subject = request.facts.subject.as_ref();
    subject
        .map(|subject| words::first_name(&subject.person).to_owned())
        .unwrap_or_default()
}

/// Who else than `me` was asked, and what they said.
pub fn others_asked(
    request: &Request,
    awaiting: &AwaitingApproval,
    me: &PersonId,
) -> Vec<view::OtherAsked> {
    let others = request.facts.asked().filter(|asked| asked.id != *me);
    let answer = |asked: &Approver| {
        let mut given = awaiting.approvals.iter();
        if given.any(|approval| approval.approver == asked.id) {
            Some("has approved")
        } else {
            asked.stepped_aside.then_some("named somebody else")
        }
    };
    others
        .map(|asked| view::OtherAsked {
            name: asked.name.clone(),
            role: role(request, asked),
            answer: answer(asked),
        })
        .collect()
}

/// Those whose turn to be asked would come later: what the form sends, and who it is.
pub fn not_asked_yet(request: &Request) -> Vec<(String, String)> {
    let approvers = request.facts.approvers.iter();
    approvers
        .filter(|approver| approver.asked_at.is_none())
        .map(|approver| {
            let who = format!("{}, {}", approver.name, role(request, approver));
            (approver.id.0.clone(), who)
        })
        .collect()
}

/// Why somebody is an approver, as another approver reads it.
fn role(request: &Request, approver: &Approver) -> String {
    let colleague = |name: Option<String>| name.unwrap_or_else(|| "a colleague".to_owned());
    match WhyAsked::of(&request.facts, approver) {
        WhyAsked::Leads(lead) => lead.words(&first_name(request)),
        WhyAsked::StandsIn { name, .. } => format!("who stands in for {}", colleague(name)),
        WhyAsked::OnCall => "who is on call".to_owned(),
        WhyAsked::DualControl => "who decides about such accounts".to_owned(),
        WhyAsked::NamedBy(name) => format!("whom {} named", colleague(name)),
    }
}

/// What speaks for special care, in the order of the rules.
pub fn risks(request: &Request) -> Vec<String> {
    let mut risks = request.facts.risks.clone();
    risks.sort_unstable();
    let words = risks.into_iter().map(risk_in_words);
    words.map(str::to_owned).collect()
}

/// Approvals that are there, and how many it takes.
pub fn approvals(request: &Request, awaiting: &AwaitingApproval) -> (u8, u8) {
    let small = |count: usize| u8::try_from(count).unwrap_or(u8::MAX);
    (
        small(awaiting.approvals.len()),
        small(request.facts.required_approvals()),
    )
}

/// What the one who decides gets to know.
pub fn evidence(
    request: &Request,
    recent_recoveries: u32,
    country: Option<String>,
    changes: view::Changes,
) -> view::Evidence {
    let facts = &request.facts;
    let person = facts.subject.as_ref().map(|subject| &subject.person);
    view::Evidence {
        name: person
            .map(|person| person.display_name.clone())
            .unwrap_or_default(),
        first_name: person
            .map(|person| words::first_name(person).to_owned())
            .unwrap_or_default(),
        account: person
            .map(|person| person.user_principal_name.clone())
            .unwrap_or_default(),
        position: person.and_then(|person| person.position.clone()),
        reason: reason_in_words(facts.reason).to_owned(),
        proofs: facts
            .proofs
            .iter()
            .map(|proof| {
                format!(
                    "{} ({})",
                    proof_in_words(proof.kind),
                    words::moment(proof.at).words
                )
            })
            .collect(),
        asked_at: words::moment(facts.opened_at),
        address: facts.origin.address.clone(),
        country,
        browser: words::browser(&facts.origin.user_agent),
        recent_recoveries,
        changes,
    }
}

/// What "this wasn't me" has led to. An approver's report never stands in for the owner's: while they
/// can stop or undo something, the question stays.
pub fn not_me(request: &Request, repudiable: bool) -> NotMeAnswer {
    let reported = request.facts.reported_at.is_some();
    match &request.state {
        State::Ended(Ended::Repudiated { .. }) => NotMeAnswer::Undone,
        State::Issuing(issuing) => match &issuing.cancelled {
            Some(Cancellation::Reported { by, at }) if by.repudiates() => {
                if request.repudiable(*at).is_some() {
                    NotMeAnswer::Undone
                } else {
                    NotMeAnswer::Stopped
                }
            }
            _ => NotMeAnswer::Open,
        },
        _ if repudiable || !reported => NotMeAnswer::Open,
        _ if request.facts.disclosed.is_some() => NotMeAnswer::TooLate,
        _ => NotMeAnswer::Stopped,
    }
}

/// The methods that are gone, each once. A pass that was replaced is none that anybody misses.
pub fn removed(request: &Request) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for removal in &request.facts.removals {
        let gone = matches!(
            removal.outcome,
            RemovalOutcome::Removed | RemovalOutcome::AlreadyGone
        );
        let name = removal.method.describe();
        if gone
            && removal.method.method.kind != MethodKind::TemporaryAccessPass
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}
