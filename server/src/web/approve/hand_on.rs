//! "I'm not the right person": somebody else is asked.

use app::view::{HandOnView, Page, Problem, ProblemPage, ReviewForm};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use domain::{Identifier, PersonId, Refusal};
use serde::Deserialize;

use super::{
    super::{
        Web,
        answer::Answer,
        present,
        visit::{Form, Visit},
    },
    refused,
    review::Review,
    signed_in::Aim,
};
use crate::{
    recovery::{Naming, ServiceError},
    words,
};

/// The longest answer that is shown again.
const LONGEST: usize = Identifier::MAX_LENGTH;

/// The form of [`hand_on`].
#[derive(Default, Deserialize)]
pub struct HandOnForm {
    /// One of those whose turn would come later.
    #[serde(default)]
    to: String,
    /// Somebody else, whose name counts where one is typed.
    #[serde(default)]
    colleague: String,
}

impl HandOnForm {
    /// Whether the choice among those who were offered counts.
    fn names_nobody(&self) -> bool {
        self.colleague.trim().is_empty()
    }
}

/// "Who should decide instead of you?"
pub async fn page(State(web): State<Web>, visit: Visit) -> Answer {
    let review = Review::of(&web, &visit, Aim::Read).await?;
    Ok(ask(&web, &review, &HandOnForm::default(), None))
}

fn ask(web: &Web, review: &Review, form: &HandOnForm, problem: Option<Problem>) -> Response {
    if let Some(outcome) = review.outcome() {
        return review.reviewed(web, StatusCode::OK, outcome);
    }
    let kept = |text: &str| text.trim().chars().take(LONGEST).collect();
    let view = HandOnView {
        reference: review.request.facts.id.reference().to_string(),
        first_name: present::first_name(&review.request),
        account: words::account(&review.request),
        people: present::not_asked_yet(&review.request),
        chosen: kept(&form.to),
        colleague: kept(&form.colleague),
        problem,
    };
    let status = match problem {
        None => StatusCode::OK,
        Some(Problem::DirectoryUnavailable) => StatusCode::SERVICE_UNAVAILABLE,
        Some(Problem::NamedTooMany) => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    review.drawn(web, status, Page::HandOn(view))
}

/// Asks somebody else.
pub async fn hand_on(State(web): State<Web>, visit: Visit, Form(form): Form<HandOnForm>) -> Answer {
    let review = Review::of(&web, &visit, Aim::Approve).await?;
    let to = match named(&web, &review, &form).await {
        Ok(Ok(to)) => to,
        Ok(Err(problem)) => return Ok(ask(&web, &review, &form, Some(problem))),
        Err(error) => return failed(&web, &review, &form, error),
    };
    match Box::pin(web.recovery.hand_on(&review.decision, &to)).await {
        Ok(Naming::Asked) => Ok(Redirect::to("/approve").into_response()),
        Ok(Naming::MayNotName(refusal)) => {
            refused(&web, &visit, &review, refusal, ReviewForm::default()).await
        }
        Err(error) => failed(&web, &review, &form, error),
    }
}

/// Whom the approver means.
async fn named(
    web: &Web,
    review: &Review,
    form: &HandOnForm,
) -> Result<Result<PersonId, Problem>, ServiceError> {
    if form.names_nobody() {
        // Only whom the page offered.
        let facts = &review.request.facts;
        let chosen = facts.approvers.iter().find(|known| known.id.0 == form.to);
        return Ok(chosen.map(|known| known.id.clone()).ok_or(
            if present::not_asked_yet(&review.request).is_empty() {
                Problem::ColleagueMissing
            } else {
                Problem::NextMissing
            },
        ));
    }
    let Ok(name) = Identifier::parse(form.colleague.trim()) else {
        return Ok(Err(Problem::ColleagueUnknown));
    };
    let approver = &review.decision.approver;
    let found = web.recovery.colleague_named(approver, &name).await?;
    Ok(found.ok_or(Problem::ColleagueUnknown))
}

fn failed(web: &Web, review: &Review, form: &HandOnForm, error: ServiceError) -> Answer {
    let problem = match error {
        ServiceError::Graph(error) => {
            tracing::error!(request = %review.request.facts.id, %error, "a colleague could not be looked up");
            Problem::DirectoryUnavailable
        }
        ServiceError::Limited { .. } => Problem::NamedTooMany,
        ServiceError::Refused(refusal) => match refusal {
            Refusal::ApproverInRequestersBrowser => return Err(ProblemPage::SameBrowser.into()),
            Refusal::WrongState(_)
            | Refusal::DeadlinePassed
            | Refusal::AlreadyApproved
            | Refusal::ActorMayNot
            | Refusal::ApproverSteppedAside => {
                return Ok(Redirect::to("/approve").into_response());
            }
            Refusal::AlreadyDone if form.names_nobody() => Problem::NextAsked,
            Refusal::AlreadyDone => Problem::ColleagueAsked,
            Refusal::HandedOnTooOften => Problem::HandedOnTooOften,
            refusal => {
                tracing::info!(request = %review.request.facts.id, %refusal, "a colleague may not decide");
                if form.names_nobody() {
                    Problem::NextRefused
                } else {
                    Problem::ColleagueRefused
                }
            }
        },
        error => return Err(error.into()),
    };
    Ok(ask(web, review, form, Some(problem)))
}
