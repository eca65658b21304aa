//! `POST /$batch`: up to twenty requests in one (FACTS §18).

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{Context, GraphError, GraphRequest, Outcome};
use crate::{answer::Answer, entropy};

const LIMIT: usize = 20;

pub fn run(context: &mut Context<'_>) -> Outcome {
    let body = context.body();
    let Some(items) = body["requests"].as_array() else {
        return Err(GraphError::bad_query("Invalid batch payload format."));
    };
    if items.len() > LIMIT {
        return Err(GraphError::bad_query(format!(
            "The number of requests exceeds the limit of {LIMIT} in a batch."
        )));
    }
    let mut statuses: HashMap<&str, u16> = HashMap::new();
    let mut responses = Vec::new();
    for item in items {
        let id = item["id"].as_str().unwrap_or_default();
        if id.is_empty() || statuses.contains_key(id) {
            return Err(GraphError::bad_query(
                "Every request of a batch needs an id of its own.",
            ));
        }
        let waits_for_failure = item["dependsOn"].as_array().is_some_and(|names| {
            names
                .iter()
                .filter_map(Value::as_str)
                .any(|name| statuses.get(name).is_none_or(|status| *status >= 400))
        });
        let answer = if waits_for_failure {
            Answer::json(
                424,
                json!({"error": {"code": "FailedDependency", "message": "A request this one depends on failed."}}),
            )
        } else {
            run_one(context, item)?
        };
        statuses.insert(id, answer.status);
        responses.push(as_response(id, answer));
    }
    // The real service keeps no order; callers who rely on it are found out here.
    responses.reverse();
    Ok(Answer::ok(json!({"responses": responses})))
}

fn run_one(context: &mut Context<'_>, item: &Value) -> Outcome {
    let url = item["url"].as_str().unwrap_or_default();
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    if path.contains("$batch") {
        return Err(GraphError::bad_query("A batch cannot hold another batch."));
    }
    let header = |name: &str| {
        item["headers"].as_object().and_then(|headers| {
            headers
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(name))
                .and_then(|(_, value)| value.as_str())
        })
    };
    let payload = item.get("body").cloned();
    if payload.is_some() && header("content-type").is_none() {
        return Err(GraphError::bad_query(
            "A request with a body needs a Content-Type header.",
        ));
    }
    let request = GraphRequest {
        method: item["method"].as_str().unwrap_or_default().to_uppercase(),
        path: if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/{path}")
        },
        query: query.to_owned(),
        body: payload,
        authorization: context.request.authorization.clone(),
        eventual: header("consistencylevel")
            .is_some_and(|level| level.eq_ignore_ascii_case("eventual")),
        request_id: entropy::guid(),
        client_request_id: header("client-request-id").map(str::to_owned),
    };
    Ok(super::answer(context.world, &request))
}

fn as_response(id: &str, answer: Answer) -> Value {
    let mut headers: Map<String, Value> = answer
        .headers
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .collect();
    headers.insert("Content-Type".to_owned(), Value::from("application/json"));
    json!({"id": id, "status": answer.status, "headers": headers, "body": answer.body})
}
