//! What was open when the database was restored from a backup.

use domain::{
    AbortCause, Actor, Alert, CleanUp, Command, Effect, Ended, Event, Fence, Refusal, State,
    StateName,
};

use crate::kit::{Case, by, claim, decline, intent, release, reopen, terms};

const CAUSE: AbortCause = AbortCause::RestoredFromBackup;

#[track_caller]
fn is_aborted(case: &Case) {
    let State::Ended(Ended::Aborted { at, cause }) = &case.request.state else {
        panic!("{case:#?}");
    };
    assert_eq!((*at, cause), (case.now, &CAUSE));
    assert_eq!(case.events, [Event::Aborted { cause: CAUSE }]);
}

#[test]
fn a_request_before_a_claim_ends_quietly() {
    for case in [
        Case::opened(terms()),
        Case::in_state(StateName::Proving),
        Case::in_state(StateName::AwaitingApproval),
        Case::in_state(StateName::CoolingOff),
        Case::in_state(StateName::Ready),
    ] {
        let ended = case.does(&Actor::Operator, Command::EndRestored).owes(&[]);
        is_aborted(&ended);
    }
}

#[test]
fn a_request_after_a_claim_ends_with_a_clean_up_and_an_alert() {
    let released =
        Case::issuing().does(&Actor::Issuer, release(Fence(1), std::time::Duration::ZERO));
    for case in [
        released,
        Case::issuing(),
        Case::disclosed(),
        Case::reopened(),
    ] {
        let ended = case.does(&Actor::Operator, Command::EndRestored).owes(&[
            Effect::CleanUp {
                clean_up: CleanUp::RemovePass,
            },
            Effect::AlertAdmins {
                alert: Alert::Aborted { cause: CAUSE },
            },
        ]);
        is_aborted(&ended);
    }
}

#[test]
fn a_no_that_the_backup_holds_leads_where_it_would_have_led() {
    for (actor, command, end) in [
        (by("grace"), decline(), StateName::Denied),
        (Actor::Owner, Command::Report, StateName::Reported),
    ] {
        Case::issuing()
            .does(&actor, command)
            .does(&Actor::Operator, Command::EndRestored)
            .is(end);
    }
    Case::replacing()
        .does(&Actor::Owner, Command::Report)
        .does(&Actor::Operator, Command::EndRestored)
        .is(StateName::Repudiated);
}

#[test]
fn nothing_goes_on_afterwards_but_the_owner_can_still_undo() {
    let ended = Case::disclosed().does(&Actor::Operator, Command::EndRestored);
    for (actor, command) in [
        (Actor::Browser, claim(intent(2))),
        (Actor::Browser, Command::Replace { intent: intent(2) }),
        (by("grace"), reopen()),
        (Actor::Operator, Command::EndRestored),
    ] {
        ended.refuses(&actor, command, Refusal::WrongState(StateName::Aborted));
    }
    ended
        .does(&Actor::Owner, Command::Report)
        .is(StateName::Repudiated);
}
