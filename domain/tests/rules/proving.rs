//! From the identifier to the submission.

use std::time::Duration;

use domain::{
    Actor, Alert, Candidate, Command, Control, Effect, Event, GuardReading, Line, Notice,
    PersonRules, PlaceInTree,
    ProofKind::{self, *},
    Reason, Refusal, Risk, StateName, Subject, Submission, Terms, UserKind,
};

use crate::kit::{
    Case, MANAGER, MILLISECOND, SECOND, START, SUBJECT, broken_approvers, broken_guards, candidate,
    dual_control, guards, hand_out, id, note_refusal, policy, recognise, subject, submission,
    terms,
};

fn submit(guards: GuardReading, candidates: Vec<Candidate>) -> Command {
    Command::Submit(Submission {
        guards,
        line: Line {
            tiers: vec![candidates],
        },
        ..submission()
    })
}

fn pass(kind: ProofKind) -> Command {
    Command::PassProofs(vec![kind])
}

/// As [`terms`], with other proofs.
fn asked(accepted: &[ProofKind], required: u8) -> Terms {
    Terms {
        gate: policy(accepted, required),
        ..terms()
    }
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
        recognise(subject(), &terms().gate),
        Refusal::AlreadyDone,
    );
}

#[test]
fn before_the_look_up_is_finished_nothing_is_looked_at_and_nothing_counted() {
    let commands = [
        Command::SpendProofTry,
        pass(EmailCode),
        pass(Password),
        Command::FailProofs(vec![Password]),
    ];
    let refuses_all = |case: &Case| {
        for command in &commands {
            case.refuses(&Actor::Browser, command.clone(), Refusal::NotLookedUp);
        }
    };
    let step = Duration::from_secs(3);
    let terms = Terms {
        look_up_step: step,
        ..terms()
    };
    let opened = Case::opened(terms.clone());
    refuses_all(&opened);
    // Whatever the answer is, it counts at the end of a whole step.
    for answer in [recognise(subject(), &terms.gate), Command::RecogniseNobody] {
        for (took, steps) in [
            (Duration::ZERO, 1),
            (MILLISECOND, 1),
            (step, 1),
            (step + MILLISECOND, 2),
            (3 * step, 3),
        ] {
            let answered = opened.clone().after(took);
            refuses_all(&answered);
            let answered = answered.does(&Actor::Directory, answer.clone());
            let ends = START + steps * step;
            if answered.now < ends {
                refuses_all(&answered.clone().at(ends - MILLISECOND));
            }
            answered
                .at(ends)
                .does(&Actor::Browser, Command::SpendProofTry);
        }
    }
}

#[test]
fn a_look_up_is_answered_once() {
    let nobody = Case::opened(terms())
        .does(&Actor::Directory, Command::RecogniseNobody)
        .logs(&[Event::NobodyRecognised])
        .owes(&[]);
    for answered in [nobody, Case::recognised(terms())] {
        for answer in [
            recognise(subject(), &terms().gate),
            Command::RecogniseNobody,
        ] {
            answered.refuses(&Actor::Directory, answer, Refusal::AlreadyDone);
        }
    }
}

#[test]
fn nobody_recognised_proves_nothing_and_spends_tries_all_the_same() {
    let case = Case::opened(terms())
        .does(&Actor::Directory, Command::RecogniseNobody)
        .does(&Actor::Browser, Command::SpendProofTry);
    case.refuses(
        &Actor::Browser,
        Command::PassProofs(vec![ProofKind::EmailCode]),
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
                .does(
                    &Actor::Browser,
                    Command::FailProofs(vec![ProofKind::EmailCode]),
                )
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
    let case = Case::mailed(terms()).does(&Actor::Browser, Command::SpendProofTry);
    case.clone()
        .at(expiry - MILLISECOND)
        .does(&Actor::Browser, pass(EmailCode));
    let late = case.at(expiry);
    late.refuses(&Actor::Browser, pass(EmailCode), Refusal::CodeExpired);
    late.does(&Actor::Browser, Command::ResendEmailCode)
        .does(&Actor::Mailer, hand_out(2))
        .does(&Actor::Browser, Command::SpendProofTry)
        .at(expiry + Duration::from_mins(10) - MILLISECOND)
        .does(&Actor::Browser, pass(EmailCode));
}

#[test]
fn a_code_that_nobody_can_know_yet_proves_nothing() {
    let tried = Case::recognised(terms()).does(&Actor::Browser, Command::SpendProofTry);
    tried.refuses(&Actor::Browser, pass(EmailCode), Refusal::CodeExpired);
    for actor in [Actor::Mailer, Actor::Owner] {
        let known = tried
            .clone()
            .does(&actor, hand_out(1))
            .logs(&[Event::EmailCodeHandedOut { sending: 1 }])
            .owes(&[]);
        known.refuses(&actor, hand_out(1), Refusal::AlreadyDone);
        known.clone().does(&Actor::Browser, pass(EmailCode));
        // Tries stay counted, and the next code is another.
        let next = known
            .does(&Actor::Browser, Command::ResendEmailCode)
            .does(&Actor::Browser, Command::SpendProofTry);
        next.refuses(&actor, hand_out(1), Refusal::CodeExpired);
        next.refuses(&Actor::Browser, pass(EmailCode), Refusal::CodeExpired);
        next.does(&actor, hand_out(2))
            .does(&Actor::Browser, pass(EmailCode));
    }
}

#[test]
fn a_typed_code_counts_only_after_its_try_was_counted_and_only_once() {
    Case::recognised(terms()).refuses(&Actor::Browser, pass(EmailCode), Refusal::CodeTriesUsedUp);
    let proven = Case::proven(terms()).logs(&[Event::ProofPassed { proof: EmailCode }]);
    assert!(proven.request.is_proven());
    proven.refuses(&Actor::Browser, pass(EmailCode), Refusal::AlreadyDone);
}

#[test]
fn typed_codes_count_only_together_with_all_that_is_asked() {
    let case = Case::mailed(asked(&[EmailCode, RecoveryCode, Password], 2))
        .does(&Actor::Browser, Command::SpendProofTry);
    for alone in [EmailCode, RecoveryCode] {
        case.refuses(&Actor::Browser, pass(alone), Refusal::TooFewProofs);
    }
    let both = Command::PassProofs(vec![EmailCode, RecoveryCode]);
    let proven = case.clone().does(&Actor::Browser, both).logs(&[
        Event::ProofPassed { proof: EmailCode },
        Event::ProofPassed {
            proof: RecoveryCode,
        },
    ]);
    assert!(proven.request.is_proven());
    // Whoever still has the paper that it stands on may not be who used it.
    proven.owes(&[Effect::NotifyOwner {
        notice: Notice::SavedCodeUsed,
    }]);

    // So it is with what was passed elsewhere; of a mailed code its own mail tells.
    for (kind, notice) in [
        (Password, Notice::PasswordUsed),
        (VerifiedId, Notice::VerifiedIdUsed),
    ] {
        Case::recognised(asked(&ProofKind::ALL, 2))
            .does(&Actor::Browser, pass(kind))
            .owes(&[Effect::NotifyOwner { notice }]);
    }
    Case::proven(terms()).owes(&[]);

    // A proof that was passed elsewhere gives no tries back.
    let tried = (0..Terms::MAX_TRIES).fold(
        Case::recognised(asked(&[EmailCode, RecoveryCode, Password], 2)),
        |case, _| case.does(&Actor::Browser, Command::SpendProofTry),
    );
    tried.does(&Actor::Browser, pass(Password)).refuses(
        &Actor::Browser,
        Command::SpendProofTry,
        Refusal::CodeTriesUsedUp,
    );

    // What is passed elsewhere is counted there, and comes first.
    let signed_in = Case::recognised(asked(&[EmailCode, RecoveryCode, Password], 2))
        .does(&Actor::Browser, pass(Password));
    assert!(!signed_in.request.is_proven());
    signed_in.refuses(
        &Actor::Browser,
        Command::Submit(submission()),
        Refusal::NotProven,
    );
    let proven = signed_in
        .does(&Actor::Browser, Command::SpendProofTry)
        .does(&Actor::Browser, pass(RecoveryCode));
    assert!(proven.request.is_proven());
}

#[test]
fn what_the_policy_asks_beyond_the_gate_is_asked_after_it() {
    let gate = policy(&[EmailCode, RecoveryCode, VerifiedId], 1);
    let rules = PersonRules {
        proofs: policy(&[EmailCode, RecoveryCode, VerifiedId], 2),
        evaluation: false,
    };
    let recognised = Case::opened(Terms {
        gate: gate.clone(),
        ..terms()
    })
    .does(
        &Actor::Directory,
        Command::Recognise {
            subject: subject(),
            rules: rules.clone(),
        },
    );
    assert_eq!(recognised.request.proof_policy(), &gate);
    let through = recognised
        .does(&Actor::Mailer, hand_out(1))
        .does(&Actor::Browser, Command::SpendProofTry)
        .does(&Actor::Browser, pass(EmailCode));
    assert!(through.request.facts.is_through_gate());
    assert!(!through.request.is_proven());
    assert_eq!(through.request.proof_policy(), &rules.proofs);
    through.refuses(
        &Actor::Browser,
        Command::ResendEmailCode,
        Refusal::NoMoreCodes,
    );
    // Another question, with tries of its own.
    through.refuses(
        &Actor::Browser,
        pass(RecoveryCode),
        Refusal::CodeTriesUsedUp,
    );
    let mut tried = through.clone();
    for tries_used in 1..=Terms::MAX_TRIES {
        tried = tried
            .does(&Actor::Browser, Command::SpendProofTry)
            .logs(&[Event::ProofTrySpent { tries_used }]);
    }
    assert!(
        tried
            .does(&Actor::Browser, pass(RecoveryCode))
            .request
            .is_proven()
    );
    assert!(
        through
            .does(&Actor::Browser, pass(VerifiedId))
            .request
            .is_proven()
    );
}

#[test]
fn a_code_that_would_not_count_or_reach_nobody_is_not_mailed() {
    let terms = asked(&[EmailCode, VerifiedId], 1);
    let gate = terms.gate.clone();
    let unreachable = Subject {
        recovery_address: None,
        ..subject()
    };
    let without_mail = PersonRules {
        proofs: policy(&[VerifiedId], 1),
        evaluation: false,
    };
    for command in [
        recognise(unreachable, &gate),
        Command::Recognise {
            subject: subject(),
            rules: without_mail,
        },
    ] {
        let case = Case::opened(terms.clone()).does(&Actor::Directory, command);
        let case = case.owes(&[]);
        case.refuses(&Actor::Mailer, hand_out(1), Refusal::CodeExpired);
        // Nor does it prove anything, whoever can work it out.
        case.does(&Actor::Browser, Command::SpendProofTry).refuses(
            &Actor::Browser,
            pass(EmailCode),
            Refusal::CodeExpired,
        );
    }
    Case::opened(asked(&[VerifiedId], 1)).refuses(
        &Actor::Browser,
        Command::ResendEmailCode,
        Refusal::NoMoreCodes,
    );
}

#[test]
fn everything_in_proving_ends_at_its_deadline() {
    let deadline = START + terms().proving;
    let commands = [
        Command::ResendEmailCode,
        Command::SpendProofTry,
        Command::PassProofs(vec![ProofKind::EmailCode]),
        Command::Submit(submission()),
    ];
    let late = Case::proven(terms()).at(deadline);
    for command in commands {
        late.refuses(&Actor::Browser, command, Refusal::DeadlinePassed);
    }
    Case::opened(terms()).at(deadline).refuses(
        &Actor::Directory,
        recognise(subject(), &terms().gate),
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
        control: Control::Single,
        risks: vec![Risk::OneProof],
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
    case.does(&Actor::Browser, submit(thawed, vec![candidate(MANAGER)]))
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
        (
            Refusal::SubjectIsProtected,
            vec![Effect::AlertAdmins {
                alert: Alert::PrivilegedSubject,
            }],
        ),
    ] {
        let noted = case
            .clone()
            .does(&Actor::Browser, note_refusal(refusal))
            .logs(&[Event::SubmissionRefused { refusal }])
            .owes(&owed);
        assert_eq!(noted.request.state, case.request.state);
        // The same once more is no news; another one is.
        noted.refuses(&Actor::Browser, note_refusal(refusal), Refusal::AlreadyDone);
        noted.does(&Actor::Browser, note_refusal(Refusal::SubjectIsGone));
    }
    // With nobody else to ask, the change of the manager is all that there is to see.
    let refusal = Refusal::NoApprover;
    let changed = Command::NoteRefusal {
        refusal,
        risks: vec![Risk::ManagerChanged],
    };
    let told = [Effect::AlertAdmins {
        alert: Alert::ManagerChanged,
    }];
    let seen = case
        .clone()
        .does(&Actor::Browser, changed.clone())
        .owes(&told);
    seen.refuses(&Actor::Browser, changed.clone(), Refusal::AlreadyDone);
    // Also when there was nobody to ask before it was changed.
    case.does(&Actor::Browser, note_refusal(refusal))
        .owes(&[])
        .does(&Actor::Browser, changed)
        .owes(&told);
    // Nobody learns or leaves anything about an account before the proof.
    Case::recognised(terms()).refuses(
        &Actor::Browser,
        note_refusal(Refusal::SubjectIsPrivileged),
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
        candidate(SUBJECT).approver_for(&subject, Control::Single),
        Err(Refusal::ApproverIsSubject)
    );
    let mut unreachable = candidate(MANAGER);
    unreachable.person.mail = None;
    let mut busy = candidate(MANAGER);
    busy.record.is_busy = true;
    let not_asked = [
        (unreachable, Refusal::ApproverHasNoMail),
        (busy, Refusal::ApproverIsBusy),
    ];
    for (broken, refusal) in broken_approvers(MANAGER).into_iter().chain(not_asked) {
        assert_eq!(
            broken.approver_for(&subject, Control::Single),
            Err(refusal),
            "{broken:?}"
        );
    }
    let fit = candidate(MANAGER);
    assert_eq!(fit.place, PlaceInTree::Elsewhere);
    assert_eq!(fit.person.kind, UserKind::Member);
    assert_eq!(
        fit.approver_for(&subject, Control::Single).unwrap().mail,
        "grace@contoso.com"
    );
}
