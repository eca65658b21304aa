//! Who may ask for what.

use domain::{Actor, Refusal, Seat, StateName, decide};

use crate::{
    asked::Asked,
    kit::{Case, MANAGER, approver, by, id},
};

/// One of each kind.
fn actors() -> [Actor; 11] {
    [
        Actor::Browser,
        by(MANAGER),
        approver(id(MANAGER), Seat::RequestersBrowser),
        Actor::Owner,
        Actor::Security,
        Actor::Directory,
        Actor::Mailer,
        Actor::Timer,
        Actor::Issuer,
        Actor::Watcher,
        Actor::Operator,
    ]
}

/// The name of an actor. A new kind does not compile until it has one here and in [`actors`].
const fn kind(actor: &Actor) -> &'static str {
    match actor {
        Actor::Browser => "browser",
        Actor::Approver { .. } => "approver",
        Actor::Owner => "owner",
        Actor::Directory => "directory",
        Actor::Mailer => "mailer",
        Actor::Timer => "timer",
        Actor::Issuer => "issuer",
        Actor::Watcher => "watcher",
        Actor::Security => "security",
        Actor::Operator => "operator",
    }
}

/// Who may, by command.
#[expect(clippy::match_same_arms, reason = "one line for each command")]
const fn permitted(asked: Asked) -> &'static [&'static str] {
    match asked {
        Asked::Recognise => &["directory"],
        Asked::RecogniseNobody => &["directory"],
        Asked::ResendEmailCode => &["browser"],
        Asked::HandOutCode => &["owner", "mailer"],
        Asked::SpendProofTry => &["browser"],
        Asked::PassProof => &["browser"],
        Asked::FailProof => &["browser"],
        Asked::Submit => &["browser"],
        Asked::NoteRefusal => &["browser"],
        Asked::SpendContactCodeTry => &["approver"],
        Asked::RefuseContactCode => &["approver"],
        Asked::Approve => &["approver"],
        Asked::Deny => &["approver"],
        Asked::HandOn => &["approver"],
        Asked::ReportByOwner => &["owner", "security", "approver"],
        Asked::ReportByApprover => &["owner", "security", "approver"],
        Asked::Withdraw | Asked::LeaveBrowser => &["browser"],
        Asked::AcceptNotice => &["mailer"],
        Asked::MissApprover => &["mailer"],
        Asked::Tick => &["timer"],
        Asked::TickWhenDue => &["timer"],
        Asked::Claim => &["browser"],
        Asked::Replace => &["browser"],
        Asked::TakeSnapshot => &["issuer"],
        Asked::RecordRemovals => &["issuer"],
        Asked::Disclose => &["issuer"],
        Asked::Release => &["issuer"],
        Asked::Abort => &["issuer"],
        Asked::FinishRehearsal => &["issuer"],
        Asked::RecordReaped => &["issuer"],
        Asked::FindPassMismatch => &["issuer", "watcher"],
        Asked::Complete => &["watcher"],
        Asked::Lapse => &["watcher"],
        Asked::Reopen => &["approver"],
        Asked::EndRestored => &["timer", "operator"],
    }
}

#[test]
fn nobody_does_what_is_not_theirs_in_any_state() {
    for state in StateName::ALL {
        for &asked in Asked::ALL {
            let case = asked.timed(Case::in_state(state));
            for actor in actors() {
                let decided = decide(&case.request, asked.command(&case), &actor, case.now);
                let is_refused = decided.err() == Some(Refusal::ActorMayNot);
                let may = permitted(asked).contains(&kind(&actor));
                assert_eq!(is_refused, !may, "{asked:?} by {actor:?} in {state:?}");
            }
        }
    }
}
