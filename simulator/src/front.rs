//! What stands before Graph, the token endpoint and Verified ID: request ids, faults and the call log.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, Response, request::Parts},
};
use serde_json::Value;

use crate::{
    answer::Answer,
    entropy,
    faults::{Fault, FaultKind},
    graph::{self, GraphError, GraphRequest},
    oauth,
    server::reset_connection,
    verified_id,
    world::{Applied, Call, World},
};

/// Graph refuses larger bodies.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// What a hang without a length waits: longer than any patient client.
const DEFAULT_HANG: Duration = Duration::from_mins(1);

const GRAPH_CONTENT_TYPE: &str = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";
const TOKEN_CONTENT_TYPE: &str = "application/json; charset=utf-8";

/// The one tenant that this process plays, shared by all listeners.
#[derive(Clone)]
pub struct Tenant(Arc<Mutex<World>>);

impl Tenant {
    pub fn new(world: World) -> Self {
        Self(Arc::new(Mutex::new(world)))
    }

    /// The state, for as long as the guard lives. Never held across an await.
    pub fn lock(&self) -> MutexGuard<'_, World> {
        // A panic in one handler fails one test; the state is still whole enough for the next.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves every path under `/v1.0`.
pub async fn graph(State(tenant): State<Tenant>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else {
        return Answer {
            status: 413,
            headers: Vec::new(),
            body: None,
        }
        .into_response(GRAPH_CONTENT_TYPE);
    };
    let path = parts.uri.path().to_owned();
    let json = serde_json::from_slice(&body).ok();
    let is_malformed = !body.is_empty() && json.is_none();
    let graph_request = GraphRequest {
        method: parts.method.as_str().to_owned(),
        path: path.strip_prefix("/v1.0").unwrap_or(&path).to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        body: json.clone(),
        authorization: header(&parts.headers, "authorization"),
        eventual: header(&parts.headers, "consistencylevel")
            .is_some_and(|level| level.eq_ignore_ascii_case("eventual")),
        request_id: entropy::guid(),
        client_request_id: header(&parts.headers, "client-request-id"),
    };
    let graph_request = Arc::new(graph_request);
    let refused = Arc::clone(&graph_request);
    let struck = move |world: &World, fault: &Fault| {
        let error = if fault.kind == FaultKind::Premium {
            GraphError::not_premium()
        } else {
            GraphError::with_status(fault.status.unwrap_or(503), fault.retry_after.as_deref())
        };
        error
            .into_answer(&refused, world.now())
            .with_ids(refused.request_id, refused.client_request_id.as_deref())
    };
    let answer = move |world: &mut World| {
        if is_malformed {
            let error = GraphError::bad_query(
                "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.",
            );
            return error.into_answer(&graph_request, world.now()).with_ids(
                graph_request.request_id,
                graph_request.client_request_id.as_deref(),
            );
        }
        graph::answer(world, &graph_request)
    };
    run(&tenant, &parts, json, struck, answer, GRAPH_CONTENT_TYPE).await
}

/// Serves the token endpoint.
pub async fn token(State(tenant): State<Tenant>, parts: Parts, body: Bytes) -> Response<Body> {
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
    let logged = form
        .iter()
        .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
        .collect();
    let request = oauth::TokenRequest {
        tenant: parts
            .uri
            .path()
            .split('/')
            .nth(1)
            .unwrap_or_default()
            .to_owned(),
        authorization: header(&parts.headers, "authorization"),
        form,
    };
    run(
        &tenant,
        &parts,
        Some(Value::Object(logged)),
        oauth::faulty,
        move |world| oauth::answer(world, &request),
        TOKEN_CONTENT_TYPE,
    )
    .await
}

/// Serves the Request Service of Verified ID.
pub async fn verified_id(
    State(tenant): State<Tenant>,
    parts: Parts,
    body: Bytes,
) -> Response<Body> {
    let json: Option<Value> = serde_json::from_slice(&body).ok();
    let authorization = header(&parts.headers, "authorization");
    let request = json.clone();
    run(
        &tenant,
        &parts,
        json,
        verified_id::faulty,
        move |world| verified_id::create(world, authorization.as_deref(), request.as_ref()),
        TOKEN_CONTENT_TYPE,
    )
    .await
}

/// Applies the fault that strikes this call, if any, else answers; logs either.
async fn run(
    tenant: &Tenant,
    parts: &Parts,
    body: Option<Value>,
    struck: impl Fn(&World, &Fault) -> Answer,
    answer: impl FnOnce(&mut World) -> Answer + Send + 'static,
    content_type: &'static str,
) -> Response<Body> {
    let method = parts.method.as_str();
    let (fault, kind, held) = {
        let mut world = tenant.lock();
        let fault = world.faults.striking(method, parts.uri.path());
        let kind = fault.as_ref().map(|fault| fault.kind);
        // Under the same lock, so that whoever sees that the fault has struck can let the call go on.
        let held = (kind == Some(FaultKind::Hold)).then(|| world.gate.wait());
        (fault, kind, held)
    };
    let pause = fault.as_ref().and_then(|fault| fault.millis);
    let pause = pause.map(Duration::from_millis);
    if kind == Some(FaultKind::Hang) {
        tokio::time::sleep(pause.unwrap_or(DEFAULT_HANG)).await;
    }
    if let Some(held) = held {
        held.await;
    }
    let id = entropy::guid();
    let mut world = tenant.lock();
    let (answer, applied) = match (&fault, kind) {
        (_, Some(FaultKind::Drop)) => (None, None),
        (_, Some(FaultKind::DropAfterWrite)) => {
            let status = answer(&mut world).status;
            let at = world.now();
            (None, Some(Applied { at, status }))
        }
        (_, Some(FaultKind::ApplyLater)) => {
            world.late_calls.add(id, answer);
            if let Some(pause) = pause {
                let tenant = tenant.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(pause).await;
                    tenant.lock().carry_out(id);
                });
            }
            (None, None)
        }
        (Some(fault), Some(FaultKind::Status | FaultKind::Premium)) => {
            (Some(struck(&world, fault)), None)
        }
        _ => (Some(answer(&mut world)), None),
    };
    let call = Call {
        id,
        at: world.now(),
        method: method.to_owned(),
        path: parts
            .uri
            .path_and_query()
            .map_or_else(String::new, ToString::to_string),
        status: answer.as_ref().map_or(0, |answer| answer.status),
        client_request_id: header(&parts.headers, "client-request-id"),
        body,
        fault: kind.map(FaultKind::name),
        applied,
    };
    tracing::debug!(
        method,
        path = call.path,
        status = call.status,
        fault = call.fault,
        "call"
    );
    world.calls.push(call);
    drop(world);
    match answer {
        Some(answer) => answer.into_response(content_type),
        None => reset_connection(),
    }
}

pub fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned)
}
