//! Microsoft Graph v1.0, as far as account recovery reaches into it.
//!
//! [`answer`] is a plain function from a request and the state to an answer; HTTP, faults and the call log are around
//! it in `front`. A `$batch` calls it once per item.

mod batch;
mod error;
mod filter;
mod groups;
mod logs;
mod methods;
mod passes;
mod phones;
mod policies;
mod query;
mod report;
mod roles;
mod tenant;
mod users;

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use uuid::Uuid;

pub use self::error::{Backend, GraphError};
use self::query::Query;
use crate::{answer::Answer, oauth::Resource, world::World};

/// What a handler gives back.
type Outcome = Result<Answer, GraphError>;

/// One request to Graph, decoded.
pub struct GraphRequest {
    pub method: String,
    /// The path below `/v1.0`, percent-encoded.
    pub path: String,
    pub query: String,
    pub body: Option<Value>,
    pub authorization: Option<String>,
    /// Whether `ConsistencyLevel: eventual` was sent.
    pub eventual: bool,
    pub request_id: Uuid,
    pub client_request_id: Option<String>,
}

/// A request as handlers see it: authenticated, split up.
struct Context<'a> {
    world: &'a mut World,
    request: &'a GraphRequest,
    query: Query,
    /// The app roles in the access token.
    roles: BTreeSet<String>,
}

impl Context<'_> {
    /// Refuses unless the token carries one of `permissions`.
    fn require(&self, backend: Backend, permissions: &[&str]) -> Result<(), GraphError> {
        if permissions.iter().any(|name| self.has(name)) {
            return Ok(());
        }
        Err(GraphError::forbidden(backend))
    }

    fn has(&self, permission: &str) -> bool {
        self.roles.contains(permission)
    }

    /// The request's body, an empty object when there is none.
    fn body(&self) -> Value {
        self.request.body.clone().unwrap_or_else(|| json!({}))
    }

    /// `{graph}/$metadata#{what}`, the value of `@odata.context`.
    fn metadata(&self, what: &str) -> String {
        format!("{}/$metadata#{what}", self.world.settings.graph_url())
    }
}

/// Answers one request. Never panics on what a caller sends.
pub fn answer(world: &mut World, request: &GraphRequest) -> Answer {
    let outcome = authenticate(world, request).and_then(|roles| {
        let query = Query::parse(&request.query)?;
        route(&mut Context {
            world,
            request,
            query,
            roles,
        })
    });
    let answer = outcome.unwrap_or_else(|error| error.into_answer(request, world.now()));
    answer.with_ids(request.request_id, request.client_request_id.as_deref())
}

/// The app roles behind the bearer token.
fn authenticate(world: &World, request: &GraphRequest) -> Result<BTreeSet<String>, GraphError> {
    let token = request
        .authorization
        .as_deref()
        .and_then(|header| header.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| GraphError::unauthenticated("Access token is empty."))?;
    let grant = world.grants.access_token(token).ok_or_else(|| {
        GraphError::unauthenticated(
            "IDX14100: JWT is not well formed, or it was not issued by this tenant.",
        )
    })?;
    if grant.resource != Resource::Graph {
        return Err(GraphError::unauthenticated(
            "Access token validation failure. Invalid audience.",
        ));
    }
    if world.now() >= grant.expires {
        return Err(GraphError::unauthenticated(
            "Lifetime validation failed, the token is expired.",
        ));
    }
    Ok(grant.roles.clone())
}

fn route(context: &mut Context<'_>) -> Outcome {
    let path = segments(&context.request.path);
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let method = context.request.method.clone();
    match (method.as_str(), path.as_slice()) {
        ("POST", ["$batch"]) => batch::run(context),
        (_, ["users", rest @ ..]) => users::route(context, &method, rest),
        (_, ["policies", "authenticationMethodsPolicy", rest @ ..]) => {
            policies::route(context, &method, rest)
        }
        (_, ["groups", rest @ ..]) => groups::route(context, &method, rest),
        (_, ["directoryRoles", ..] | ["roleManagement", "directory", ..]) => {
            roles::route(context, &method, &path)
        }
        ("GET", ["auditLogs", rest @ ..]) => logs::route(context, rest),
        (
            "GET",
            [
                "reports",
                "authenticationMethods",
                "userRegistrationDetails",
                rest @ ..,
            ],
        ) => report::route(context, rest),
        ("GET", ["organization" | "subscribedSkus"] | ["identity", "conditionalAccess", _]) => {
            tenant::route(context, &path)
        }
        _ => Err(GraphError::no_such_segment(
            path.last().copied().unwrap_or_default(),
        )),
    }
}

/// Splits a path into decoded segments; `users('x')` counts as `users/x`.
fn segments(path: &str) -> Vec<String> {
    let mut segments = Vec::new();
    for raw in path.split('/').filter(|raw| !raw.is_empty()) {
        let text = percent_decode_str(raw).decode_utf8_lossy().into_owned();
        match text
            .strip_suffix("')")
            .and_then(|head| head.split_once("('"))
        {
            Some((collection, key)) => {
                segments.push(collection.to_owned());
                segments.push(key.replace("''", "'"));
            }
            None => segments.push(text),
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_decoded_and_key_syntax_is_understood() {
        assert_eq!(
            segments("/users/a%23EXT%23%40b.c/manager"),
            ["users", "a#EXT#@b.c", "manager"]
        );
        assert_eq!(segments("/users('o''neil@x.y')"), ["users", "o'neil@x.y"]);
    }
}
