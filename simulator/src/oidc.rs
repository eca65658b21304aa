//! OpenID Connect sign-in: discovery, the account picker, codes and id tokens (FACTS §19).

use askama::Template;
use axum::{
    Form, Json,
    extract::{Query, RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;
use uuid::Uuid;

use crate::{
    answer::Answer,
    entropy,
    front::Tenant,
    keys,
    oauth::{TokenError, TokenRequest},
    pages::render,
    world::{Registration, Settings, Signature, World},
};

/// How long a code and an id token live.
const CODE_LIFETIME: SignedDuration = SignedDuration::from_mins(10);
const ID_TOKEN_LIFETIME: i64 = 3600;

/// An authorization code that waits to be redeemed.
pub struct Code {
    /// The app that it was given to.
    client: Uuid,
    person: Uuid,
    redirect_uri: String,
    challenge: String,
    nonce: Option<String>,
    acrs: Option<String>,
    auth_time: Timestamp,
    expires: Timestamp,
}

/// What the relying party sent to `/authorize`; carried through the page as hidden fields.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Authorize {
    client_id: String,
    redirect_uri: String,
    response_type: String,
    response_mode: String,
    scope: String,
    state: String,
    nonce: String,
    code_challenge: String,
    code_challenge_method: String,
    prompt: String,
    login_hint: String,
    claims: String,
}

/// The picker's form: the request again, and who was clicked.
#[derive(Deserialize)]
pub struct Choice {
    #[serde(flatten)]
    request: Authorize,
    /// Empty when the person cancelled.
    #[serde(default)]
    person: String,
}

#[derive(Template)]
#[template(path = "authorize.html")]
struct Picker<'a> {
    organization: &'a str,
    fields: Vec<(&'static str, &'a str)>,
    people: Vec<PersonRow>,
}

struct PersonRow {
    id: Uuid,
    name: String,
    user_name: String,
    title: String,
    kind: &'static str,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Problem<'a> {
    organization: &'a str,
    title: &'a str,
    message: &'a str,
}

#[derive(Template)]
#[template(path = "form_post.html")]
struct FormPost<'a> {
    organization: &'a str,
    redirect_uri: &'a str,
    fields: &'a [(&'static str, String)],
}

/// `GET /{tenant}/v2.0/.well-known/openid-configuration`
pub async fn discovery(State(tenant): State<Tenant>) -> Json<Value> {
    let world = tenant.lock();
    let settings = &world.settings;
    let base = format!("{}/{}", settings.base_url, settings.tenant_id);
    Json(json!({
        "issuer": settings.issuer(),
        "authorization_endpoint": settings.authorize_url(),
        "token_endpoint": settings.token_url(),
        "jwks_uri": format!("{base}/discovery/v2.0/keys"),
        "end_session_endpoint": format!("{base}/oauth2/v2.0/logout"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username", "name", "tid", "ver", "oid", "roles"],
        "tenant_region_scope": "EU",
    }))
}

/// `GET /{tenant}/discovery/v2.0/keys`
pub async fn published_keys() -> Json<Value> {
    Json(json!({"keys": [keys::public()]}))
}

/// `GET /{tenant}/oauth2/v2.0/authorize`: the account picker.
pub async fn authorize(State(tenant): State<Tenant>, Query(request): Query<Authorize>) -> Response {
    let world = tenant.lock();
    match check(&world.settings, &request) {
        Err(refusal) => refuse(&world.settings, &request, refusal),
        Ok(_) if request.prompt == "none" => refuse(
            &world.settings,
            &request,
            Refusal::ToClient(
                "login_required",
                "AADSTS50058: A silent sign-in request was sent but no user is signed in.",
            ),
        ),
        Ok(_) => pick(&world, &request),
    }
}

/// `POST /{tenant}/oauth2/v2.0/authorize`: somebody was clicked.
pub async fn choose(State(tenant): State<Tenant>, Form(choice): Form<Choice>) -> Response {
    let mut world = tenant.lock();
    let request = &choice.request;
    let client = match check(&world.settings, request) {
        Ok(app) => app.client_id,
        Err(refusal) => return refuse(&world.settings, request, refusal),
    };
    if choice.person.is_empty() {
        let cancelled = Refusal::ToClient(
            "access_denied",
            "AADSTS65004: The resource owner or authorization server denied the request.",
        );
        return refuse(&world.settings, request, cancelled);
    }
    let Some(index) = world.find_person(&choice.person) else {
        return problem(
            &world.settings,
            "AADSTS50034: The user account does not exist in the directory.",
        );
    };
    let person = &world.people[index].profile;
    if !person.account_enabled {
        return problem(
            &world.settings,
            "AADSTS50057: The user account is disabled.",
        );
    }
    let code = Code {
        client,
        person: person.id,
        redirect_uri: request.redirect_uri.clone(),
        challenge: request.code_challenge.clone(),
        nonce: Some(request.nonce.clone()).filter(|nonce| !nonce.is_empty()),
        acrs: wanted_context(&request.claims),
        auth_time: world.now(),
        expires: world.now() + CODE_LIFETIME,
    };
    let secret = entropy::secret();
    world.grants.codes.insert(secret.clone(), code);
    let session_state = entropy::guid().to_string();
    answer_client(
        &world.settings,
        request,
        &[("code", secret), ("session_state", session_state)],
    )
}

/// `GET /{tenant}/oauth2/v2.0/logout`: there is no session to end, so the person goes straight back.
pub async fn logout(State(tenant): State<Tenant>, RawQuery(query): RawQuery) -> Response {
    let back = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "post_logout_redirect_uri")
        .map(|(_, target)| target.into_owned());
    let world = tenant.lock();
    // Only to where a sign-in could have come from; anything else would be an open redirect.
    let known = |target: &String| {
        let origin = |text: &str| Url::parse(text).ok().map(|url| url.origin());
        let settings = &world.settings;
        [&settings.app, &settings.password_app]
            .into_iter()
            .flat_map(|app| &app.redirect_uris)
            .any(|uri| origin(uri).is_some() && origin(uri) == origin(target))
    };
    match back.filter(known) {
        Some(target) => Redirect::to(&target).into_response(),
        None => Redirect::to("/").into_response(),
    }
}

/// Redeems a code for an id token. The app `client` has proven itself already.
pub fn redeem(
    world: &mut World,
    client: Uuid,
    request: &TokenRequest,
) -> Result<Answer, TokenError> {
    let invalid = |code: u32, message: &str| TokenError::new(400, "invalid_grant", code, message);
    let code = request
        .field("code")
        .and_then(|secret| world.grants.codes.remove(secret))
        .ok_or_else(|| {
            invalid(
                54_005,
                "OAuth2 Authorization code was already redeemed, or was never issued.",
            )
        })?;
    if code.client != client {
        return Err(invalid(
            70_000,
            "The authorization code was issued to another client.",
        ));
    }
    if world.now() >= code.expires {
        return Err(invalid(
            70_008,
            "The provided authorization code or refresh token has expired.",
        ));
    }
    if request.field("redirect_uri") != Some(code.redirect_uri.as_str()) {
        return Err(invalid(
            500_112,
            "The reply address does not match the reply address provided when requesting the authorization code.",
        ));
    }
    let verifier = request.field("code_verifier").unwrap_or_default();
    if URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) != code.challenge {
        return Err(invalid(
            501_481,
            "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
        ));
    }
    let index = world
        .find_person(&code.person.to_string())
        .ok_or_else(|| invalid(50_034, "The user account does not exist."))?;
    let person = &world.people[index];
    let settings = &world.settings;
    let now = world.now().as_second();
    let mut claims = json!({
        "ver": "2.0",
        "iss": settings.issuer(),
        "aud": client,
        "iat": now,
        "nbf": now,
        "exp": now + ID_TOKEN_LIFETIME,
        "auth_time": code.auth_time.as_second(),
        // Pairwise: the same person has another `sub` at another app.
        "sub": URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{client} {}", person.profile.id))),
        "oid": person.profile.id,
        "tid": settings.tenant_id,
        "acct": u8::from(person.profile.user_type == "Guest"),
        "name": person.profile.display_name,
        "preferred_username": person.profile.user_principal_name,
        "sid": entropy::guid(),
        "uti": entropy::secret(),
    });
    if let Some(nonce) = &code.nonce {
        claims["nonce"] = json!(nonce);
    }
    if !person.app_roles.is_empty() {
        claims["roles"] = json!(person.app_roles);
    }
    if let Some(context) = &code.acrs {
        claims["acrs"] = json!([context]);
    }
    if let Some(claims) = claims.as_object_mut() {
        settings.id_token.apply(claims);
    }
    let id_token = match settings.id_token.signature {
        Signature::Genuine => keys::sign(&claims),
        Signature::ForeignKey => keys::sign_as_stranger(&claims, keys::KEY_ID),
        Signature::UnknownKey => keys::sign_as_stranger(&claims, "not-published"),
        Signature::None => keys::sign_not_at_all(&claims),
    };
    Ok(Answer::ok(json!({
        "token_type": "Bearer",
        "scope": "openid profile",
        "expires_in": ID_TOKEN_LIFETIME,
        "ext_expires_in": ID_TOKEN_LIFETIME,
        "access_token": entropy::secret(),
        "id_token": id_token,
    })))
}

#[derive(Clone, Copy)]
enum Refusal {
    /// Shown here: the client's address is not to be trusted.
    OnPage(&'static str),
    /// Sent back to the client as `error` and `error_description`.
    ToClient(&'static str, &'static str),
}

/// The app that people are to sign in to, if it may ask for that in this way.
fn check<'a>(settings: &'a Settings, request: &Authorize) -> Result<&'a Registration, Refusal> {
    let app = settings
        .registration(&request.client_id)
        .ok_or(Refusal::OnPage(
            "AADSTS700016: Application with this identifier was not found in the directory.",
        ))?;
    if !app.redirect_uris.contains(&request.redirect_uri) {
        return Err(Refusal::OnPage(
            "AADSTS50011: The redirect URI specified in the request does not match the redirect URIs configured for the application.",
        ));
    }
    if request.response_type != "code" {
        return Err(Refusal::ToClient(
            "unsupported_response_type",
            "AADSTS700054: response_type is not enabled for the application.",
        ));
    }
    if !request.scope.split(' ').any(|scope| scope == "openid") {
        return Err(Refusal::ToClient(
            "invalid_scope",
            "AADSTS70011: The scope must contain openid.",
        ));
    }
    if request.code_challenge.is_empty() || request.code_challenge_method != "S256" {
        return Err(Refusal::ToClient(
            "invalid_request",
            "AADSTS501491: A code_challenge with the method S256 is required.",
        ));
    }
    Ok(app)
}

fn refuse(settings: &Settings, request: &Authorize, refusal: Refusal) -> Response {
    match refusal {
        Refusal::OnPage(message) => problem(settings, message),
        Refusal::ToClient(error, description) => answer_client(
            settings,
            request,
            &[
                ("error", error.to_owned()),
                ("error_description", description.to_owned()),
            ],
        ),
    }
}

/// Sends parameters to the client's redirect URI, in the response mode that it asked for.
fn answer_client(
    settings: &Settings,
    request: &Authorize,
    parameters: &[(&'static str, String)],
) -> Response {
    let mut parameters = parameters.to_vec();
    if !request.state.is_empty() {
        parameters.push(("state", request.state.clone()));
    }
    if request.response_mode == "form_post" {
        return render(
            StatusCode::OK,
            &FormPost {
                organization: &settings.organization,
                redirect_uri: &request.redirect_uri,
                fields: &parameters,
            },
        );
    }
    match Url::parse_with_params(&request.redirect_uri, &parameters) {
        Ok(target) => Redirect::to(target.as_str()).into_response(),
        Err(_) => problem(settings, "The registered redirect URI is not a URL."),
    }
}

fn pick(world: &World, request: &Authorize) -> Response {
    let fields = vec![
        ("client_id", request.client_id.as_str()),
        ("redirect_uri", &request.redirect_uri),
        ("response_type", &request.response_type),
        ("response_mode", &request.response_mode),
        ("scope", &request.scope),
        ("state", &request.state),
        ("nonce", &request.nonce),
        ("code_challenge", &request.code_challenge),
        ("code_challenge_method", &request.code_challenge_method),
        ("claims", &request.claims),
    ];
    let mut people: Vec<PersonRow> = world
        .people
        .iter()
        .map(|person| PersonRow {
            id: person.profile.id,
            name: person.profile.display_name.clone(),
            user_name: person.profile.user_principal_name.clone(),
            title: person.profile.job_title.clone().unwrap_or_default(),
            kind: person.kind,
        })
        .collect();
    if !request.login_hint.is_empty() {
        people.sort_by_key(|row| !row.user_name.eq_ignore_ascii_case(&request.login_hint));
    }
    render(
        StatusCode::OK,
        &Picker {
            organization: &world.settings.organization,
            fields,
            people,
        },
    )
}

fn problem(settings: &Settings, message: &str) -> Response {
    render(
        StatusCode::BAD_REQUEST,
        &Problem {
            organization: &settings.organization,
            title: "Sorry, but we're having trouble signing you in",
            message,
        },
    )
}

/// The authentication context that `claims` makes essential, such as `c1`.
fn wanted_context(claims: &str) -> Option<String> {
    let claims: Value = serde_json::from_str(claims).ok()?;
    claims["id_token"]["acrs"]["value"]
        .as_str()
        .map(str::to_owned)
}
