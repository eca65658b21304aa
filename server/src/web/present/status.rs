//! The status page.

use app::view::{Account, AskedView, NextStep, Problem, Stage, StatusView};
use domain::{
    AbortCause, Act, ApproverRole, AwaitingApproval, ContactCode, Ended, Request, State, Terms,
};

use crate::words::{masked, moment};

/// Where a request stands, for its bound browser. `None` while it is being proven: that has pages of its
/// own.
pub fn status(
    request: &Request,
    code: &ContactCode,
    may_replace: bool,
    problem: Option<Problem>,
) -> Option<StatusView> {
    Some(StatusView {
        reference: request.facts.id.reference().to_string(),
        opened_at: moment(request.facts.opened_at),
        stage: stage(request, code, may_replace)?,
        account: account(request),
        shows: shows(request),
        may_withdraw: request.may_withdraw(),
        problem,
    })
}

/// What has been done to the account so far.
pub const fn account(request: &Request) -> Account {
    if request.facts.disclosed.is_some() {
        Account::PassShown
    } else if request.touched_account() {
        Account::Touched
    } else {
        Account::Untouched
    }
}

/// Names what the status page shows, the moving contact code apart: two requests of the same name have
/// the same page.
pub fn shows(request: &Request) -> String {
    let name = request.state_name().as_str();
    match &request.state {
        State::AwaitingApproval(awaiting) => {
            let (asked, given) = (request.facts.asked().count(), awaiting.approvals.len());
            format!("{name}-{asked}-{}-{given}", awaiting.plan.len())
        }
        State::CoolingOff(_) => format!("{name}-{}", request.facts.notice_accepted_at.is_some()),
        State::Ready(ready) => format!("{name}-{}", ready.approved.attempts),
        State::Disclosed(disclosed) => format!("{name}-{}", disclosed.fence.0),
        _ => name.to_owned(),
    }
}

fn stage(request: &Request, code: &ContactCode, may_replace: bool) -> Option<Stage> {
    Some(match &request.state {
        State::Proving(_) => return None,
        State::AwaitingApproval(awaiting) => Stage::AwaitingApproval {
            asked: asked(request),
            next: next(request, awaiting),
            approvals: (
                small(awaiting.approvals.len()),
                small(request.facts.required_approvals()),
            ),
            deadline: moment(awaiting.deadline),
            contact_code: code.grouped(),
            code_changes_in: u16::try_from(code.changes_in.as_secs()).unwrap_or(u16::MAX),
        },
        State::CoolingOff(cooling) => Stage::CoolingOff {
            not_before: moment(cooling.not_before),
            waiting_for_notice: request.facts.notice_accepted_at.is_none(),
        },
        State::Ready(ready) => Stage::Ready {
            closes_at: moment(ready.closes_at),
            retry_at: ready.retry_at.map(moment),
            attempts_left: Terms::MAX_ATTEMPTS.saturating_sub(ready.approved.attempts),
        },
        State::Issuing(_) => Stage::Issuing,
        State::Disclosed(disclosed) => Stage::Disclosed {
            expires_at: moment(disclosed.pass.expires_at),
            may_replace,
        },
        State::Ended(ended) => match ended {
            Ended::Completed { new_methods, .. } => Stage::Completed {
                methods: new_methods.iter().map(domain::Method::describe).collect(),
            },
            Ended::Denied { .. } => Stage::Denied,
            Ended::Withdrawn { .. } => Stage::Withdrawn,
            Ended::Reported { .. } => Stage::Reported,
            Ended::Expired { .. } => Stage::Expired,
            Ended::Aborted {
                cause: AbortCause::RestoredFromBackup,
                ..
            } => Stage::Restored,
            Ended::Aborted { .. } => Stage::Aborted,
            Ended::Rehearsed { methods, .. } => Stage::Rehearsed {
                methods: methods.iter().map(domain::Method::describe).collect(),
            },
            Ended::Lapsed { .. } => Stage::Lapsed,
            Ended::Repudiated { .. } => Stage::Repudiated,
        },
    })
}

/// Who was asked, masked: enough to know whom to call, too little to learn who that is.
fn asked(request: &Request) -> Vec<AskedView> {
    let asked = request.facts.asked().filter_map(|approver| {
        Some(AskedView {
            who: masked(&approver.name),
            role: role(&approver.role).to_owned(),
            at: moment(approver.asked_at?),
        })
    });
    asked.collect()
}

/// Why somebody was asked, as the subject reads it.
const fn role(role: &ApproverRole) -> &'static str {
    match role {
        ApproverRole::Manager => "your manager",
        ApproverRole::ManagersManager => "your manager’s manager",
        ApproverRole::Delegate { .. } => "who stands in for somebody who is away",
        ApproverRole::OnCall => "who is on call for this",
        ApproverRole::DualControl => "who decides about accounts like yours",
        ApproverRole::HandedOn { .. } => "whom the one asked before named",
    }
}

/// What is next to come before the deadline.
fn next(request: &Request, awaiting: &AwaitingApproval) -> Option<NextStep> {
    let step = awaiting.plan.first()?;
    let asks = match &step.act {
        Act::Remind { .. } => None,
        Act::Ask { approvers } => {
            let approvers = approvers.iter().filter_map(|id| request.facts.approver(id));
            let names: Vec<_> = approvers.map(|approver| masked(&approver.name)).collect();
            Some(names.join(", "))
        }
    };
    Some(NextStep {
        asks,
        at: moment(step.at),
    })
}

fn small(count: usize) -> u8 {
    u8::try_from(count).unwrap_or(u8::MAX)
}
