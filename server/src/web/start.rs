//! The first pages, and those that belong to nobody.

use app::view::{Page, Problem, ProblemPage, Reason, StartView, WhatHappenedView};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::ProofKind;
use serde::Deserialize;

use super::{Web, answer::Failure, present, visit::Query};
use crate::{
    recovery::ServiceError,
    store::{SignInKind, StoreError},
};

/// The start page.
pub async fn start(State(web): State<Web>) -> Response {
    let gate = web.recovery.settings.policies.gate();
    let view = StartView {
        ways: gate.accepted().map(present::way).collect(),
        needed: gate.required(),
        offers_codes: gate.accepts(ProofKind::RecoveryCode)
            && web.sign_ins.party(SignInKind::Employee).is_some(),
    };
    web.page(StatusCode::OK, Page::Start(view))
}

/// The answer to "What happened?".
#[derive(Deserialize)]
pub struct WhatHappened {
    reason: Option<String>,
    answered: Option<String>,
}

/// "What happened?", and the ladder once it is answered.
pub async fn what_happened(State(web): State<Web>, Query(query): Query<WhatHappened>) -> Response {
    let reason = query.reason.as_deref().and_then(Reason::from_slug);
    let unanswered = reason.is_none() && (query.reason.is_some() || query.answered.is_some());
    let status = if unanswered {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let view = WhatHappenedView {
        reason,
        problem: unanswered.then_some(Problem::ReasonMissing),
    };
    web.page(status, Page::WhatHappened(view))
}

/// Nothing is here.
pub async fn not_found() -> Failure {
    ProblemPage::NotFound.into()
}

/// Something is here, but not by this method.
pub async fn not_a_page() -> Failure {
    ProblemPage::NotAPage.into()
}

/// The process is alive.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// The process can serve: its database answers, takes changes and has the right tables.
pub async fn readyz(State(web): State<Web>) -> Response {
    let problem = match web.recovery.is_ready().await {
        Ok(true) => return "ready\n".into_response(),
        Ok(false) => "not ready: the database's tables are not up to date\n",
        Err(error) => {
            tracing::error!(%error, "not ready");
            match error {
                ServiceError::Store(
                    StoreError::ReadOnly | StoreError::Unwritable | StoreError::DiskFull,
                ) => "not ready: the database takes no changes\n",
                _ => "not ready: the database does not answer\n",
            }
        }
    };
    (StatusCode::SERVICE_UNAVAILABLE, problem).into_response()
}
