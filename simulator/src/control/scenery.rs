//! The tenant's settings, its clock, faults, the call log and the mailbox.

use std::collections::BTreeSet;

use axum::{
    Json,
    extract::{Query, State},
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Refused, Reply};
use crate::{
    faults::Fault,
    front::Tenant,
    mail::Treatment,
    world::{Certificate, DefaultMethodWording, Forgery, PassPolicy, Settings},
};

pub async fn tenant(State(tenant): State<Tenant>) -> Reply {
    Ok(Json(describe(&tenant.lock().settings)))
}

fn describe(settings: &Settings) -> Value {
    json!({
        "tenantId": settings.tenant_id,
        "clientId": settings.app.client_id,
        "clientSecret": settings.app.client_secret,
        "passwordClientId": settings.password_app.client_id,
        "passwordClientSecret": settings.password_app.client_secret,
        "domain": settings.domain,
        "tokenUrl": settings.token_url(),
        "graphUrl": settings.graph_url(),
        "issuer": settings.issuer(),
        "redirectUris": settings.app.redirect_uris,
        "passwordRedirectUris": settings.password_app.redirect_uris,
        "appRoles": settings.app_roles,
        "defaultMethodWording": settings.default_method_wording,
        "revokeAnswers": settings.revoke_answers,
        "premium": settings.premium,
        "reportThrottle": settings.report_throttle,
        "did": settings.did,
        "faceCheckBilling": settings.face_check_billing,
        "callbackOrigin": settings.callback_origin,
        "tokenLifetimeSeconds": settings.token_lifetime_seconds,
        "idToken": settings.id_token,
    })
}

/// Absent leaves a setting as it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TenantChange {
    redirect_uris: Option<Vec<String>>,
    password_redirect_uris: Option<Vec<String>>,
    app_roles: Option<BTreeSet<String>>,
    certificate_pem: Option<String>,
    default_method_wording: Option<DefaultMethodWording>,
    revoke_answers: Option<u16>,
    premium: Option<bool>,
    report_throttle: Option<bool>,
    longest_page: Option<usize>,
    face_check_billing: Option<bool>,
    callback_origin: Option<String>,
    token_lifetime_seconds: Option<i64>,
    id_token: Option<Forgery>,
    /// Makes every access token issued so far unknown.
    #[serde(default)]
    revoke_tokens: bool,
}

pub async fn change_tenant(
    State(tenant): State<Tenant>,
    Json(change): Json<TenantChange>,
) -> Reply {
    let certificate = change
        .certificate_pem
        .map(|pem| Certificate::from_pem(&pem))
        .transpose()
        .map_err(|error| Refused::invalid(format!("certificatePem: {error:#}")))?;
    if change
        .revoke_answers
        .is_some_and(|status| status != 200 && status != 204)
    {
        return Err(Refused::invalid("revokeAnswers: 200 or 204"));
    }
    let mut world = tenant.lock();
    if change.revoke_tokens {
        world.grants.revoke_access_tokens();
    }
    let settings = &mut world.settings;
    if certificate.is_some() {
        settings.app.certificate = certificate;
    }
    if let Some(redirect_uris) = change.redirect_uris {
        settings.app.redirect_uris = redirect_uris;
    }
    if let Some(redirect_uris) = change.password_redirect_uris {
        settings.password_app.redirect_uris = redirect_uris;
    }
    if let Some(app_roles) = change.app_roles {
        settings.app_roles = app_roles;
    }
    if let Some(wording) = change.default_method_wording {
        settings.default_method_wording = wording;
    }
    if let Some(status) = change.revoke_answers {
        settings.revoke_answers = status;
    }
    if let Some(premium) = change.premium {
        settings.premium = premium;
    }
    if let Some(throttle) = change.report_throttle {
        settings.report_throttle = throttle;
    }
    if let Some(longest) = change.longest_page {
        settings.longest_page = longest.max(1);
    }
    if let Some(billing) = change.face_check_billing {
        settings.face_check_billing = billing;
    }
    if let Some(origin) = change.callback_origin {
        settings.callback_origin = Some(origin);
    }
    if let Some(forgery) = change.id_token {
        settings.id_token = forgery;
    }
    if let Some(seconds) = change.token_lifetime_seconds {
        settings.token_lifetime_seconds = Some(seconds);
    }
    Ok(Json(describe(settings)))
}

pub async fn pass_policy(State(tenant): State<Tenant>) -> Reply {
    Ok(Json(json!(tenant.lock().pass_policy)))
}

/// Properties that are absent keep their value.
pub async fn set_pass_policy(State(tenant): State<Tenant>, Json(wanted): Json<Value>) -> Reply {
    let mut world = tenant.lock();
    let mut policy = json!(world.pass_policy);
    match (&mut policy, wanted) {
        (Value::Object(policy), Value::Object(wanted)) => policy.extend(wanted),
        _ => return Err(Refused::invalid("a JSON object is expected")),
    }
    let policy: PassPolicy =
        serde_json::from_value(policy).map_err(|error| Refused::invalid(error.to_string()))?;
    if !policy.is_consistent() {
        return Err(Refused::invalid(
            "needs 10 <= minimum <= default <= maximum <= 43200 and a state",
        ));
    }
    world.pass_policy = policy;
    Ok(Json(json!(world.pass_policy)))
}

pub async fn clock(State(tenant): State<Tenant>) -> Reply {
    Ok(Json(json!({"now": tenant.lock().now()})))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClockMove {
    advance_seconds: Option<i64>,
    now: Option<Timestamp>,
}

pub async fn move_clock(State(tenant): State<Tenant>, Json(wanted): Json<ClockMove>) -> Reply {
    let mut world = tenant.lock();
    if let Some(now) = wanted.now {
        world.clock.set(now);
    }
    if let Some(seconds) = wanted.advance_seconds {
        world.clock.advance(seconds);
    }
    Ok(Json(json!({"now": world.now()})))
}

pub async fn faults(State(tenant): State<Tenant>) -> Reply {
    Ok(Json(json!(tenant.lock().faults.all())))
}

pub async fn add_fault(State(tenant): State<Tenant>, Json(fault): Json<Fault>) -> Reply {
    let mut world = tenant.lock();
    world.faults.add(fault);
    Ok(Json(json!(world.faults.all())))
}

pub async fn clear_faults(State(tenant): State<Tenant>) -> Reply {
    let mut world = tenant.lock();
    world.faults.clear();
    Ok(Json(json!([])))
}

/// Lets the calls go on that the fault `hold` holds up.
pub async fn let_calls_go_on(State(tenant): State<Tenant>) -> Reply {
    let gone_on = tenant.lock().gate.open();
    Ok(Json(json!({"goneOn": gone_on})))
}

/// Carries out what the fault `apply-later` holds back.
pub async fn carry_out_late_calls(State(tenant): State<Tenant>) -> Reply {
    let carried_out = tenant.lock().carry_out_all();
    Ok(Json(json!({"carriedOut": carried_out})))
}

pub async fn calls(State(tenant): State<Tenant>) -> Reply {
    Ok(Json(json!(tenant.lock().calls.all())))
}

pub async fn clear_calls(State(tenant): State<Tenant>) -> Reply {
    tenant.lock().calls.clear();
    Ok(Json(json!([])))
}

#[derive(Deserialize)]
pub struct Recipient {
    to: Option<String>,
}

pub async fn mailbox(State(tenant): State<Tenant>, Query(filter): Query<Recipient>) -> Reply {
    Ok(Json(json!(
        tenant.lock().mailbox.mails(filter.to.as_deref())
    )))
}

pub async fn clear_mailbox(State(tenant): State<Tenant>, Query(filter): Query<Recipient>) -> Reply {
    tenant.lock().mailbox.clear(filter.to.as_deref());
    Ok(Json(json!([])))
}

pub async fn treat_mail(State(tenant): State<Tenant>, Json(treatment): Json<Treatment>) -> Reply {
    let mut world = tenant.lock();
    world.mailbox.treatment = treatment;
    Ok(Json(json!(world.mailbox.treatment)))
}

/// Back to the example company.
pub async fn reset(State(tenant): State<Tenant>) -> Reply {
    let mut world = tenant.lock();
    world.reset();
    Ok(Json(describe(&world.settings)))
}
