//! Every page, shown with text that tries to break out of it.

use crate::view::{
    AbsenceForm, AbsenceRow, AbsenceView, Account, ApprovalsView, ApproverSignInView, AskedView,
    Audience, Changes, CheckView, ClaimTurn, ClaimView, CodesView, ComingAct, ComingStep,
    DeadCodes, DecidedRow, DeclineView, Disowner, EmployeeSignInView, Evidence, Finding, Frame,
    HandOnView, HoldView, IdentifyView, Mode, Moment, NewCodesView, NotMeAnswer, NotMeView,
    NotMyCodesView, OfferedWay, OtherApproverView, OtherAsked, Page, Paging, PassView, Place,
    PresentationStage, Problem, ProblemPage, ProveView, QrCode, ReadinessView, Reason,
    RecoveriesView, RecoveryDetailView, RecoveryRow, ReplaceCodesView, ReviewForm, ReviewOutcome,
    ReviewView, ReviewedView, SavedView, SignInView, SignedIn, SignedInAt, Spoken, Stage,
    StartView, StatusView, TimelineEntry, Tone, Verdict, VerifiedIdView, WaitingRow, Way,
    WhatHappenedView, WorkView, YourCodeView,
};

pub const TRICKY: &str = "ava <img src=x onerror=alert(1)> \"O'Neil\" & </title></script>";

pub const PROBLEMS: [Problem; 69] = [
    Problem::ReasonMissing,
    Problem::IdentifierMissing,
    Problem::IdentifierTooLong,
    Problem::IdentifierMalformed,
    Problem::CodeMissing,
    Problem::CodeMalformed,
    Problem::CodeWrong,
    Problem::SavedCodeMalformed,
    Problem::CodesMissing,
    Problem::TooFewProofs,
    Problem::ProofsWrong,
    Problem::CodeTriesUsedUp,
    Problem::NoMoreCodes,
    Problem::ContactCodeWrong,
    Problem::ContactCodeTriesUsedUp,
    Problem::AttestationMissing,
    Problem::ReferenceMissing,
    Problem::ReferenceUnknown,
    Problem::ReferenceCodeExpired,
    Problem::SignInRefused,
    Problem::NoApprover,
    Problem::NotEligible,
    Problem::Frozen,
    Problem::ApproverBusy,
    Problem::AlreadyOpen,
    Problem::PassPolicy,
    Problem::CodesNotMade,
    Problem::CodesPaused,
    Problem::CodesFrozen,
    Problem::CodesTooOften,
    Problem::CodesMadeAlready,
    Problem::ReadinessUnknown,
    Problem::DirectoryUnavailable,
    Problem::TooEarly,
    Problem::LookUpWaits,
    Problem::Busy,
    Problem::MovedOn,
    Problem::IssueFailed,
    Problem::ReplaceOver,
    Problem::PassUsed,
    Problem::PassNotListed,
    Problem::FirstDayMissing,
    Problem::LastDayMissing,
    Problem::LastDayBeforeFirst,
    Problem::LastDayOver,
    Problem::AbsenceTooLong,
    Problem::AbsenceTaken,
    Problem::DelegateUnknown,
    Problem::DelegateIsOneself,
    Problem::NamedTooMany,
    Problem::NotYoursToReview,
    Problem::DeclineReasonMissing,
    Problem::ColleagueMissing,
    Problem::ColleagueUnknown,
    Problem::ColleagueRefused,
    Problem::ColleagueAsked,
    Problem::NextMissing,
    Problem::NextRefused,
    Problem::NextAsked,
    Problem::HandedOnTooOften,
    Problem::MayNotApprove,
    Problem::ApproverRecoveredLately,
    Problem::ApproverOwesSubject,
    Problem::ApproverAtDailyCap,
    Problem::SubjectNotEligible,
    Problem::ReopenOccupied,
    Problem::ReopenBusy,
    Problem::ReopenOver,
    Problem::ReopenRefused,
];

pub fn frame() -> Frame {
    Frame {
        organisation: "Fabrikam".to_owned(),
        help: "Call the service desk on 4711, day and night.".to_owned(),
        assets: "pkg/3f2a".to_owned(),
        mode: Mode::Real,
        signed_in_as: Some(SignedIn {
            name: tricky(),
            at: SignedInAt::Console,
        }),
    }
}

/// The frame of a page for a signed-in employee.
pub fn employee_frame() -> Frame {
    Frame {
        signed_in_as: Some(SignedIn {
            name: tricky(),
            at: SignedInAt::OwnPages,
        }),
        ..frame()
    }
}

fn tricky() -> String {
    TRICKY.to_owned()
}

fn moment() -> Moment {
    Moment {
        iso: "2026-11-22T10:02:00Z".to_owned(),
        words: "22 November 2026, 10:02 UTC".to_owned(),
    }
}

fn reference() -> String {
    "LK-8F3K-2M9Q".to_owned()
}

pub fn problem_of(page: &Page) -> Option<Problem> {
    super::super::problem(page)
}

/// What has been done to the account that a page is about, where it waits for somebody.
pub const fn account_of(page: &Page) -> Option<Account> {
    match page {
        Page::Review(view) => Some(view.account),
        Page::Decline(view) => Some(view.account),
        Page::HandOn(view) => Some(view.account),
        Page::Reviewed(view) => match view.outcome {
            ReviewOutcome::FirstOfTwo | ReviewOutcome::HandedOn | ReviewOutcome::Expired => {
                Some(view.account)
            }
            _ => None,
        },
        Page::Status(view) => match view.stage {
            Stage::AwaitingApproval { .. } | Stage::CoolingOff { .. } => Some(view.account),
            _ => None,
        },
        _ => None,
    }
}

pub fn identify(problem: Option<Problem>) -> Page {
    Page::Identify(IdentifyView {
        reason: Reason::LostPhone,
        identifier: tricky(),
        problem,
        work: None,
    })
}

fn your_code(code: Option<String>, problem: Option<Problem>) -> Page {
    Page::YourCode(YourCodeView {
        reference: tricky(),
        code,
        problem,
    })
}

fn absence(problem: Option<Problem>) -> Page {
    let row = |other: Option<String>| AbsenceRow {
        id: tricky(),
        first_day: "24 December 2026".to_owned(),
        last_day: "2 January 2027".to_owned(),
        other,
    };
    Page::Absence(AbsenceView {
        own: vec![row(None), row(Some(tricky()))],
        covered: vec![row(Some(tricky()))],
        zone: "Europe/Berlin".to_owned(),
        form: AbsenceForm {
            from: tricky(),
            until: tricky(),
            delegate: tricky(),
        },
        problem,
    })
}

fn approvals(problem: Option<Problem>) -> Page {
    let waiting = |answered| WaitingRow {
        id: tricky(),
        name: tricky(),
        reference: reference(),
        role: tricky(),
        asked_at: moment(),
        deadline: moment(),
        answered,
    };
    Page::Approvals(ApprovalsView {
        waiting: vec![waiting(false), waiting(true)],
        more_waiting: Some("/approvals?after=1_2".to_owned()),
        decided: vec![DecidedRow {
            id: tricky(),
            name: tricky(),
            reference: reference(),
            verdict: "approved",
            at: moment(),
            state: "Completed".to_owned(),
            tone: Tone::Good,
        }],
        more_decided: Some("/approvals?before=1_2".to_owned()),
        is_continued: false,
        problem,
    })
}

fn work(too_early: bool) -> Page {
    let Page::Identify(view) = identify(None) else {
        unreachable!("it is that page");
    };
    Page::Identify(IdentifyView {
        work: Some(WorkView {
            ticket: tricky(),
            challenge: tricky(),
            salt: tricky(),
            largest: 300_000,
            ready_at: moment(),
            too_early,
        }),
        ..view
    })
}

fn way(way: Way, given: bool) -> OfferedWay {
    OfferedWay { way, given }
}

pub fn prove(ways: Vec<OfferedWay>, problem: Option<Problem>) -> Page {
    Page::Prove(ProveView {
        reference: reference(),
        identifier: tricky(),
        digits: 8,
        valid_minutes: 10,
        may_resend: true,
        resent: problem.is_none(),
        ways,
        missing: 2,
        problem,
    })
}

fn every_way() -> Vec<OfferedWay> {
    vec![
        way(Way::EmailCode, false),
        way(Way::RecoveryCode, false),
        way(Way::Password, true),
        way(Way::VerifiedId, false),
    ]
}

fn verified_id_pages() -> Vec<(String, Page)> {
    let waiting = PresentationStage::Waiting {
        code: QrCode {
            size: 21,
            path: "M0 0h7v1h-7z".to_owned(),
        },
        link: format!("openid-vc://?request_uri={}", tricky()),
        until: moment(),
    };
    let stages = [
        waiting,
        PresentationStage::Opened,
        PresentationStage::Refused,
        PresentationStage::RanOut,
        PresentationStage::Unavailable,
    ];
    let page = |stage: PresentationStage, may_ask_again| {
        let name = format!("verified id {} {may_ask_again}", stage.name());
        let view = VerifiedIdView {
            reference: reference(),
            stage,
            may_ask_again,
        };
        (name, Page::VerifiedId(view))
    };
    let pages = stages.into_iter();
    pages
        .flat_map(|stage| [true, false].map(|again| page(stage.clone(), again)))
        .collect()
}

pub fn review(problem: Option<Problem>) -> Page {
    review_of(Account::Untouched, removal(true), problem)
}

fn removal(as_read: bool) -> Changes {
    Changes::Removal {
        removes: vec![tricky()],
        keeps: vec![tricky()],
        as_read,
    }
}

fn review_of(account: Account, changes: Changes, problem: Option<Problem>) -> Page {
    Page::Review(Box::new(ReviewView {
        reference: reference(),
        approver: tricky(),
        account,
        why_asked: tricky(),
        others: vec![OtherAsked {
            name: tricky(),
            role: tricky(),
            answer: Some("has approved"),
        }],
        risks: vec![tricky()],
        approvals: (1, 2),
        delay_minutes: 60,
        may_hand_on: true,
        evidence: Evidence {
            name: tricky(),
            first_name: tricky(),
            account: tricky(),
            position: Some(tricky()),
            reason: tricky(),
            proofs: vec![tricky()],
            asked_at: moment(),
            address: "203.0.113.7".to_owned(),
            country: Some(tricky()),
            browser: tricky(),
            recent_recoveries: 1,
            changes,
        },
        deadline: moment(),
        digits: 6,
        tries_left: 3,
        form: ReviewForm {
            spoken: (problem == Some(Problem::ContactCodeWrong)).then_some(Spoken::Phone),
        },
        problem,
    }))
}

fn decline(account: Account, problem: Option<Problem>) -> Page {
    Page::Decline(DeclineView {
        reference: reference(),
        first_name: tricky(),
        account,
        problem,
    })
}

fn hand_on(account: Account, problem: Option<Problem>, people: Vec<(String, String)>) -> Page {
    Page::HandOn(HandOnView {
        reference: reference(),
        first_name: tricky(),
        account,
        people,
        chosen: tricky(),
        colleague: tricky(),
        problem,
    })
}

fn reviewed(outcome: ReviewOutcome, account: Account, problem: Option<Problem>) -> Page {
    let stoppable = [
        ReviewOutcome::Approved,
        ReviewOutcome::FirstOfTwo,
        ReviewOutcome::HandedOn,
    ];
    Page::Reviewed(ReviewedView {
        outcome,
        account,
        may_stop: stoppable.contains(&outcome),
        may_reopen: outcome == ReviewOutcome::Lapsed,
        problem,
    })
}

fn what_happened(reason: Option<Reason>, problem: Option<Problem>) -> Page {
    Page::WhatHappened(WhatHappenedView { reason, problem })
}

fn check(problem: Option<Problem>) -> Page {
    Page::Check(CheckView {
        reference: reference(),
        name: tricky(),
        account: tricky(),
        reason: Reason::Policy,
        page: "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA".to_owned(),
        problem,
    })
}

fn status(stage: Stage, account: Account, problem: Option<Problem>) -> Page {
    Page::Status(StatusView {
        reference: reference(),
        opened_at: moment(),
        stage,
        account,
        shows: "awaiting_approval".to_owned(),
        may_withdraw: true,
        problem,
    })
}

/// Everything that can have been done to an account.
const ACCOUNTS: [Account; 3] = [Account::Untouched, Account::Touched, Account::PassShown];

fn sign_in(problem: Option<Problem>) -> Page {
    Page::SignIn(SignInView {
        name: tricky(),
        problem,
    })
}

fn codes(used: Option<usize>, problem: Option<Problem>) -> Page {
    let saved = used.map(|count| SavedView {
        made_at: moment(),
        dead: None,
        used: (0..10).map(|index| (index < count).then(moment)).collect(),
    });
    Page::Codes(CodesView {
        offered: true,
        saved,
        frozen_until: None,
        problem,
    })
}

fn readiness(verdicts: &[Verdict], problem: Option<Problem>) -> Page {
    let finding = |verdict: &Verdict| Finding {
        verdict: *verdict,
        found: tricky(),
        advice: (*verdict != Verdict::Holds).then(tricky),
    };
    Page::Readiness(ReadinessView {
        findings: verdicts.iter().map(finding).collect(),
        problem,
    })
}

fn employee() -> Vec<(String, Page)> {
    let replace = |left| {
        Page::ReplaceCodes(ReplaceCodesView {
            set: "0198c7a0-0000-7000-8000-000000000001".to_owned(),
            left,
        })
    };
    let new_codes = Page::NewCodes(NewCodesView {
        count: 10,
        replaced: true,
        made_at: moment(),
        used_at: "https://recover.example.com/".to_owned(),
    });
    let dead = |dead| {
        let saved = Some(SavedView {
            made_at: moment(),
            dead: Some(dead),
            used: vec![None; 10],
        });
        Page::Codes(CodesView {
            offered: true,
            saved,
            frozen_until: None,
            problem: None,
        })
    };
    let frozen = Page::Codes(CodesView {
        offered: true,
        saved: None,
        frozen_until: Some(moment()),
        problem: Some(Problem::CodesFrozen),
    });
    let not_my_codes = |is_void| {
        Page::NotMyCodes(NotMyCodesView {
            made_at: moment(),
            is_void,
        })
    };
    let not_offered = Page::Codes(CodesView {
        offered: false,
        saved: None,
        frozen_until: None,
        problem: None,
    });
    let all = [
        Verdict::Holds,
        Verdict::Better,
        Verdict::Unknown,
        Verdict::Trial,
        Verdict::Missing,
    ];
    [
        ("not my codes", not_my_codes(false)),
        ("not my codes, void", not_my_codes(true)),
        ("codes of another key", dead(DeadCodes::KeyReplaced)),
        ("void codes", dead(DeadCodes::Void { at: moment() })),
        ("codes are not made for a while", frozen),
        ("codes are not used", not_offered),
        ("no codes", codes(None, None)),
        ("codes", codes(Some(2), None)),
        ("few codes", codes(Some(9), None)),
        ("replace codes", replace(8)),
        ("replace the last code", replace(1)),
        ("replace used codes", replace(0)),
        ("new codes", new_codes),
        ("ready", readiness(&[Verdict::Holds], None)),
        ("not ready", readiness(&all, None)),
        ("perhaps ready", readiness(&all[..3], None)),
        ("ready for a trial", readiness(&all[..4], None)),
    ]
    .map(|(name, page)| (name.to_owned(), page))
    .into()
}

fn claim(turn: ClaimTurn) -> Page {
    Page::Claim(ClaimView {
        reference: reference(),
        closes_at: moment(),
        sign_in_at: "https://aka.ms/mysecurityinfo".to_owned(),
        turn,
    })
}

fn not_me(disowner: Disowner, answer: NotMeAnswer, account: Account) -> Page {
    Page::NotMe(NotMeView {
        disowner,
        reference: reference(),
        asked_at: moment(),
        answer,
        account,
    })
}

fn not_me_pages() -> impl Iterator<Item = (String, Page)> {
    let answers = [
        NotMeAnswer::Open,
        NotMeAnswer::Stopped,
        NotMeAnswer::Undone,
        NotMeAnswer::TooLate,
    ];
    let asked = [Disowner::Owner, Disowner::Security]
        .into_iter()
        .flat_map(move |disowner| answers.map(|answer| (disowner, answer)));
    asked.flat_map(|(disowner, answer)| {
        ACCOUNTS.map(|account| {
            (
                format!("not me {disowner:?} {answer:?} {account:?}"),
                not_me(disowner, answer, account),
            )
        })
    })
}

fn stages() -> Vec<(&'static str, Stage)> {
    vec![
        (
            "awaiting approval",
            Stage::AwaitingApproval {
                asked: vec![AskedView {
                    who: tricky(),
                    role: "your manager".to_owned(),
                    at: moment(),
                }],
                coming: [ComingAct::Remind, ComingAct::Ask]
                    .map(|act| ComingStep {
                        act,
                        who: tricky(),
                        at: moment(),
                    })
                    .to_vec(),
                approvals: (1, 2),
                deadline: moment(),
                contact_code: "482 913".to_owned(),
                code_changes_in: 123,
            },
        ),
        (
            "cooling off",
            Stage::CoolingOff {
                not_before: moment(),
                waiting_for_notice: true,
            },
        ),
        (
            "ready",
            Stage::Ready {
                closes_at: moment(),
                retry_at: None,
                attempts_left: 3,
            },
        ),
        (
            "ready again",
            Stage::Ready {
                closes_at: moment(),
                retry_at: Some(moment()),
                attempts_left: 1,
            },
        ),
        ("issuing", Stage::Issuing),
        (
            "disclosed",
            Stage::Disclosed {
                expires_at: moment(),
                may_replace: true,
            },
        ),
        (
            "completed",
            Stage::Completed {
                methods: vec![tricky()],
            },
        ),
        ("denied", Stage::Denied),
        ("withdrawn", Stage::Withdrawn),
        ("reported", Stage::Reported),
        ("expired", Stage::Expired),
        ("aborted", Stage::Aborted),
        (
            "rehearsed",
            Stage::Rehearsed {
                methods: vec![tricky()],
            },
        ),
        ("restored", Stage::Restored),
        ("lapsed", Stage::Lapsed),
        ("repudiated", Stage::Repudiated),
    ]
}

fn rows() -> Vec<RecoveryRow> {
    [
        Tone::Waiting,
        Tone::Active,
        Tone::Good,
        Tone::Neutral,
        Tone::Bad,
    ]
    .map(|tone| RecoveryRow {
        id: "0198c7a0-0000-7000-8000-000000000001".to_owned(),
        reference: reference(),
        subject: tricky(),
        state: "Waiting for approval".to_owned(),
        tone,
        approver: (tone != Tone::Neutral).then(tricky),
        opened_at: moment(),
        changed_at: moment(),
    })
    .into()
}

fn hold(until: Option<Moment>) -> HoldView {
    HoldView {
        since: moment(),
        until,
        reason: Some(tricky()),
    }
}

fn console() -> Vec<(String, Page)> {
    let row = rows().remove(0);
    let list = |rows, hold| {
        Page::Recoveries(RecoveriesView {
            hold,
            rows,
            shown: "open".to_owned(),
            paging: Paging {
                newer: Some("/console?state=open".to_owned()),
                older: Some("/console?state=open&before=0198".to_owned()),
            },
        })
    };
    let detail = Page::Recovery(Box::new(RecoveryDetailView {
        row,
        facts: vec![(tricky(), tricky())],
        methods: vec![tricky()],
        timeline: vec![TimelineEntry {
            at: moment(),
            actor: tricky(),
            what: tricky(),
            sequence: 41,
        }],
    }));
    vec![
        (
            "recoveries, paused".to_owned(),
            list(rows(), Some(hold(None))),
        ),
        (
            "no recoveries, too much going on".to_owned(),
            list(Vec::new(), Some(hold(Some(moment())))),
        ),
        ("recoveries".to_owned(), list(rows(), None)),
        ("recovery".to_owned(), detail),
    ]
}

/// Every page that can come back with a problem, with this one.
pub fn with_problem(problem: Problem) -> Vec<(String, Page)> {
    let problem = Some(problem);
    vec![
        (
            "what happened, again".to_owned(),
            what_happened(None, problem),
        ),
        ("identify, again".to_owned(), identify(problem)),
        ("your code, again".to_owned(), your_code(None, problem)),
        ("prove, again".to_owned(), prove(every_way(), problem)),
        ("check, again".to_owned(), check(problem)),
        (
            "status, again".to_owned(),
            status(Stage::Issuing, Account::Touched, problem),
        ),
        ("review, again".to_owned(), review(problem)),
        (
            "decline, again".to_owned(),
            decline(Account::Untouched, problem),
        ),
        (
            "hand on, again".to_owned(),
            hand_on(Account::Untouched, problem, vec![(tricky(), tricky())]),
        ),
        (
            "reviewed, again".to_owned(),
            reviewed(ReviewOutcome::Lapsed, Account::PassShown, problem),
        ),
        ("absence, again".to_owned(), absence(problem)),
        ("approvals, again".to_owned(), approvals(problem)),
        ("codes, again".to_owned(), codes(Some(1), problem)),
        ("readiness, again".to_owned(), readiness(&[], problem)),
        ("sign in, again".to_owned(), sign_in(problem)),
    ]
}

/// The start page.
pub fn start(ways: Vec<Way>, needed: u8) -> Page {
    Page::Start(StartView {
        ways,
        needed,
        offers_codes: needed > 1,
    })
}

/// Every page in every shape.
#[expect(clippy::too_many_lines, reason = "a table with one entry per page")]
pub fn all() -> Vec<(String, Page)> {
    let mut pages = vec![
        ("start".to_owned(), start(vec![Way::EmailCode], 1)),
        (
            "start, several ways".to_owned(),
            start(every_way().iter().map(|offered| offered.way).collect(), 2),
        ),
        ("what happened".to_owned(), what_happened(None, None)),
        ("identify".to_owned(), identify(None)),
        ("work".to_owned(), work(false)),
        ("your code".to_owned(), your_code(None, None)),
        (
            "your code, shown".to_owned(),
            your_code(Some(tricky()), None),
        ),
        ("work, too early".to_owned(), work(true)),
        (
            "prove".to_owned(),
            prove(vec![way(Way::EmailCode, false)], None),
        ),
        ("prove, every way".to_owned(), prove(every_way(), None)),
        (
            "prove, elsewhere only".to_owned(),
            prove(
                vec![way(Way::Password, true), way(Way::VerifiedId, false)],
                None,
            ),
        ),
        ("check".to_owned(), check(None)),
        ("claim".to_owned(), claim(ClaimTurn::First)),
        ("claim, retried".to_owned(), claim(ClaimTurn::Retry)),
        ("claim again".to_owned(), claim(ClaimTurn::Replacement)),
        (
            "pass".to_owned(),
            Page::Pass(PassView {
                reference: reference(),
                account: tricky(),
                sign_in_at: "https://aka.ms/mysecurityinfo".to_owned(),
                expires_at: moment(),
                lifetime_minutes: 15,
                removed: vec![tricky()],
            }),
        ),
        ("finished".to_owned(), Page::Finished),
        (
            "review, methods unknown".to_owned(),
            review_of(Account::Untouched, removal(false), None),
        ),
        (
            "review, cannot go on".to_owned(),
            review_of(Account::Untouched, Changes::Stop, None),
        ),
        (
            "hand on".to_owned(),
            hand_on(
                Account::Untouched,
                None,
                vec![(tricky(), tricky()), (String::new(), tricky())],
            ),
        ),
        (
            "hand on, nobody".to_owned(),
            hand_on(Account::Untouched, None, Vec::new()),
        ),
        ("absence".to_owned(), absence(None)),
        ("approvals".to_owned(), approvals(None)),
        (
            "approvals, none".to_owned(),
            Page::Approvals(ApprovalsView {
                waiting: Vec::new(),
                more_waiting: None,
                decided: Vec::new(),
                more_decided: None,
                is_continued: true,
                problem: None,
            }),
        ),
        (
            "other approver".to_owned(),
            Page::OtherApprover(OtherApproverView { name: tricky() }),
        ),
        ("sign in".to_owned(), sign_in(None)),
    ];
    pages.extend(Place::ALL.map(|to| {
        (
            format!("employee sign in to {}", to.slug()),
            Page::EmployeeSignIn(EmployeeSignInView { to }),
        )
    }));
    pages.extend(
        [
            ApproverSignInView::First,
            ApproverSignInView::Over,
            ApproverSignInView::AnswerNotTaken,
        ]
        .map(|view| {
            (
                format!("approver sign in {view:?}"),
                Page::ApproverSignIn(view),
            )
        }),
    );
    pages.extend(not_me_pages());
    pages.extend(verified_id_pages());
    let ladders = Reason::ALL.map(|reason| {
        (
            format!("ladder {}", reason.slug()),
            what_happened(Some(reason), None),
        )
    });
    pages.extend(ladders);
    pages.extend(stages().into_iter().flat_map(|(name, stage)| {
        ACCOUNTS.map(|account| {
            (
                format!("status {name} {account:?}"),
                status(stage.clone(), account, None),
            )
        })
    }));
    pages.extend(ACCOUNTS.into_iter().flat_map(|account| {
        let next = vec![(tricky(), tricky())];
        [
            (
                format!("review {account:?}"),
                review_of(account, removal(true), None),
            ),
            (format!("decline {account:?}"), decline(account, None)),
            (format!("hand on {account:?}"), hand_on(account, None, next)),
        ]
    }));
    pages.extend(PROBLEMS.into_iter().flat_map(with_problem));
    pages.extend(
        [
            ReviewOutcome::Approved,
            ReviewOutcome::FirstOfTwo,
            ReviewOutcome::HandedOn,
            ReviewOutcome::Lapsed,
            ReviewOutcome::Denied,
            ReviewOutcome::DeniedByCode,
            ReviewOutcome::Reported,
            ReviewOutcome::ReportedLate,
            ReviewOutcome::Withdrawn,
            ReviewOutcome::Expired,
            ReviewOutcome::AlreadyDecided,
        ]
        .into_iter()
        .flat_map(|outcome| {
            ACCOUNTS.map(|account| {
                (
                    format!("reviewed {outcome:?} {account:?}"),
                    reviewed(outcome, account, None),
                )
            })
        }),
    );
    pages.extend(
        [
            ProblemPage::NotFound,
            ProblemPage::NotAPage,
            ProblemPage::ForeignForm,
            ProblemPage::BadForm,
            ProblemPage::NoRequest,
            ProblemPage::DeadLink,
            ProblemPage::SameBrowser,
            ProblemPage::SignInStale,
            ProblemPage::SignInRefused,
            ProblemPage::SignInNotEnough,
            ProblemPage::AccountInactive,
            ProblemPage::ApproverInactive,
            ProblemPage::PasswordStale,
            ProblemPage::PasswordRefused,
            ProblemPage::PasswordTooEarly,
            ProblemPage::Internal,
            ProblemPage::Unavailable,
            ProblemPage::TooMany { minutes: 1 },
            ProblemPage::Flooded { minutes: 12 },
            ProblemPage::Paused,
        ]
        .into_iter()
        .flat_map(|problem| {
            [Audience::Anybody, Audience::Employee, Audience::Approver].map(|audience| {
                (
                    format!("problem {problem:?} for {audience:?}"),
                    Page::Problem(problem, audience),
                )
            })
        }),
    );
    pages.extend(employee());
    pages.extend(console());
    pages
}
