//! Saved codes, and whether recovery would work, in the words of pages.

use app::view::{DeadCodes, Finding, SavedView, Verdict};
use domain::{ProofKind, Refusal};

use crate::{
    auth::saved_codes,
    recovery::{OwnCodes, Readiness},
    words,
};

/// Who can change what the directory says.
const ASK: &str = "The people named at the bottom of this page can change that.";
/// So many saved codes are few.
const FEW: usize = 3;

/// Codes that were made.
pub fn saved(own: &OwnCodes) -> SavedView {
    let codes = own.set.codes.iter();
    SavedView {
        made_at: words::moment(own.set.made_at),
        dead: match own.standing {
            saved_codes::Standing::Working => None,
            saved_codes::Standing::Void { at } => Some(DeadCodes::Void {
                at: words::moment(at),
            }),
            saved_codes::Standing::OtherPepper => Some(DeadCodes::KeyReplaced),
        },
        used: codes.map(|code| code.used_at.map(words::moment)).collect(),
    }
}

/// What a recovery needs, thing by thing.
pub fn findings(readiness: &Readiness) -> Vec<Finding> {
    let mut findings = vec![account(readiness)];
    if readiness.privileged {
        findings.push(missing(
            "Your account has special rights, so it is not recovered here.",
            "Ask the people named at the bottom of this page now what to do when you lose your phone.",
        ));
    }
    if let Some(until) = readiness.frozen_until {
        let until = words::moment(until).words;
        findings.push(missing(
            &format!(
                "Somebody reported a request or codes for your account, so it cannot be recovered until {until}."
            ),
            "If that was not you, contact the people named at the bottom of this page.",
        ));
    }
    if readiness.rules.proofs.accepts(ProofKind::EmailCode) || !readiness.has_address {
        findings.push(address(readiness));
    }
    if readiness.rules.proofs.accepts(ProofKind::RecoveryCode) {
        findings.push(codes(readiness));
    }
    findings.extend([proofs(readiness), approver(readiness), pass(readiness)]);
    if readiness.rules.evaluation {
        findings.push(Finding {
            verdict: Verdict::Trial,
            ..missing(
                "Recovery is tried out for you: everything would happen as in a recovery, but nothing would change on your account, and you would get no pass.",
                "If you cannot sign in, contact the people named at the bottom of this page.",
            )
        });
    }
    findings
}

fn account(readiness: &Readiness) -> Finding {
    match readiness.account {
        Ok(()) => holds("Your account is active."),
        Err(Refusal::SubjectIsGuest) => missing(
            "Your account is a guest here.",
            "Recover it at the organisation that it comes from.",
        ),
        Err(_) => missing("Your account is not active.", ASK),
    }
}

fn address(readiness: &Readiness) -> Finding {
    match &readiness.recovery_address {
        Some(address) => holds(&format!(
            "There is an address outside work to send a code to: {}.",
            words::masked_address(address)
        )),
        None if readiness.has_address => better(
            "There is no address outside work to send a code to.",
            "Ask the people named at the bottom of this page to add your private mail address to your account.",
        ),
        None => missing(
            "There is no mail address at all to tell you of a recovery.",
            ASK,
        ),
    }
}

fn codes(readiness: &Readiness) -> Finding {
    let found = match readiness.codes_left {
        None => "You have made no saved codes.".to_owned(),
        Some(0) => "All your saved codes are used or do not work any more.".to_owned(),
        Some(1) => "You have 1 saved code left.".to_owned(),
        Some(left) => format!("You have {left} saved codes left."),
    };
    if readiness.codes_left.is_some_and(|left| left > FEW) {
        return holds(&found);
    }
    better(
        &found,
        "Go back and make ten codes: they help when your mail does not.",
    )
}

/// Whether the proofs suffice that the person could give. Nobody knows here whether they know their password or have a
/// Verified ID: if it depends on that, it is said so.
fn proofs(readiness: &Readiness) -> Finding {
    let policy = &readiness.rules.proofs;
    let of = |wanted: Standing| -> Vec<ProofKind> {
        let kinds = policy.accepted();
        kinds
            .filter(|kind| standing(readiness, *kind) == wanted)
            .collect()
    };
    let (given, unknown) = (of(Standing::Given), of(Standing::Unknown));
    let needed = match policy.required() {
        1 => "One proof of who you are is needed".to_owned(),
        more => format!("{more} proofs of who you are, of different kinds, are needed"),
    };
    let found = format!("{needed}, and you could give {}.", in_words(&given));
    if policy.is_met_by(given.iter().copied()) {
        return holds(&found);
    }
    if policy.is_met_by(given.iter().chain(&unknown).copied()) {
        return Finding {
            verdict: Verdict::Unknown,
            ..missing(
                &format!(
                    "{found} Also {} would count: we cannot check this here.",
                    in_words(&unknown)
                ),
                "Make sure that you have it: recovery does not work without.",
            )
        };
    }
    if policy.accepts(ProofKind::RecoveryCode) && !given.contains(&ProofKind::RecoveryCode) {
        missing(
            &found,
            "Go back and make ten codes: one of them is a proof.",
        )
    } else {
        missing(&found, ASK)
    }
}

/// Whether somebody could give a proof.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Given,
    NotGiven,
    /// It shows only when it is given.
    Unknown,
}

fn standing(readiness: &Readiness, kind: ProofKind) -> Standing {
    let has_it = match kind {
        ProofKind::EmailCode => readiness.recovery_address.is_some(),
        ProofKind::RecoveryCode => readiness.codes_left.is_some_and(|left| left > 0),
        ProofKind::Password | ProofKind::VerifiedId => return Standing::Unknown,
    };
    if has_it {
        Standing::Given
    } else {
        Standing::NotGiven
    }
}

fn in_words(kinds: &[ProofKind]) -> String {
    let names: Vec<&str> = kinds.iter().copied().map(named).collect();
    match &names[..] {
        [] => "none of them".to_owned(),
        [one] => (*one).to_owned(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

const fn named(kind: ProofKind) -> &'static str {
    match kind {
        ProofKind::EmailCode => "a code sent to your private address",
        ProofKind::RecoveryCode => "a saved code",
        ProofKind::Password => "your password",
        ProofKind::VerifiedId => "a Verified ID",
    }
}

fn approver(readiness: &Readiness) -> Finding {
    let found = match &readiness.approver {
        Ok(approver) => {
            return holds(&format!(
                "There is somebody to approve your request: {}.",
                approver.name
            ));
        }
        Err(Refusal::ApproverIsSubject) => "You are named as your own manager.",
        Err(Refusal::ApproverIsBelowSubject) => "The person named as your manager reports to you.",
        Err(Refusal::ApproverIsGuest) => "The person named as your manager is a guest.",
        Err(Refusal::ApproverIsDisabled) => {
            "The account of the person named as your manager is not active."
        }
        Err(Refusal::ApproverHasNoMail) => "The person named as your manager has no mail address.",
        Err(_) => "Nobody is named as your manager, so nobody could approve your request.",
    };
    missing(found, ASK)
}

fn pass(readiness: &Readiness) -> Finding {
    if readiness.pass_usable {
        holds("Your organisation's settings let you sign in with a pass.")
    } else {
        missing(
            "Your organisation's settings do not let you sign in with a pass.",
            ASK,
        )
    }
}

fn holds(found: &str) -> Finding {
    Finding {
        verdict: Verdict::Holds,
        found: found.to_owned(),
        advice: None,
    }
}

fn better(found: &str, advice: &str) -> Finding {
    Finding {
        verdict: Verdict::Better,
        ..missing(found, advice)
    }
}

fn missing(found: &str, advice: &str) -> Finding {
    Finding {
        verdict: Verdict::Missing,
        found: found.to_owned(),
        advice: Some(advice.to_owned()),
    }
}
