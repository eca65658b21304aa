//! The approver's own list: what waits for them, and what they did.

use app::view::{ApprovalsView, DecidedRow, Page, Place, Problem, WaitingRow};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use domain::{PersonId, Request, RequestId, State as RequestState};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Web,
    answer::{Answer, Failure},
    paging, present,
    visit::{Form, Query, Token, Visit},
};
use crate::{
    auth::employee::Employee,
    store::{Decided, Mark, Verdict},
    words,
};

/// Rows of one page, of each kind.
const PAGE: u32 = 10;

/// Which part of the lists.
#[derive(Default, Deserialize)]
pub struct ListQuery {
    /// What waits, from behind this on.
    after: Option<String>,
    /// What they did before this.
    before: Option<String>,
}

/// The lists.
pub async fn page(State(web): State<Web>, visit: Visit, Query(query): Query<ListQuery>) -> Answer {
    let employee = visit.employee(&web).await?;
    show(&web, &employee, &query, None).await
}

async fn show(
    web: &Web,
    employee: &Employee,
    query: &ListQuery,
    problem: Option<Problem>,
) -> Answer {
    let me = &employee.id;
    let (after, before) = (
        mark(query.after.as_deref())?,
        mark(query.before.as_deref())?,
    );
    let waiting = web.recovery.waiting_for(me, after, PAGE).await?;
    let decided = web.recovery.decided_by(me, before, PAGE).await?;
    let address = |key: &str, mark: Mark| format!("/approvals?{key}={}_{}", mark.at, mark.id);
    let more_waiting = waiting.rows.last().filter(|_| waiting.has_more);
    let more_decided = decided.rows.last().filter(|_| decided.has_more);
    let view = ApprovalsView {
        more_waiting: more_waiting.map(|last| {
            let (at, id) = (last.facts.opened_at.millis(), last.facts.id.0);
            address("after", Mark { at, id })
        }),
        more_decided: more_decided.map(|last| {
            let (at, id) = (last.at.millis(), last.request.facts.id.0);
            address("before", Mark { at, id })
        }),
        waiting: waiting
            .rows
            .iter()
            .filter_map(|request| waiting_row(request, me))
            .collect(),
        decided: decided.rows.iter().map(decided_row).collect(),
        is_continued: query.after.is_some() || query.before.is_some(),
        problem,
    };
    let status = match problem {
        None => StatusCode::OK,
        Some(_) => StatusCode::CONFLICT,
    };
    Ok(web.employee_page(status, Page::Approvals(view), employee))
}

/// A place in one of the lists, as [`show`] writes it into an address.
fn mark(text: Option<&str>) -> Result<Option<Mark>, Failure> {
    let place = text.map(paging::place).transpose()?;
    Ok(place.map(|(at, id)| Mark { at, id }))
}

fn waiting_row(request: &Request, me: &PersonId) -> Option<WaitingRow> {
    let RequestState::AwaitingApproval(awaiting) = &request.state else {
        return None;
    };
    let approver = request.facts.approver(me)?;
    let approvals = &awaiting.approvals;
    Some(WaitingRow {
        id: request.facts.id.0.to_string(),
        name: present::subject_name(request),
        reference: request.facts.id.reference().to_string(),
        role: present::why_asked(request, approver),
        asked_at: words::moment(approver.asked_at?),
        deadline: words::moment(awaiting.deadline),
        answered: approver.stepped_aside || approvals.iter().any(|given| given.approver == *me),
    })
}

fn decided_row(decided: &Decided) -> DecidedRow {
    let facts = &decided.request.facts;
    let (state, tone) = present::state(decided.request.state_name());
    DecidedRow {
        id: facts.id.0.to_string(),
        name: present::subject_name(&decided.request),
        reference: facts.id.reference().to_string(),
        verdict: match decided.verdict {
            Verdict::Approved => "approved",
            Verdict::Declined => "declined",
            Verdict::Reported => "reported it",
            Verdict::HandedOn => "named somebody else",
            Verdict::Reopened => "took it up again",
        },
        at: words::moment(decided.at),
        state: state.to_owned(),
        tone,
    }
}

/// The form of [`open`].
#[derive(Deserialize)]
pub struct OpenForm {
    request: Uuid,
}

/// Opens a review without its mail, as if the link in it had been followed.
pub async fn open(State(web): State<Web>, visit: Visit, Form(form): Form<OpenForm>) -> Answer {
    let employee = visit.employee(&web).await?;
    let request = RequestId(form.request);
    let Some(secret) = web.recovery.review_link(request, &employee.id).await? else {
        let problem = Some(Problem::NotYoursToReview);
        return show(&web, &employee, &ListQuery::default(), problem).await;
    };
    Ok((
        visit.give(Token::Approver, &secret),
        Redirect::to(Place::Review.path()),
    )
        .into_response())
}
