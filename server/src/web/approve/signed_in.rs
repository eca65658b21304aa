//! Whether the one at the approver's pages is the approver: where a sign-in is asked for, the mailed link only locates.

use app::view::{ApproverSignInView, OtherApproverView, Page, ProblemPage};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use domain::{PersonId, RequestId};

use super::super::{
    Web,
    answer::{Answer, Failure},
    visit::{Token, Visit},
};
use crate::{
    auth::{employee::Employee, oidc::Identity},
    secret::Bearer,
    store::Purpose,
};

/// What somebody is at these pages for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// To look.
    Read,
    /// To let it go on.
    Approve,
    /// To stop it, which may be done from any browser.
    Stop,
}

/// An approver's link, and the request and the person that it is for.
pub struct Carried {
    /// Its secret.
    pub secret: Bearer,
    /// The request.
    pub request: RequestId,
    /// The approver.
    pub approver: PersonId,
}

impl Carried {
    /// The link that a browser carries, if it still works.
    pub async fn by(web: &Web, visit: &Visit) -> Result<Option<Self>, Failure> {
        let Some(secret) = visit.secret(Token::Approver) else {
            return Ok(None);
        };
        let link = web.recovery.link(&secret, Purpose::Approve).await?;
        Ok(link.and_then(|link| {
            Some(Self {
                secret,
                request: link.request,
                approver: link.person?,
            })
        }))
    }

    /// Who has signed in, where that is asked for.
    ///
    /// # Errors
    /// With the page that says what to do, unless it is the approver, not long ago. Nothing on it is about the request.
    pub async fn signed_in(
        &self,
        web: &Web,
        visit: &Visit,
        aim: Aim,
    ) -> Result<Option<Employee>, Failure> {
        if !web.recovery.approvers_sign_in() {
            return Ok(None);
        }
        let session = visit.session(web).await?;
        let is_approver = |employee: &Employee| employee.id == self.approver;
        match session {
            Some(employee) if is_approver(&employee) && employee.may_decide(web.recovery.now()) => {
                Ok(Some(employee))
            }
            Some(other) if !is_approver(&other) && aim != Aim::Read => {
                let page = self.refuse(web, &other.id, other.name).await?;
                Err(Failure::Drawn(Box::new(page)))
            }
            session => {
                let (status, view) = match aim {
                    Aim::Approve | Aim::Stop => {
                        (StatusCode::FORBIDDEN, ApproverSignInView::AnswerNotTaken)
                    }
                    Aim::Read if session.as_ref().is_some_and(is_approver) => {
                        (StatusCode::OK, ApproverSignInView::Over)
                    }
                    Aim::Read => (StatusCode::OK, ApproverSignInView::First),
                };
                let page = web.page(status, Page::ApproverSignIn(view));
                Err(Failure::Drawn(Box::new(page)))
            }
        }
    }

    /// The page for somebody whom the link is not for, which is kept in the log of the request.
    async fn refuse(
        &self,
        web: &Web,
        person: &PersonId,
        name: String,
    ) -> Result<Response, Failure> {
        web.recovery
            .note_other_at_link(self.request, &self.approver, person)
            .await?;
        let page = Page::OtherApprover(OtherApproverView { name });
        Ok(web.page(StatusCode::FORBIDDEN, page))
    }
}

/// Where somebody goes on who has signed in to review a request: to the request, if the link in their browser was made
/// for them. They can carry it for as long again as a sign-in counts.
pub async fn arrive(web: &Web, visit: &Visit, identity: &Identity) -> Answer {
    match Carried::by(web, visit).await? {
        None => Err(ProblemPage::DeadLink.into()),
        Some(link) if link.approver != identity.person => {
            link.refuse(web, &identity.person, identity.name.clone())
                .await
        }
        Some(link) => Ok((
            visit.give(Token::Approver, &link.secret),
            Redirect::to("/approve"),
        )
            .into_response()),
    }
}
