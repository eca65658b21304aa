//! The pages over HTTP: routes, cookies, forms and answers. Nothing is decided here; the use cases
//! decide, and `app` draws.

mod absences;
mod answer;
mod approvals;
mod approve;
mod assets;
mod codes;
mod console;
mod defence;
mod evenly;
mod kiosk;
mod live;
mod not_me;
mod not_my_codes;
mod paging;
mod pass;
mod present;
mod prove_password;
mod sign_in;
mod start;
mod verified_id;
mod visit;
mod your_code;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};
use tower_http::catch_panic::CatchPanicLayer;
use url::Url;

use crate::{
    auth::{password::PasswordHasher, sign_in::SignIns},
    limits::Limits,
    recovery::Recovery,
};

pub use assets::Assets;

/// The largest form that any page sends is far below this.
const LARGEST_FORM: usize = 16 * 1024;

/// What pages need to know about this installation.
#[derive(Clone, Debug)]
pub struct Site {
    /// Root of every address that is ours.
    pub base_url: Url,
    /// Name of the organisation.
    pub organisation: String,
    /// How to reach the people who help, in a sentence.
    pub help: String,
    /// Where a pass is used.
    pub sign_in_at: Url,
    /// Answers to the browsers of people who may not have proven who they are come at whole steps of this; at once if it is zero.
    pub answer_step: Duration,
    /// How many proxies in front of the server are ours; the client's address is taken from the entry
    /// that the first of them wrote.
    pub trusted_proxies: usize,
}

/// What every handler shares.
#[derive(Clone)]
pub struct Web {
    recovery: Arc<Recovery>,
    limits: Arc<Limits>,
    passwords: Arc<PasswordHasher>,
    sign_ins: Arc<SignIns>,
    assets: Arc<Assets>,
    site: Arc<Site>,
}

impl Web {
    /// Puts the web side together.
    pub fn new(
        recovery: Arc<Recovery>,
        passwords: PasswordHasher,
        sign_ins: SignIns,
        site: Site,
    ) -> Self {
        Self {
            limits: Arc::clone(&recovery.limits),
            recovery,
            passwords: Arc::new(passwords),
            sign_ins: Arc::new(sign_ins),
            assets: Arc::new(Assets::load()),
            site: Arc::new(site),
        }
    }

    /// The routes of people who may not have proven who they are: every page that depends on the request that their
    /// browser is bound to.
    fn kiosk(self) -> Router<Self> {
        Router::new()
            .route("/identify", get(kiosk::identify_page).post(kiosk::identify))
            .route("/prove", get(kiosk::prove_page).post(kiosk::prove))
            .route("/prove/resend", post(kiosk::resend))
            .route("/prove/password", post(prove_password::begin))
            .route("/prove/password/callback", get(prove_password::finish))
            .route(
                "/prove/verified-id",
                get(verified_id::page).post(verified_id::ask),
            )
            .route("/prove/verified-id/events", get(verified_id::events))
            .route("/check", get(kiosk::check_page))
            .route("/submit", post(kiosk::submit))
            .route("/status", get(kiosk::status_page))
            .route("/status/events", get(live::events))
            .route("/withdraw", post(kiosk::withdraw))
            .route("/pass", get(pass::claim_page).post(pass::claim))
            .route("/pass/again", post(pass::claim_again))
            .route_layer(middleware::from_fn_with_state(self, evenly::evenly))
    }

    /// Every route. Actions are POST only; what is opened by GET or HEAD changes nothing.
    pub fn router(self) -> Router {
        Router::new()
            .route("/", get(start::start))
            .route("/what-happened", get(start::what_happened))
            .merge(self.clone().kiosk())
            .route("/finish", post(pass::finish))
            .route("/approve", get(approve::review_page).post(approve::approve))
            .route("/approve/deny", get(approve::deny_page).post(approve::deny))
            .route(
                "/approve/hand-on",
                get(approve::hand_on_page).post(approve::hand_on),
            )
            .route("/approve/reopen", post(approve::reopen))
            .route("/approve/report", post(approve::report))
            .route("/approve/{secret}", get(approve::open_link))
            .route("/approvals", get(approvals::page).post(approvals::open))
            .route(
                "/approvals/absence",
                get(absences::page).post(absences::plan),
            )
            .route("/approvals/absence/undo", post(absences::undo))
            .route("/not-me", get(not_me::page).post(not_me::disown))
            .route("/not-me/{secret}", get(not_me::open_link))
            .route("/sign-in", get(sign_in::page).post(sign_in::begin))
            .route("/sign-in/callback", get(sign_in::finish))
            .route("/sign-out", post(sign_in::sign_out))
            .route("/codes", get(codes::page).post(codes::make))
            .route(
                "/codes/replace",
                get(codes::replace_page).post(codes::replace),
            )
            .route("/codes/download", post(codes::download))
            .route("/codes/check", get(codes::check))
            .route(
                "/codes/not-me",
                get(not_my_codes::page).post(not_my_codes::disown),
            )
            .route("/codes/not-me/{secret}", get(not_my_codes::open_link))
            .route("/your-code", get(your_code::page).post(your_code::show))
            .route("/your-code/{secret}", get(your_code::open_link))
            .route("/console", get(console::recoveries))
            .route("/console/recoveries/{id}", get(console::recovery))
            .route(
                "/console/sign-in",
                get(console::sign_in_page).post(console::sign_in),
            )
            .route("/console/sign-out", post(console::sign_out))
            .route("/healthz", get(start::healthz))
            .route("/readyz", get(start::readyz))
            .route("/favicon.svg", get(assets::favicon))
            .route("/pkg/{build}/{*file}", get(assets::asset))
            .fallback(start::not_found)
            .method_not_allowed_fallback(start::not_a_page)
            .layer(DefaultBodyLimit::max(LARGEST_FORM))
            .layer(CatchPanicLayer::custom(answer::broke_off))
            .layer(middleware::from_fn_with_state(
                self.clone(),
                defence::own_forms_only,
            ))
            // Below that check: it comes from a service, not from a form, and proves itself by a key.
            .route("/verified-id/callback", post(verified_id::callback))
            .layer(middleware::from_fn_with_state(
                self.clone(),
                answer::draw_problems,
            ))
            .layer(middleware::from_fn_with_state(
                self.clone(),
                defence::headers,
            ))
            .layer(middleware::from_fn(defence::trace))
            .with_state(self)
    }
}
