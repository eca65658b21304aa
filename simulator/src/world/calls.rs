//! The log of Graph and token calls, for testers.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// The newest calls kept.
const CAPACITY: usize = 10_000;

/// Request fields whose value is never logged.
const SECRET_FIELDS: &[&str] = &[
    "api-key",
    "client_secret",
    "client_assertion",
    "code",
    "code_verifier",
    "password",
    "newPassword",
    "currentPassword",
    "passwordProfile",
];

/// One call, as it was answered.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    #[serde(skip)]
    pub id: Uuid,
    pub at: Timestamp,
    pub method: String,
    /// Path and query.
    pub path: String,
    /// `0` when the connection was reset.
    pub status: u16,
    pub client_request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<&'static str>,
    /// What was done for a caller who saw the connection reset, once it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied: Option<Applied>,
}

/// When a call was carried out, and how it would have been answered.
#[derive(Clone, Serialize)]
pub struct Applied {
    pub at: Timestamp,
    pub status: u16,
}

/// A bounded log, oldest first.
#[derive(Default)]
pub struct CallLog(VecDeque<Call>);

impl CallLog {
    pub fn push(&mut self, mut call: Call) {
        if let Some(body) = &mut call.body {
            strike_secrets(body);
        }
        if self.0.len() == CAPACITY {
            self.0.pop_front();
        }
        self.0.push_back(call);
    }

    /// Notes that a call was carried out after its connection had been reset.
    pub fn mark_applied(&mut self, id: Uuid, applied: Applied) {
        if let Some(call) = self.0.iter_mut().rfind(|call| call.id == id) {
            call.applied = Some(applied);
        }
    }

    pub fn all(&self) -> &VecDeque<Call> {
        &self.0
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }
}

fn strike_secrets(body: &mut Value) {
    match body {
        Value::Object(fields) => {
            for (name, value) in fields {
                if SECRET_FIELDS.contains(&name.as_str()) {
                    *value = Value::from("(not logged)");
                } else {
                    strike_secrets(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(strike_secrets),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_struck_at_any_depth() {
        let mut body = json!({"requests": [{"body": {"client_secret": "s3cret", "kept": 1}}]});
        strike_secrets(&mut body);
        assert_eq!(body["requests"][0]["body"]["kept"], 1);
        assert!(!body.to_string().contains("s3cret"));
    }
}
