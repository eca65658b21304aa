//! Signing in with a Temporary Access Pass, and registering a new method afterwards (FACTS §7).

use askama::Template;
use axum::{
    Form,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;

use super::{mailbox::clock_time, render};
use crate::{
    front::{self, Tenant},
    world::{BrowserSession, Initiator, Method, Person, SignIn, World},
};

const COOKIE: &str = "simulator_session";

/// After a one-time pass, registration must be finished within this time.
const REGISTRATION_WINDOW: SignedDuration = SignedDuration::from_mins(10);

#[derive(Template)]
#[template(path = "sign_in.html")]
struct FormPage<'a> {
    organization: &'a str,
    domain: &'a str,
    user_name: &'a str,
    refusal: Option<Refusal>,
}

/// Why a sign-in did not succeed, in the words that people see.
struct Refusal {
    title: &'static str,
    message: &'static str,
}

#[derive(Template)]
#[template(path = "security_info.html")]
struct SecurityInfo<'a> {
    organization: &'a str,
    name: &'a str,
    user_name: &'a str,
    methods: Vec<Line>,
    register_until: Option<String>,
    may_register: bool,
    registered: bool,
    refused: bool,
}

struct Line {
    label: String,
    added: String,
    is_default: bool,
}

#[derive(Deserialize)]
pub struct Attempt {
    #[serde(default)]
    user_name: String,
    #[serde(default)]
    pass: String,
    #[serde(default)]
    password: String,
}

#[derive(Deserialize)]
pub struct NewPhone {
    #[serde(default)]
    name: String,
}

/// `GET /`
pub async fn form(State(tenant): State<Tenant>) -> Response {
    let world = tenant.lock();
    page(&world, "", None)
}

/// `POST /`
pub async fn submit(
    State(tenant): State<Tenant>,
    headers: HeaderMap,
    Form(attempt): Form<Attempt>,
) -> Response {
    let mut world = tenant.lock();
    let user_agent = front::header(&headers, "user-agent").unwrap_or_default();
    let user_name = attempt.user_name.trim();
    match sign_in(
        &mut world,
        user_name,
        attempt.pass.trim(),
        &attempt.password,
        &user_agent,
    ) {
        Ok(secret) => {
            let cookie = format!("{COOKIE}={secret}; Path=/; HttpOnly; SameSite=Lax");
            (
                [(header::SET_COOKIE, cookie)],
                Redirect::to("/mysecurityinfo"),
            )
                .into_response()
        }
        Err(refusal) => page(&world, user_name, Some(refusal)),
    }
}

fn page(world: &World, user_name: &str, refusal: Option<Refusal>) -> Response {
    let status = if refusal.is_some() {
        StatusCode::UNAUTHORIZED
    } else {
        StatusCode::OK
    };
    render(
        status,
        &FormPage {
            organization: &world.settings.organization,
            domain: &world.settings.domain,
            user_name,
            refusal,
        },
    )
}

/// Opens a session and returns its secret.
fn sign_in(
    world: &mut World,
    user_name: &str,
    pass: &str,
    password: &str,
    user_agent: &str,
) -> Result<String, Refusal> {
    let now = world.now();
    let index = world.find_person(user_name).ok_or(Refusal {
        title: "We couldn't find an account with that username",
        message: "Check the spelling, or try another account.",
    })?;
    let (outcome, attempt) = if !world.people[index].profile.account_enabled {
        let refusal = Refusal {
            title: "Your account has been locked",
            message: "Contact your support person to unlock it, then try again.",
        };
        (Err(refusal), SignIn::DISABLED)
    } else if pass.is_empty() && !password.is_empty() {
        with_password(&world.people[index])
    } else {
        match with_pass(world, index, pass, now) {
            Ok(session) => (Ok(session), SignIn::SUCCESS),
            Err(refusal) => (Err(refusal), SignIn::WRONG_PASS),
        }
    };
    world.logs.sign_in(
        &world.settings,
        &world.people[index],
        &attempt,
        now,
        user_agent,
    );
    outcome.map(|session| world.sessions.open(session))
}

/// A password alone never suffices: this is what a locked-out person meets.
fn with_password(person: &Person) -> (Result<BrowserSession, Refusal>, SignIn) {
    let has_second_factor = person
        .methods
        .iter()
        .any(|method| method.exists() && method.kind().is_some());
    if has_second_factor {
        let refusal = Refusal {
            title: "Approve sign in request",
            message: "Open your Authenticator app and approve the request to sign in. Nobody did: we didn't hear from you.",
        };
        (Err(refusal), SignIn::MFA_NOT_ANSWERED)
    } else {
        let refusal = Refusal {
            title: "More information required",
            message: "Your organization needs more information to keep your account secure. Sign in with a Temporary Access Pass to add it.",
        };
        (Err(refusal), SignIn::MUST_REGISTER)
    }
}

fn with_pass(
    world: &mut World,
    index: usize,
    value: &str,
    now: Timestamp,
) -> Result<BrowserSession, Refusal> {
    let wrong = Refusal {
        title: "Your Temporary Access Pass is incorrect",
        message: "If you don't know your pass, contact your administrator.",
    };
    let covered = world.pass_policy_covers(&world.people[index]);
    let person = world.people[index].profile.id;
    let policy = &world.pass_policy;
    let Some(pass) = world.people[index]
        .passes
        .iter_mut()
        .rfind(|pass| pass.exists() && pass.value == value)
    else {
        return Err(wrong);
    };
    let message = match pass.state(policy, now) {
        "OneTimeUsed" => {
            "Your Temporary Access Pass was for one use only, and it has been used already. Ask for a new one."
        }
        "Expired" => "Your Temporary Access Pass has expired. Ask for a new one.",
        "NotYetValid" => "Your Temporary Access Pass is not valid yet. Try again later.",
        "EnabledByPolicy" if covered => {
            pass.used = Some(now);
            return Ok(BrowserSession {
                person,
                opened: now,
                pass: Some(pass.id),
                register_until: pass.usable_once.then(|| now + REGISTRATION_WINDOW),
            });
        }
        _ => "Temporary Access Pass sign in was blocked due to User Credential Policy.",
    };
    Err(Refusal {
        title: "You can't sign in with this pass",
        message,
    })
}

/// `GET /mysecurityinfo`
pub async fn security_info(State(tenant): State<Tenant>, headers: HeaderMap) -> Response {
    let world = tenant.lock();
    match session_of(&world, &headers) {
        Some((_, session)) => show(&world, &session, StatusCode::OK, false, false),
        None => Redirect::to("/").into_response(),
    }
}

fn show(
    world: &World,
    session: &BrowserSession,
    status: StatusCode,
    registered: bool,
    refused: bool,
) -> Response {
    let Some(person) = world.person(session.person) else {
        return Redirect::to("/").into_response();
    };
    let now = world.now();
    let line = |method: &Method| Line {
        label: method.label(),
        added: method.created.map(clock_time).unwrap_or_default(),
        is_default: method.is_default,
    };
    render(
        status,
        &SecurityInfo {
            organization: &world.settings.organization,
            name: &person.profile.display_name,
            user_name: &person.profile.user_principal_name,
            methods: person
                .methods
                .iter()
                .filter(|method| method.exists())
                .map(line)
                .collect(),
            register_until: session.register_until.map(clock_time),
            may_register: session.register_until.is_none_or(|until| now < until),
            registered,
            refused,
        },
    )
}

/// `POST /mysecurityinfo/authenticator`
pub async fn register_authenticator(
    State(tenant): State<Tenant>,
    headers: HeaderMap,
    Form(phone): Form<NewPhone>,
) -> Response {
    let mut world = tenant.lock();
    let Some((_, session)) = session_of(&world, &headers) else {
        return Redirect::to("/").into_response();
    };
    let now = world.now();
    if session.register_until.is_some_and(|until| now >= until) {
        return show(&world, &session, StatusCode::FORBIDDEN, false, true);
    }
    let name = phone.name.trim();
    let name = if name.is_empty() { "My phone" } else { name };
    let mut method = Method::new(
        "microsoftAuthenticatorAuthenticationMethod",
        Some(now),
        json!({"displayName": name, "deviceTag": "SoftwareTokenActivated", "phoneAppVersion": "6.2508.6118"}),
    );
    let Some(index) = world.find_person(&session.person.to_string()) else {
        return Redirect::to("/").into_response();
    };
    let world = &mut *world;
    let person = &mut world.people[index];
    method.is_default = !person
        .methods
        .iter()
        .any(|other| other.exists() && other.is_default);
    person.methods.push(method);
    world.logs.security_info(
        "User registered security info",
        &Initiator::Person(person),
        person,
        "User registered Authenticator App with Notification and Code",
        now,
    );
    show(world, &session, StatusCode::OK, true, false)
}

/// `POST /sign-out`
pub async fn sign_out(State(tenant): State<Tenant>, headers: HeaderMap) -> Response {
    let mut world = tenant.lock();
    if let Some((secret, _)) = session_of(&world, &headers) {
        world.sessions.close(&secret);
    }
    let gone = format!("{COOKIE}=; Path=/; Max-Age=0");
    ([(header::SET_COOKIE, gone)], Redirect::to("/")).into_response()
}

/// The live session of this browser.
fn session_of(world: &World, headers: &HeaderMap) -> Option<(String, BrowserSession)> {
    let cookies = front::header(headers, "cookie")?;
    let secret = cookies
        .split(';')
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, secret)| secret.to_owned())?;
    let session = world.sessions.get(&secret)?.clone();
    world
        .session_is_live(&session, world.now())
        .then_some((secret, session))
}
