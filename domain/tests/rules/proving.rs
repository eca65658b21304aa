//! From the identifier to the submission.

use std::time::Duration;

use domain::{
    Actor, Alert, Candidate, Command, Effect, Event, GuardReading, Notice, PlaceInTree, ProofKind,
    Reason, Refusal, StateName, Submission, Terms, UserKind,
};

use crate::kit::{
    Case, MANAGER, MILLISECOND, SECOND, START, SUBJECT, broken_approvers, broken_guards, candidate,
    dual_control, guards, id, subject, submission, terms,
};

fn submit(guards: GuardReading, candidates: Vec<Candidate>) -> Command {
    Command::Submit(Submission { guards, candidates })
}

#[test]
fn opening_says_nothing_about_whether_anybody_bears_the_identifier() {
    let case = Case::opened(terms()).is(StateName::Proving);
    assert_eq!(case.request.version, 1);
    assert_eq!(case.request.facts.subject, None);
    assert_eq!(case.request.due_at(), Some(START + terms().proving));
    case.logs(&[Event::Opened {
        reason: Reason::LostPhone,
    }])
    .owes(&[Effect::LookUpSubject]);
}

#[test]
fn a_recognised_subject_is_mailed_a_code_and_never_replaced() {
    let case = Case::recognised(terms())
        .logs(&[Event::SubjectRecognised {
            subject: id(SUBJECT),
        }])
        .owes(&[Effect::SendEmailCode { sending: 1 }]);
    case.refuses(
        &Actor::Directory,
        Command::Recognise(subject()),
        Refusal::AlreadyDone,
    );
}

#[test]
fn nobody_recognised_proves_nothing_and_spends_tries_all_the_same() {
    let case = Case::opened(terms()).does(&Actor::Browser, Command::SpendProofTry);
    case.refuses(
        &Actor::Browser,
        Command::PassProof(ProofKind::EmailCode),
        Refusal::SubjectNotRecognised,
    );
    case.does(&Actor::Browser, Command::ResendEmailCode)
        .owes(&[Effect::SendEmailCode { sending: 2 }]);
}

#[test]
fn a_code_is_tried_three_times_and_mailed_three_times() {
    let mut case = Case::recognised(terms());
    for sending in 1..=Terms::MAX_SENDINGS {
        for tries_used in 1..=Terms::MAX_TRIES {
            case = case
                .does(&Actor::Browser, Command::SpendProofTry)
                .logs(&[Event::ProofTrySpent { tries_used }])
                .does(&Actor::Browser, Command::FailProof(ProofKind::EmailCode))
                .logs(&[Event::ProofFailed {
                    proof: ProofKind::EmailCode,
                }]);
        }
        case.refuses(
            &Actor::Browser,
            Command::SpendProofTry,
            Refusal::CodeTriesUsedUp,
        );
        if sending < Terms::MAX_SENDINGS {
            case = case.does(&Actor::Browser, Command::ResendEmailCode).owes(&[
                Effect::SendEmailCode {
                    sending: sending + 1,
                },
            ]);
        }
    }
    case.refuses(
        &Actor::Browser,
        Command::ResendEmailCode,
        Refusal::NoMoreCodes,
    );
}

#[test]
fn a_mailed_code_works_for_ten_minutes() {
    let expiry = START + Duration::from_mins(10);
    let case = Case::recognised(terms());
    case.clone()
        .at(expiry - MILLISECOND)
        .does(&Actor::Browser, Command::SpendProofTry);
    let late = case.at(expiry);
    late.refuses(
        &Actor::Browser,
        Command::SpendProofTry,
        Refusal::CodeExpired,
    );
    late.does(&Actor::Browser, Command::ResendEmailCode)
        .at(expiry + Duration::from_mins(10) - MILLISECOND)
        .does(&Actor::Browser, Command::SpendProofTry);
}

#[test]
fn a_proof_counts_only_after_its_try_was_counted_and_only_once() {
    let pass = || Command::PassProof(ProofKind::EmailCode);
    Case::recognised(terms()).refuses(&Actor::Browser, pass(), Refusal::CodeExpired);

    let proven = Case::proven(terms()).logs(&[Event::ProofPassed {
        proof: ProofKind::EmailCode,
    }]);
    assert!(proven.request.is_proven());
    proven.refuses(&Actor::Browser, pass(), Refusal::AlreadyDone);

    // Where another proof is missing, the code that served works no second time.
    let two_proofs = Terms {
        required_proofs: 2,
        ..terms()
    };
    let half_proven = Case::proven(two_proofs);
    assert!(!half_proven.request.is_proven());
    half_proven.refuses(
        &Actor::Browser,
        Command::SpendProofTry,
        Refusal::CodeExpired,
    );
    half_proven.refuses(
        &Actor::Browser,
        Command::Submit(submission()),
        Refusal::NotProven,
    );
}

#[test]
fn everything_in_proving_ends_at_its_deadline() {
    let deadline = START + terms().proving;
    let commands = [
        Command::ResendEmailCode,
        Command::SpendProofTry,
        Command::PassProof(ProofKind::EmailCode),
        Command::Submit(submission()),
    ];
    let late = Case::proven(terms()).at(deadline);
    for command in commands {
        late.refuses(&Actor::Browser, command, Refusal::DeadlinePassed);
    }
    Case::opened(terms()).at(deadline).refuses(
        &Actor::Directory,
        Command::Recognise(subject()),
        Refusal::DeadlinePassed,
    );
    let early = Case::proven(terms()).at(deadline - MILLISECOND);
    early.refuses(&Actor::Timer, Command::Tick, Refusal::NothingDue);
    early.does(&Actor::Browser, Command::Submit(submission()));
    late.does(&Actor::Timer, Command::Tick)
        .is(StateName::Expired)
        .logs(&[Event::Expired {
            during: StateName::Proving,
        }])
        .owes(&[]);
}

#[test]
fn a_submission_freezes_and_asks_the_approvers_and_tells_the_owner() {
    let case = Case::awaiting_approval(terms()).is(StateName::AwaitingApproval);
    let names: Vec<_> = case.request.facts.approvers.iter().map(|a| &a.id).collect();
    assert_eq!(names, [&id(MANAGER), &id(SECOND)]);
    assert_eq!(case.request.due_at(), Some(START + terms().approval));
    case.logs(&[Event::Submitted {
        approvers: vec![id(MANAGER), id(SECOND)],
        deadline: START + terms().approval,
    }])
    .owes(&[
        Effect::AskApprover {
            approver: id(MANAGER),
        },
        Effect::AskApprover {
            approver: id(SECOND),
        },
        Effect::NotifyOwner {
            notice: Notice::Submitted,
        },
    ]);
}

#[test]
fn each_guard_stops_a_submission() {
    let case = Case::proven(terms());
    for (reading, refusal) in broken_guards(case.now) {
        case.refuses(
            &Actor::Browser,
            submit(reading, vec![candidate(MANAGER)]),
            refusal,
        );
    }
}

#[test]
fn a_freeze_stops_a_submission_until_it_ends() {
    let case = Case::proven(terms());
    let thawed = GuardReading {
        frozen_until: Some(case.now),
        ..guards()
    };
    case.does(&Actor::Browser, submit(thawed, submission().candidates))
        .is(StateName::AwaitingApproval);
}

#[test]
fn a_refusal_after_the_proof_is_kept_and_that_of_an_administrator_is_looked_at() {
    let case = Case::proven(terms());
    for (refusal, owed) in [
        (Refusal::NoApprover, vec![]),
        (Refusal::PassNotUsable, vec![]),
        (
            Refusal::SubjectIsPrivileged,
            vec![Effect::AlertAdmins {
                alert: Alert::PrivilegedSubject,
            }],
        ),
    ] {
        let noted = case
            .clone()
            .does(&Actor::Browser, Command::NoteRefusal(refusal))
            .logs(&[Event::SubmissionRefused { refusal }])
            .owes(&owed);
        assert_eq!(noted.request.state, case.request.state);
        // The same once more is no news; another one is.
        noted.refuses(
            &Actor::Browser,
            Command::NoteRefusal(refusal),
            Refusal::AlreadyDone,
        );
        noted.does(
            &Actor::Browser,
            Command::NoteRefusal(Refusal::SubjectIsGone),
        );
    }
    // Nobody learns or leaves anything about an account before the proof.
    Case::recognised(terms()).refuses(
        &Actor::Browser,
        Command::NoteRefusal(Refusal::SubjectIsPrivileged),
        Refusal::NotProven,
    );
}

#[test]
fn only_people_whom_the_rules_allow_are_asked_each_once() {
    let case = Case::proven(terms());
    let mut candidates: Vec<_> = broken_approvers("other")
        .into_iter()
        .map(|(broken, _)| broken)
        .collect();
    candidates.push(candidate(SUBJECT));
    case.refuses(
        &Actor::Browser,
        submit(guards(), candidates.clone()),
        Refusal::NoApprover,
    );
    candidates.extend([candidate(MANAGER), candidate(MANAGER)]);
    let asked = case.does(&Actor::Browser, submit(guards(), candidates));
    let names: Vec<_> = asked
        .request
        .facts
        .approvers
        .iter()
        .map(|a| &a.id)
        .collect();
    assert_eq!(names, [&id(MANAGER)]);
}

#[test]
fn dual_control_needs_two_people_to_ask() {
    let case = Case::proven(dual_control());
    let twice = vec![candidate(MANAGER), candidate(MANAGER)];
    case.refuses(
        &Actor::Browser,
        submit(guards(), twice),
        Refusal::NoApprover,
    );
    case.does(&Actor::Browser, Command::Submit(submission()))
        .is(StateName::AwaitingApproval);
}

#[test]
fn candidates_are_judged_by_every_rule() {
    let subject = subject();
    assert_eq!(
        candidate(SUBJECT).approver_for(&subject),
        Err(Refusal::ApproverIsSubject)
    );
    for (broken, refusal) in broken_approvers(MANAGER) {
        assert_eq!(broken.approver_for(&subject), Err(refusal), "{broken:?}");
    }
    let fit = candidate(MANAGER);
    assert_eq!(fit.place, PlaceInTree::Elsewhere);
    assert_eq!(fit.person.kind, UserKind::Member);
    assert_eq!(
        fit.approver_for(&subject).unwrap().mail,
        "grace@contoso.com"
    );
}
