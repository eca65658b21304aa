//! The status page.

use app::view::{AskedView, ComingAct, ComingStep, Problem, Stage, StatusView};
use domain::{
    AbortCause, Act, Approver, AwaitingApproval, ContactCode, Ended, PersonId, Request, State,
    Step, Terms,
};

use crate::words::{self, Lead, WhyAsked, masked, moment};

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
        account: words::account(request),
        shows: shows(request),
        may_withdraw: request.may_withdraw(),
        problem,
    })
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
            coming: coming(request, awaiting),
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
            role: role(request, approver),
            at: moment(approver.asked_at?),
        })
    });
    asked.collect()
}

/// Why somebody was asked, as the subject reads it.
fn role(request: &Request, approver: &Approver) -> String {
    match WhyAsked::of(&request.facts, approver) {
        WhyAsked::Leads(lead) => yours(lead).to_owned(),
        WhyAsked::StandsIn { lead, .. } => {
            let whom = lead.map_or("a colleague", yours);
            format!("who stands in for {whom}")
        }
        WhyAsked::OnCall => "who is on call for this".to_owned(),
        WhyAsked::DualControl => "who decides about accounts like yours".to_owned(),
        WhyAsked::NamedBy(name) => match name {
            Some(name) => format!("whom {} named", masked(&name)),
            None => "whom a colleague named".to_owned(),
        },
    }
}

const fn yours(lead: Lead) -> &'static str {
    match lead {
        Lead::Manager => "your manager",
        Lead::ManagersManager => "your manager’s manager",
    }
}

/// What is to come before the deadline if nobody answers.
fn coming(request: &Request, awaiting: &AwaitingApproval) -> Vec<ComingStep> {
    let name = |id: &PersonId| {
        let approver = request.facts.approver(id)?;
        Some(masked(&approver.name))
    };
    let steps = awaiting.plan.iter().map(|Step { at, act }| ComingStep {
        who: act
            .approvers()
            .iter()
            .filter_map(name)
            .collect::<Vec<_>>()
            .join(", "),
        act: match act {
            Act::Remind { .. } => ComingAct::Remind,
            Act::Ask { .. } => ComingAct::Ask,
        },
        at: moment(*at),
    });
    steps.collect()
}

fn small(count: usize) -> u8 {
    u8::try_from(count).unwrap_or(u8::MAX)
}
