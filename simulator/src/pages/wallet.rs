//! The wallet: a page in the place of Microsoft Authenticator, to present a Verified ID from.

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use url::form_urlencoded;
use uuid::Uuid;

use super::{mailbox::clock_time, render};
use crate::{
    front::Tenant,
    world::{Credential, Presentation, Shown, World},
};

/// What can happen when a person presents their Verified ID, by the word in the form.
const ENDINGS: [(&str, &str); 6] = [
    ("own", "It is their Verified ID, and their face"),
    ("stranger", "Somebody else's face is before the camera"),
    (
        "other-issuer",
        "Another organisation issued the Verified ID",
    ),
    ("revoked", "The Verified ID was revoked"),
    ("expired", "The Verified ID has expired"),
    ("error", "The wallet breaks off"),
];

#[derive(Template)]
#[template(path = "wallet.html")]
struct List<'a> {
    organization: &'a str,
    pending: Vec<&'a Presentation>,
}

#[derive(Template)]
#[template(path = "presentation.html")]
struct Ask<'a> {
    organization: &'a str,
    presentation: &'a Presentation,
    expires: String,
    people: Vec<(Uuid, &'a str, &'a str)>,
    endings: &'static [(&'static str, &'static str)],
}

#[derive(Template)]
#[template(path = "presented.html")]
struct Presented<'a> {
    organization: &'a str,
    shared: bool,
    message: &'a str,
    status: u16,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Problem<'a> {
    organization: &'a str,
    title: &'a str,
    message: &'a str,
}

#[derive(Deserialize)]
pub struct Link {
    #[serde(default)]
    request_uri: String,
}

#[derive(Deserialize)]
pub struct Presenting {
    request: Uuid,
    person: String,
    ending: String,
}

/// `GET /wallet`: what waits to be presented. With a link, or what a QR code holds, that request.
pub async fn show(State(tenant): State<Tenant>, Query(link): Query<Link>) -> Response {
    if link.request_uri.is_empty() {
        let world = tenant.lock();
        let now = world.now();
        let pending = world.presentations.iter().rev();
        return render(
            StatusCode::OK,
            &List {
                organization: &world.settings.organization,
                pending: pending.filter(|it| it.is_open(now)).collect(),
            },
        );
    }
    let link = link.request_uri.trim();
    let found = {
        let world = tenant.lock();
        let mut presentations = world.presentations.iter();
        presentations
            .find(|it| it.url == link || it.request_uri == link)
            .map(|it| it.id)
    };
    let Some(id) = found else {
        return problem(&tenant.lock(), "no request stands behind this link");
    };
    if let Err(error) = tenant.open_presentation(id).await {
        return problem(&tenant.lock(), &format!("{error:#}"));
    }
    ask(&tenant.lock(), id)
}

/// `GET /v1.0/verifiableCredentials/presentationRequests/{id}`: where the link leads to, for a browser.
pub async fn open(Path(id): Path<Uuid>, State(tenant): State<Tenant>) -> Response {
    let world = tenant.lock();
    let Some(presentation) = world.presentations.iter().find(|it| it.id == id) else {
        return problem(&world, "no request stands behind this link");
    };
    let query: String = form_urlencoded::Serializer::new(String::new())
        .append_pair("request_uri", &presentation.request_uri)
        .finish();
    Redirect::to(&format!("/wallet?{query}")).into_response()
}

fn ask(world: &World, id: Uuid) -> Response {
    let Some(presentation) = world.presentations.iter().find(|it| it.id == id) else {
        return problem(world, "no request stands behind this link");
    };
    let people = world.people.iter().map(|person| {
        let profile = &person.profile;
        (
            profile.id,
            profile.display_name.as_str(),
            profile.user_principal_name.as_str(),
        )
    });
    render(
        StatusCode::OK,
        &Ask {
            organization: &world.settings.organization,
            presentation,
            expires: clock_time(presentation.expires),
            people: people.collect(),
            endings: &ENDINGS,
        },
    )
}

/// `POST /wallet`: a person presents.
pub async fn present(State(tenant): State<Tenant>, Form(form): Form<Presenting>) -> Response {
    let shown = |credential, face| Shown {
        person: form.person.clone(),
        credential,
        face: Some(face),
        unchecked: false,
    };
    let shown = match form.ending.as_str() {
        "own" => Some(shown(Credential::Genuine, 86.3)),
        "stranger" => Some(shown(Credential::Genuine, 31.7)),
        "other-issuer" => Some(shown(Credential::OtherIssuer, 86.3)),
        "revoked" => Some(shown(Credential::Revoked, 86.3)),
        "expired" => Some(shown(Credential::Expired, 86.3)),
        _ => None,
    };
    let outcome = match &shown {
        Some(shown) => tenant.present(form.request, shown).await,
        None => tenant.break_off_presentation(form.request).await,
    };
    let world = tenant.lock();
    match outcome {
        Ok((event, status)) => render(
            StatusCode::OK,
            &Presented {
                organization: &world.settings.organization,
                shared: event["error"].is_null(),
                message: event["error"]["message"].as_str().unwrap_or_default(),
                status,
            },
        ),
        Err(error) => problem(&world, &format!("{error:#}")),
    }
}

fn problem(world: &World, message: &str) -> Response {
    render(
        StatusCode::NOT_FOUND,
        &Problem {
            organization: &world.settings.organization,
            title: "Nothing was presented",
            message,
        },
    )
}
