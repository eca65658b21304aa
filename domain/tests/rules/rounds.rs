//! What was promised in one round and is carried out in another.

use crate::kit::{Case, MANAGER, MINUTE, SECOND, by, dual_control, hand_on, id, terms};

#[test]
fn a_notice_counts_for_the_round_that_it_tells_of() {
    let first = Case::awaiting_approval(terms());
    assert!(first.request.notice_counts(first.now));
    let lapsed = Case::lapsed();
    let disclosed = lapsed.request.facts.disclosed.as_ref().unwrap().at;
    let again = Case::reopened();
    assert!(again.request.notice_counts(again.now));
    assert!(!again.request.notice_counts(disclosed));
    let approved = again.clone().after(MINUTE).approved_by(SECOND);
    assert!(
        approved.request.notice_counts(again.now),
        "the approval begins no round"
    );
    assert!(!approved.request.notice_counts(disclosed));
}

#[test]
fn nobody_waits_for_an_answer_of_an_earlier_round() {
    let again = Case::reopened();
    let waits = |at| again.request.waits_for(&id(MANAGER), at).is_some();
    assert!(waits(again.now));
    assert!(!waits(again.now - MINUTE));
    assert!(
        Case::lapsed()
            .request
            .waits_for(&id(MANAGER), again.now)
            .is_none()
    );
}

#[test]
fn nobody_waits_for_whoever_has_answered_or_was_not_asked() {
    let case = Case::awaiting_approval(dual_control());
    let waits = |case: &Case, name| case.request.waits_for(&id(name), case.now).is_some();
    assert!(waits(&case, MANAGER) && waits(&case, SECOND));
    let first = case.approved_by(MANAGER);
    assert!(!waits(&first, MANAGER) && waits(&first, SECOND));
    assert!(!waits(&first, "nobody"));
}

#[test]
fn nobody_waits_for_whoever_has_named_somebody_else() {
    let case = Case::awaiting_approval(terms()).does(&by(MANAGER), hand_on(MANAGER, "colleague"));
    let waits = |name| case.request.waits_for(&id(name), case.now).is_some();
    assert!(!waits(MANAGER) && waits("colleague"));
}
