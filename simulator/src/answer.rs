//! An answer before it becomes an HTTP response.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Response, header::CONTENT_TYPE},
};
use serde_json::Value;
use uuid::Uuid;

/// Status, headers and a JSON body.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<Value>,
}

impl Answer {
    pub fn json(status: u16, body: Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Some(body),
        }
    }

    pub fn ok(body: Value) -> Self {
        Self::json(200, body)
    }

    pub fn no_content() -> Self {
        Self {
            status: 204,
            headers: Vec::new(),
            body: None,
        }
    }

    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The two ids that every answer of Graph carries (FACTS §1).
    pub fn with_ids(self, request_id: Uuid, client_request_id: Option<&str>) -> Self {
        let answer = self.with_header("request-id", request_id.to_string());
        match client_request_id {
            Some(id) => answer.with_header("client-request-id", id),
            None => answer.with_header("client-request-id", request_id.to_string()),
        }
    }

    /// The HTTP response; a header that HTTP cannot carry is left out.
    pub fn into_response(self, content_type: &'static str) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status.try_into().unwrap_or_default();
        let headers = response.headers_mut();
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        if let Some(body) = self.body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            *response.body_mut() = Body::from(body.to_string());
        }
        response
    }
}
