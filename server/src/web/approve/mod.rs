//! The approver's pages.

mod signed_in;

use std::time::Duration;

use app::view::{Page, Problem, ProblemPage, ReviewForm, ReviewOutcome, ReviewView, ReviewedView};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use domain::{
    Approval, Attestation, Decline, DenialReason, Ended, PersonId, Refusal, Request, Seat,
    State as RequestState, TypedCode,
};
use serde::Deserialize;

use super::{
    Web,
    answer::{Answer, Failure},
    present,
    visit::{Form, Path, Token, Visit},
};
use crate::{
    auth::employee::Employee,
    recovery::{Decision, ServiceError, Verdict},
    secret::Bearer,
    store::Purpose,
};

use signed_in::Aim;
pub use signed_in::{Carried, arrive};

/// How far back recent recoveries are counted.
const RECENT: Duration = Duration::from_hours(90 * 24);

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

/// An approver at the page, and the request that they review.
struct Review {
    decision: Decision,
    request: Request,
    /// The approver, if they have signed in.
    employee: Option<Employee>,
}

impl Review {
    /// What the link of this browser leads to.
    ///
    /// # Errors
    /// With the page for whoever may not see it, or may not do what they aim at.
    async fn of(web: &Web, visit: &Visit, aim: Aim) -> Result<Self, Failure> {
        let carried = Carried::by(web, visit).await?;
        let link = carried.ok_or(ProblemPage::DeadLink)?;
        let request = web.recovery.request(link.request).await?;
        let seat = match visit.secret(Token::Browser) {
            Some(browser) => match web.recovery.request_of(&browser).await? {
                Some(bound) if bound.facts.id == request.facts.id => Seat::RequestersBrowser,
                _ => Seat::OwnBrowser,
            },
            None => Seat::OwnBrowser,
        };
        let mut review = Self {
            decision: Decision {
                request: request.facts.id,
                approver: link.approver.clone(),
                seat,
            },
            request,
            employee: None,
        };
        let decides = aim != Aim::Stop && review.outcome().is_none();
        if decides && seat == Seat::RequestersBrowser {
            return Err(ProblemPage::SameBrowser.into());
        }
        review.employee = link.signed_in(web, visit, aim).await?;
        Ok(review)
    }

    /// What there is to read, if nothing is left to decide.
    fn outcome(&self) -> Option<ReviewOutcome> {
        let approved_here = |approvals: &[Approval]| {
            if approvals
                .iter()
                .any(|approval| approval.approver == self.decision.approver)
            {
                ReviewOutcome::Approved
            } else {
                ReviewOutcome::AlreadyDecided
            }
        };
        match &self.request.state {
            RequestState::AwaitingApproval(awaiting) => (approved_here(&awaiting.approvals)
                == ReviewOutcome::Approved)
                .then_some(ReviewOutcome::Approved),
            RequestState::CoolingOff(cooling) => Some(approved_here(&cooling.approved.approvals)),
            RequestState::Ready(ready) => Some(approved_here(&ready.approved.approvals)),
            RequestState::Ended(
                Ended::Denied { .. } | Ended::Withdrawn { .. } | Ended::Expired { .. },
            ) if self.request.facts.reported_at.is_some() => Some(ReviewOutcome::Reported),
            RequestState::Disclosed(_)
            | RequestState::Ended(
                Ended::Completed { .. }
                | Ended::Aborted { .. }
                | Ended::Rehearsed { .. }
                | Ended::Lapsed { .. },
            ) if self.request.facts.reported_at.is_some() => Some(ReviewOutcome::ReportedLate),
            RequestState::Ended(ended) => Some(match ended {
                Ended::Denied {
                    reason: DenialReason::ByApprover { .. },
                    ..
                } => ReviewOutcome::Denied,
                Ended::Denied {
                    reason: DenialReason::ContactCodeTriesUsedUp,
                    ..
                } => ReviewOutcome::DeniedByCode,
                Ended::Reported { .. } => ReviewOutcome::Reported,
                Ended::Withdrawn { .. } => ReviewOutcome::Withdrawn,
                Ended::Expired { .. } => ReviewOutcome::Expired,
                Ended::Completed { .. }
                | Ended::Aborted { .. }
                | Ended::Rehearsed { .. }
                | Ended::Lapsed { .. }
                | Ended::Repudiated { .. } => ReviewOutcome::AlreadyDecided,
            }),
            RequestState::Proving(_) | RequestState::Issuing(_) | RequestState::Disclosed(_) => {
                Some(ReviewOutcome::AlreadyDecided)
            }
        }
    }

    /// The page that says what became of the request.
    fn reviewed(&self, web: &Web, status: StatusCode, outcome: ReviewOutcome) -> Response {
        let may_stop = outcome == ReviewOutcome::Approved
            && matches!(
                self.request.state,
                RequestState::AwaitingApproval(_)
                    | RequestState::CoolingOff(_)
                    | RequestState::Ready(_)
            );
        let view = ReviewedView {
            outcome,
            account: present::account(&self.request),
            may_stop,
        };
        self.drawn(web, status, Page::Reviewed(view))
    }

    async fn page(&self, web: &Web, form: ReviewForm, problem: Option<Problem>) -> Answer {
        let RequestState::AwaitingApproval(awaiting) = &self.request.state else {
            return Ok(self.reviewed(web, StatusCode::OK, ReviewOutcome::AlreadyDecided));
        };
        let status = match problem {
            None => StatusCode::OK,
            Some(Problem::DirectoryUnavailable) => StatusCode::SERVICE_UNAVAILABLE,
            Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let recent = match &self.request.facts.subject {
            Some(subject) => {
                let since = self.request.facts.opened_at - RECENT;
                web.recovery
                    .recoveries_since(&subject.person.id, since)
                    .await?
            }
            None => 0,
        };
        let view = ReviewView {
            reference: self.request.facts.id.reference().to_string(),
            approver: approver_name(&self.request, &self.decision.approver),
            evidence: present::evidence(&self.request, recent),
            deadline: crate::words::moment(awaiting.deadline),
            digits: self.request.facts.control.code_digits(),
            tries_left: domain::Terms::MAX_TRIES.saturating_sub(awaiting.tries_used),
            form,
            problem,
        };
        Ok(self.drawn(web, status, Page::Review(Box::new(view))))
    }

    fn drawn(&self, web: &Web, status: StatusCode, page: Page) -> Response {
        web.review_page(&self.request, self.employee.as_ref(), status, page)
    }

    /// The way back after an action: to what became of the request.
    fn settled(result: Result<Request, ServiceError>) -> Answer {
        match result {
            Ok(_) | Err(ServiceError::Refused(_)) => Ok(Redirect::to("/approve").into_response()),
            Err(error) => Err(error.into()),
        }
    }
}

fn approver_name(request: &Request, approver: &PersonId) -> String {
    let asked = request
        .facts
        .approvers
        .iter()
        .find(|asked| asked.id == *approver);
    asked.map(|asked| asked.name.clone()).unwrap_or_default()
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
        return Ok(review.reviewed(&web, StatusCode::CONFLICT, outcome));
    }
    let kept = ReviewForm {
        attested: form.attested == "yes",
    };
    let digits = review.request.facts.control.code_digits();
    let typed = match TypedCode::parse(&form.code, digits) {
        Some(typed) if kept.attested => typed,
        Some(_) => {
            return review
                .page(&web, kept, Some(Problem::AttestationMissing))
                .await;
        }
        None if form.code.trim().is_empty() => {
            return review.page(&web, kept, Some(Problem::CodeMissing)).await;
        }
        None => return review.page(&web, kept, Some(Problem::CodeMalformed)).await,
    };
    let approval = web
        .recovery
        .approve(&review.decision, &typed, Attestation::Phone);
    let verdict = Box::pin(approval).await;
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
        Err(ServiceError::Refused(Refusal::ApproverInRequestersBrowser)) => {
            return Err(ProblemPage::SameBrowser.into());
        }
        Err(ServiceError::Refused(Refusal::ApproverIsDisabled)) => {
            let approver = &review.decision.approver;
            tracing::warn!(%approver, "an approver is not active any more, and is signed out");
            web.recovery.sign_out_everywhere(approver).await?;
            return Err(ProblemPage::ApproverInactive.into());
        }
        Err(ServiceError::Refused(refusal)) => {
            tracing::warn!(request = %review.request.facts.id, %refusal, "an approval was refused");
            match refusal {
                Refusal::WrongState(_) | Refusal::DeadlinePassed | Refusal::AlreadyApproved => {
                    return Ok(Redirect::to("/approve").into_response());
                }
                _ => Problem::NotEligible,
            }
        }
        Err(error) => return Err(error.into()),
    };
    let review = Review::of(&web, &visit, Aim::Read).await?;
    review.page(&web, kept, Some(problem)).await
}

/// Declines.
pub async fn deny(State(web): State<Web>, visit: Visit) -> Answer {
    let review = Review::of(&web, &visit, Aim::Stop).await?;
    Review::settled(web.recovery.deny(&review.decision, Decline::Other).await)
}

/// Reports.
pub async fn report(State(web): State<Web>, visit: Visit) -> Answer {
    let review = Review::of(&web, &visit, Aim::Stop).await?;
    Review::settled(web.recovery.report(&review.decision).await)
}
