//! The approver's pages.

mod hand_on;
mod review;
mod signed_in;

use app::view::{DeclineReason, Problem, ProblemPage, ReviewForm, ReviewOutcome, Spoken};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use domain::{Attestation, Decline, Deed, Refusal, TypedCode};
use serde::Deserialize;

use super::{
    Web,
    answer::{Answer, Failure},
    visit::{Form, Path, Token, Visit},
};
use crate::{
    recovery::{ServiceError, Verdict},
    secret::Bearer,
    store::Purpose,
};

pub use hand_on::{hand_on, page as hand_on_page};
use review::Review;
use signed_in::Aim;
pub use signed_in::{Carried, arrive};

/// Moves the secret of a mailed link into a cookie, out of the address and its history.
pub async fn open_link(State(web): State<Web>, visit: Visit, Path(secret): Path<String>) -> Answer {
    let secret = Bearer::parse(&secret).ok_or(ProblemPage::DeadLink)?;
    web.recovery
        .link(&secret, Purpose::Approve)
        .await?
        .ok_or(ProblemPage::DeadLink)?;
    Ok((
        visit.give(Token::Approver, &secret),
        Redirect::to("/approve"),
    )
        .into_response())
}

/// The evidence and the decision, or what became of the request.
pub async fn review_page(State(web): State<Web>, visit: Visit) -> Answer {
    let review = Review::of(&web, &visit, Aim::Read).await?;
    if let Some(outcome) = review.outcome() {
        return Ok(review.reviewed(&web, StatusCode::OK, outcome));
    }
    review.page(&web, ReviewForm::default(), None).await
}

/// The form of [`approve`].
#[derive(Deserialize)]
pub struct ApproveForm {
    #[serde(default)]
    code: String,
    #[serde(default)]
    attested: String,
}

/// Approves.
pub async fn approve(
    State(web): State<Web>,
    visit: Visit,
    Form(form): Form<ApproveForm>,
) -> Answer {
    let review = Review::of(&web, &visit, Aim::Approve).await?;
    if let Some(outcome) = review.outcome() {
        web.recovery
            .note_too_late(&review.decision, Deed::Approve, &review.request)
            .await?;
        return Ok(review.reviewed(&web, StatusCode::CONFLICT, outcome));
    }
    let kept = ReviewForm {
        spoken: Spoken::from_slug(&form.attested),
    };
    let digits = review.request.facts.control.code_digits();
    let (typed, spoken) = match (TypedCode::parse(&form.code, digits), kept.spoken) {
        (Some(typed), Some(spoken)) => (typed, spoken),
        (Some(_), None) => {
            let problem = Some(Problem::AttestationMissing);
            return review.page(&web, kept, problem).await;
        }
        (None, _) if form.code.trim().is_empty() => {
            return review.page(&web, kept, Some(Problem::CodeMissing)).await;
        }
        (None, _) => return review.page(&web, kept, Some(Problem::CodeMalformed)).await,
    };
    let approving = web
        .recovery
        .approve(&review.decision, &typed, attestation(spoken));
    let verdict = Box::pin(approving).await;
    let problem = match verdict {
        Ok(Verdict::Approved) => return Ok(Redirect::to("/approve").into_response()),
        Ok(Verdict::DeniedByCode) => {
            return Ok(review.reviewed(&web, StatusCode::OK, ReviewOutcome::DeniedByCode));
        }
        Ok(Verdict::WrongCode) => Problem::ContactCodeWrong,
        Err(ServiceError::Graph(error)) => {
            tracing::error!(request = %review.request.facts.id, %error, "the guards could not be read");
            Problem::DirectoryUnavailable
        }
        Err(ServiceError::Refused(refusal)) => {
            return refused(&web, &visit, &review, refusal, kept).await;
        }
        Err(error) => return Err(error.into()),
    };
    let review = Review::of(&web, &visit, Aim::Read).await?;
    review.page(&web, kept, Some(problem)).await
}

/// The page after the rules refused whoever approves, or says who does in their place.
async fn refused(
    web: &Web,
    visit: &Visit,
    review: &Review,
    refusal: Refusal,
    kept: ReviewForm,
) -> Answer {
    tracing::warn!(request = %review.request.facts.id, %refusal, "an approver was refused");
    match not_approved(refusal) {
        NotApproved::Because(problem) => {
            // As it is now: what refuses them may have changed what there is to read.
            let review = Review::of(web, visit, Aim::Read).await?;
            review.page(web, kept, Some(problem)).await
        }
        NotApproved::MovedOn => Ok(Redirect::to("/approve").into_response()),
        NotApproved::SameBrowser => Err(ProblemPage::SameBrowser.into()),
        NotApproved::Inactive => Err(turn_away(web, review).await?),
    }
}

/// The page for an approver who is not active any more, wherever else they are signed in.
async fn turn_away(web: &Web, review: &Review) -> Result<Failure, ServiceError> {
    let approver = &review.decision.approver;
    web.recovery.sign_out_everywhere(approver).await?;
    Ok(ProblemPage::ApproverInactive.into())
}

/// What becomes of an approval that the rules refuse.
enum NotApproved {
    /// The page comes back with this.
    Because(Problem),
    /// The page tells what became of the request meanwhile.
    MovedOn,
    /// They sit in the wrong place.
    SameBrowser,
    /// They are not active any more.
    Inactive,
}

const fn not_approved(refusal: Refusal) -> NotApproved {
    NotApproved::Because(match refusal {
        Refusal::ApproverInRequestersBrowser => return NotApproved::SameBrowser,
        Refusal::ApproverIsDisabled => return NotApproved::Inactive,
        Refusal::WrongState(_)
        | Refusal::DeadlinePassed
        | Refusal::AlreadyApproved
        | Refusal::ApproverSteppedAside => return NotApproved::MovedOn,
        Refusal::ApproverRecoveredLately => Problem::ApproverRecoveredLately,
        Refusal::ApproverOwesSubject => Problem::ApproverOwesSubject,
        Refusal::ApproverAtDailyCap => Problem::ApproverAtDailyCap,
        Refusal::NotAnApprover
        | Refusal::ApproverIsSubject
        | Refusal::ApproverIsBelowSubject
        | Refusal::ApproverIsGuest
        | Refusal::ApproverLostRole => Problem::MayNotApprove,
        _ => Problem::SubjectNotEligible,
    })
}

const fn attestation(spoken: Spoken) -> Attestation {
    match spoken {
        Spoken::Phone => Attestation::Phone,
        Spoken::Video => Attestation::Video,
        Spoken::InPerson => Attestation::InPerson,
    }
}

/// The form of [`deny`].
#[derive(Deserialize)]
pub struct DenyForm {
    #[serde(default)]
    why: String,
}

/// "Why do you decline?"
pub async fn deny_page(State(web): State<Web>, visit: Visit) -> Answer {
    let review = Review::of(&web, &visit, Aim::Read).await?;
    if let Some(outcome) = review.outcome() {
        return Ok(review.reviewed(&web, StatusCode::OK, outcome));
    }
    Ok(review.decline(&web, StatusCode::OK, None))
}

/// Declines.
pub async fn deny(State(web): State<Web>, visit: Visit, Form(form): Form<DenyForm>) -> Answer {
    let review = Review::of(&web, &visit, Aim::Stop).await?;
    let Some(why) = DeclineReason::from_slug(&form.why) else {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(review.decline(&web, status, Some(Problem::DeclineReasonMissing)));
    };
    let why = match why {
        DeclineReason::NotReached => Decline::NotReached,
        DeclineReason::Unsure => Decline::Unsure,
        DeclineReason::NotNeeded => Decline::NotNeeded,
        DeclineReason::Other => Decline::Other,
    };
    Review::settled(web.recovery.deny(&review.decision, why).await)
}

/// Reports.
pub async fn report(State(web): State<Web>, visit: Visit) -> Answer {
    let review = Review::of(&web, &visit, Aim::Stop).await?;
    Review::settled(web.recovery.report(&review.decision).await)
}

/// Takes a lapsed case up again.
pub async fn reopen(State(web): State<Web>, visit: Visit) -> Answer {
    let review = Review::of(&web, &visit, Aim::Approve).await?;
    let (status, problem) = match Box::pin(web.recovery.reopen(&review.decision)).await {
        Ok(_) => return Ok(Redirect::to("/approve").into_response()),
        Err(ServiceError::Graph(error)) => {
            tracing::error!(request = %review.request.facts.id, %error, "a case could not be taken up again");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                Problem::DirectoryUnavailable,
            )
        }
        Err(ServiceError::Refused(refusal)) => {
            tracing::warn!(request = %review.request.facts.id, %refusal, "a case was not taken up again");
            let problem = match refusal {
                Refusal::ApproverInRequestersBrowser => {
                    return Err(ProblemPage::SameBrowser.into());
                }
                Refusal::ApproverIsDisabled => return Err(turn_away(&web, &review).await?),
                Refusal::WrongState(_) | Refusal::WasReported => {
                    return Ok(Redirect::to("/approve").into_response());
                }
                Refusal::DeadlinePassed
                | Refusal::ReopenedTooOften
                | Refusal::BrowserWasLeft
                | Refusal::ApproverSteppedAside => Problem::ReopenOver,
                Refusal::AnotherRequestIsOpen => Problem::ReopenOccupied,
                Refusal::ApproverIsBusy => Problem::ReopenBusy,
                _ => Problem::ReopenRefused,
            };
            (StatusCode::CONFLICT, problem)
        }
        Err(error) => return Err(error.into()),
    };
    // As it is now: what refuses it may have changed what there is to read.
    let review = Review::of(&web, &visit, Aim::Read).await?;
    Ok(match review.outcome() {
        Some(outcome) => review.reviewed_with(&web, status, outcome, Some(problem)),
        None => Redirect::to("/approve").into_response(),
    })
}
