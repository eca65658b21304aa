//! An approver at the page, and what there is for them to read.

use std::time::Duration;

use app::view::{
    DeclineView, Page, Problem, ProblemPage, ReviewForm, ReviewOutcome, ReviewView, ReviewedView,
};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use domain::{
    Approval, Approver, Control, DenialReason, Ended, Request, Seat, State as RequestState,
    Timestamp,
};

use super::super::{
    Web,
    answer::{Answer, Failure},
    present,
    visit::{Token, Visit},
};
use super::signed_in::{Aim, Carried};
use crate::{
    auth::employee::Employee,
    recovery::{Decision, ServiceError},
    words,
};

/// How far back recent recoveries are counted.
const RECENT: Duration = Duration::from_hours(90 * 24);

/// An approver at the page, and the request that they review.
pub struct Review {
    /// Who decides, where, and about what.
    pub decision: Decision,
    /// The request, as it was when the page was asked for.
    pub request: Request,
    /// When that was.
    now: Timestamp,
    /// The approver, if they have signed in.
    employee: Option<Employee>,
}

impl Review {
    /// What the link of this browser leads to.
    ///
    /// # Errors
    /// With the page for whoever may not see it, or may not do what they aim at.
    pub async fn of(web: &Web, visit: &Visit, aim: Aim) -> Result<Self, Failure> {
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
            now: web.recovery.now(),
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
    pub fn outcome(&self) -> Option<ReviewOutcome> {
        let approved_here = |approvals: &[Approval]| {
            if self.is_among(approvals) {
                ReviewOutcome::Approved
            } else {
                ReviewOutcome::AlreadyDecided
            }
        };
        match &self.request.state {
            RequestState::AwaitingApproval(awaiting) => {
                if self.is_among(&awaiting.approvals) {
                    Some(ReviewOutcome::FirstOfTwo)
                } else if self.stepped_aside() {
                    Some(ReviewOutcome::HandedOn)
                } else {
                    // Whether or not anybody has looked at the clock since.
                    (self.now >= awaiting.deadline).then_some(ReviewOutcome::Expired)
                }
            }
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
                Ended::Lapsed { .. } => ReviewOutcome::Lapsed,
                Ended::Completed { .. }
                | Ended::Aborted { .. }
                | Ended::Rehearsed { .. }
                | Ended::Repudiated { .. } => ReviewOutcome::AlreadyDecided,
            }),
            RequestState::Proving(_) | RequestState::Issuing(_) | RequestState::Disclosed(_) => {
                Some(ReviewOutcome::AlreadyDecided)
            }
        }
    }

    /// The page that says what became of the request.
    pub fn reviewed(&self, web: &Web, status: StatusCode, outcome: ReviewOutcome) -> Response {
        self.reviewed_with(web, status, outcome, None)
    }

    /// The same, after something that was not done.
    pub fn reviewed_with(
        &self,
        web: &Web,
        status: StatusCode,
        outcome: ReviewOutcome,
        problem: Option<Problem>,
    ) -> Response {
        let may_stop = matches!(
            outcome,
            ReviewOutcome::Approved | ReviewOutcome::FirstOfTwo | ReviewOutcome::HandedOn
        ) && matches!(
            self.request.state,
            RequestState::AwaitingApproval(_)
                | RequestState::CoolingOff(_)
                | RequestState::Ready(_)
        );
        let may_reopen = outcome == ReviewOutcome::Lapsed
            && self.decision.seat == Seat::OwnBrowser
            && self
                .request
                .reopenable(&self.decision.approver, web.recovery.now())
                .is_ok();
        let view = ReviewedView {
            outcome,
            account: words::account(&self.request),
            may_stop,
            may_reopen,
            problem,
        };
        self.drawn(web, status, Page::Reviewed(view))
    }

    /// The evidence and the decision.
    pub async fn page(&self, web: &Web, form: ReviewForm, problem: Option<Problem>) -> Answer {
        let RequestState::AwaitingApproval(awaiting) = &self.request.state else {
            return Ok(self.reviewed(web, StatusCode::OK, ReviewOutcome::AlreadyDecided));
        };
        let status = match problem {
            None => StatusCode::OK,
            Some(Problem::DirectoryUnavailable) => StatusCode::SERVICE_UNAVAILABLE,
            Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let (recent, ahead) = tokio::join!(self.recent(web), web.recovery.ahead(&self.request));
        let changes = present::changes(self.request.facts.terms.removal, ahead.as_ref());
        // As the table names it now; what was weighed when they asked is among the risks.
        let country = web.recovery.country_of(&self.request.facts.origin.address);
        let country = country.map(|country| country.name);
        let view = ReviewView {
            reference: self.request.facts.id.reference().to_string(),
            approver: self
                .approver()
                .map(|me| me.name.clone())
                .unwrap_or_default(),
            account: words::account(&self.request),
            why_asked: self
                .approver()
                .map(|me| present::why_asked(&self.request, me))
                .unwrap_or_default(),
            others: present::others_asked(&self.request, awaiting, &self.decision.approver),
            risks: present::risks(&self.request),
            approvals: present::approvals(&self.request, awaiting),
            delay_minutes: self.request.facts.cool_off().as_secs().div_ceil(60),
            may_hand_on: self.request.facts.control == Control::Single,
            evidence: present::evidence(&self.request, recent?, country, changes),
            deadline: words::moment(awaiting.deadline),
            digits: self.request.facts.control.code_digits(),
            tries_left: domain::Terms::MAX_TRIES.saturating_sub(awaiting.tries_used),
            form,
            problem,
        };
        Ok(self.drawn(web, status, Page::Review(Box::new(view))))
    }

    /// How often the person was recovered lately.
    async fn recent(&self, web: &Web) -> Result<u32, ServiceError> {
        let Some(subject) = &self.request.facts.subject else {
            return Ok(0);
        };
        let since = self.request.facts.opened_at - RECENT;
        web.recovery
            .recoveries_since(&subject.person.id, since)
            .await
    }

    /// A page about the request, for this approver.
    pub fn drawn(&self, web: &Web, status: StatusCode, page: Page) -> Response {
        web.review_page(&self.request, self.employee.as_ref(), status, page)
    }

    /// "Why do you decline?"
    pub fn decline(&self, web: &Web, status: StatusCode, problem: Option<Problem>) -> Response {
        let view = DeclineView {
            reference: self.request.facts.id.reference().to_string(),
            first_name: present::first_name(&self.request),
            account: words::account(&self.request),
            problem,
        };
        self.drawn(web, status, Page::Decline(view))
    }

    /// The approver, as the request has them.
    pub fn approver(&self) -> Option<&Approver> {
        self.request.facts.approver(&self.decision.approver)
    }

    /// Whether they have named somebody else.
    fn stepped_aside(&self) -> bool {
        self.approver().is_some_and(|me| me.stepped_aside)
    }

    fn is_among(&self, approvals: &[Approval]) -> bool {
        let me = &self.decision.approver;
        approvals.iter().any(|given| given.approver == *me)
    }

    /// The way back after an action: to what became of the request.
    pub fn settled(result: Result<Request, ServiceError>) -> Answer {
        match result {
            Ok(_) | Err(ServiceError::Refused(_)) => Ok(Redirect::to("/approve").into_response()),
            Err(error) => Err(error.into()),
        }
    }
}
