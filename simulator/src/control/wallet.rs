//! Presentations of Verified IDs, without the wallet's page.

use axum::{
    Json,
    extract::{Path, State},
};
use serde_json::json;
use uuid::Uuid;

use super::{Refused, Reply};
use crate::{front::Tenant, world::Shown};

/// Everything that was asked for, oldest first, secrets included: testers forge with them.
pub async fn list(State(tenant): State<Tenant>) -> Reply {
    Ok(Json(json!(tenant.lock().presentations)))
}

/// A wallet opens the request.
pub async fn open(State(tenant): State<Tenant>, Path(id): Path<Uuid>) -> Reply {
    tenant.open_presentation(id).await.map_err(refused)?;
    Ok(Json(json!({})))
}

/// A person presents.
pub async fn present(
    State(tenant): State<Tenant>,
    Path(id): Path<Uuid>,
    Json(shown): Json<Shown>,
) -> Reply {
    let (event, answered) = tenant.present(id, &shown).await.map_err(refused)?;
    Ok(Json(json!({"event": event, "answered": answered})))
}

/// The wallet breaks off.
pub async fn break_off(State(tenant): State<Tenant>, Path(id): Path<Uuid>) -> Reply {
    let (event, answered) = tenant.break_off_presentation(id).await.map_err(refused)?;
    Ok(Json(json!({"event": event, "answered": answered})))
}

#[expect(clippy::needless_pass_by_value, reason = "the shape of map_err")]
fn refused(error: anyhow::Error) -> Refused {
    Refused::invalid(format!("{error:#}"))
}
