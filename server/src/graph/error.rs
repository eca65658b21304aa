//! What can go wrong at Graph, in the classes that callers branch on.

use std::{fmt, time::Duration};

use serde::Deserialize;
use uuid::Uuid;

/// One call, as Microsoft's support would ask for it. It holds neither a query nor an id of anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRecord {
    /// HTTP method.
    pub method: &'static str,
    /// Path with placeholders in the place of ids.
    pub path: &'static str,
    /// Whether the call changes something.
    pub writes: bool,
    /// Status of the answer, if one arrived.
    pub status: Option<u16>,
    /// The id that we sent; all attempts of one call share it.
    pub client_request_id: Uuid,
    /// The id that Microsoft gave the last attempt.
    pub request_id: Option<String>,
}

impl fmt::Display for CallRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        if let Some(status) = self.status {
            write!(f, ", status {status}")?;
        }
        write!(f, ", client-request-id {}", self.client_request_id)?;
        if let Some(request_id) = &self.request_id {
            write!(f, ", request-id {request_id}")?;
        }
        Ok(())
    }
}

/// Why a later try may succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transient {
    /// Microsoft asks for fewer calls.
    Throttled,
    /// Microsoft answered with a fault of its own.
    ServerFault,
    /// No answer in time.
    Timeout,
    /// No connection came about, so that nothing was sent.
    NotConnected,
    /// The connection broke before the answer was complete.
    ConnectionLost,
    /// The caller's time was up before the call was sent.
    OutOfTime,
}

impl fmt::Display for Transient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Throttled => "Microsoft throttles the calls",
            Self::ServerFault => "Microsoft has a fault",
            Self::Timeout => "Microsoft did not answer in time",
            Self::NotConnected => "Microsoft could not be reached",
            Self::ConnectionLost => "the connection to Microsoft broke",
            Self::OutOfTime => "the time for the call was up",
        })
    }
}

/// Why a call to Microsoft did not do what it was for. Every variant names the call by its ids, and
/// none holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// A later try may succeed.
    #[error("{fault} ({call})")]
    Retryable {
        /// What happened.
        fault: Transient,
        /// How long Microsoft asked to wait.
        after: Option<Duration>,
        /// The call changes something, and it may have done so although no answer says it.
        may_have_been_applied: bool,
        /// The call.
        call: Box<CallRecord>,
    },
    /// What the call was about does not exist.
    #[error("not found ({call})")]
    NotFound {
        /// The call.
        call: Box<CallRecord>,
    },
    /// The application lacks a permission, or the person is protected from applications.
    #[error("forbidden with code {code}: the application may lack {permission} ({call})")]
    Forbidden {
        /// The least permission that the call needs.
        permission: &'static str,
        /// Graph's error code.
        code: String,
        /// The call.
        call: Box<CallRecord>,
    },
    /// The tenant's policy does not allow a Temporary Access Pass like this one for this person.
    #[error("refused by the tenant's policy: {message} ({call})")]
    PolicyRefused {
        /// Graph's words.
        message: String,
        /// The call.
        call: Box<CallRecord>,
    },
    /// The method is the person's default one, and can only go as the last.
    #[error("the default method can only be removed last ({call})")]
    DefaultMethod {
        /// The call.
        call: Box<CallRecord>,
    },
    /// Trying again would not help.
    #[error("{problem} ({call})")]
    Permanent {
        /// What is wrong: Graph's code and message, or what about its answer cannot be.
        problem: String,
        /// The call.
        call: Box<CallRecord>,
    },
    /// The application's credential gives no usable token: an operator has to act.
    #[error("no usable token{}: {hint} ({call})", .code.map(|code| format!(", AADSTS{code}")).unwrap_or_default())]
    Credential {
        /// Microsoft's number for it.
        code: Option<u32>,
        /// What an operator can do.
        hint: &'static str,
        /// The call.
        call: Box<CallRecord>,
    },
}

impl GraphError {
    /// The call that failed.
    pub fn call(&self) -> &CallRecord {
        match self {
            Self::Retryable { call, .. }
            | Self::NotFound { call }
            | Self::Forbidden { call, .. }
            | Self::PolicyRefused { call, .. }
            | Self::DefaultMethod { call }
            | Self::Permanent { call, .. }
            | Self::Credential { call, .. } => call,
        }
    }

    /// Whether a later try may succeed.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Retryable { .. })
    }

    /// Whether the call may have changed something although it failed: no answer came, or one that
    /// says success and cannot be read.
    pub fn may_have_been_applied(&self) -> bool {
        match self {
            Self::Retryable {
                may_have_been_applied,
                ..
            } => *may_have_been_applied,
            Self::Permanent { call, .. } => {
                call.writes
                    && call
                        .status
                        .is_some_and(|status| (200..300).contains(&status))
            }
            _ => false,
        }
    }

    pub(crate) fn retryable(fault: Transient, after: Option<Duration>, call: CallRecord) -> Self {
        let may_have_been_applied = call.writes
            && matches!(
                fault,
                Transient::ServerFault | Transient::Timeout | Transient::ConnectionLost
            );
        Self::Retryable {
            fault,
            after,
            may_have_been_applied,
            call: Box::new(call),
        }
    }

    pub(crate) fn permanent(problem: impl Into<String>, call: CallRecord) -> Self {
        Self::Permanent {
            problem: problem.into(),
            call: Box::new(call),
        }
    }
}

/// Graph's error envelope, as far as it is needed. Messages change; only a few are looked into.
#[derive(Debug, Default)]
pub(super) struct Rejection {
    pub code: String,
    pub message: String,
}

impl Rejection {
    /// Reads what can be read: a body that is no envelope is a rejection without words.
    pub fn parse(body: &[u8]) -> Self {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Inner {
            code: Option<String>,
            message: Option<String>,
        }
        #[derive(Deserialize)]
        struct Envelope {
            error: Inner,
        }
        match serde_json::from_slice::<Envelope>(body) {
            Ok(Envelope { error }) => Self {
                code: printable(&error.code.unwrap_or_default()),
                message: printable(&error.message.unwrap_or_default()),
            },
            Err(_) => Self::default(),
        }
    }

    /// Whether the message speaks of `words`, which are lower case.
    pub fn mentions(&self, words: &str) -> bool {
        self.message.to_lowercase().contains(words)
    }

    /// Whether this is the refusal to remove the default method, in either known wording.
    pub fn is_about_default_method(&self) -> bool {
        self.mentions("default method") || self.mentions("default authentication method")
    }

    /// Whether the authentication method policy is the reason.
    pub fn is_about_policy(&self) -> bool {
        self.mentions("usercredentialpolicy")
    }

    /// Whether Face Check is not paid for.
    pub fn is_about_billing(&self) -> bool {
        self.mentions("billing is enabled")
    }

    /// Whether this is the gateway's answer to a path that no service has. It comes as a 404 and
    /// says nothing about the method that was meant.
    pub fn is_about_path(&self) -> bool {
        self.mentions("no http resource was found")
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.code.is_empty() && self.message.is_empty() {
            return f.write_str("refused without a reason");
        }
        write!(f, "refused with code {}: {}", self.code, self.message)
    }
}

/// A foreign text that may stand in a log: one line, of bounded length.
pub(super) fn printable(text: &str) -> String {
    const LENGTH: usize = 300;
    text.chars()
        .take(LENGTH)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejection(message: &str) -> Rejection {
        let body = serde_json::json!({ "error": { "code": "badRequest", "message": message } });
        Rejection::parse(body.to_string().as_bytes())
    }

    #[test]
    fn both_wordings_about_the_default_method_are_recognised_in_any_case() {
        for message in [
            "Cannot delete default method with other methods configured. Please change default method before deletion.",
            "The requested authentication method id of [3179e48a] matches the user's current Default Authentication Method, and cannot be deleted",
        ] {
            assert!(rejection(message).is_about_default_method(), "{message}");
        }
        assert!(!rejection("Cannot delete method").is_about_default_method());
    }

    #[test]
    fn foreign_text_is_one_bounded_line() {
        let text = rejection(&format!("first\r\nsecond{}", "x".repeat(1000)));
        assert!(text.message.starts_with("first  second"));
        assert_eq!(text.message.len(), 300);
    }

    #[test]
    fn a_body_that_is_no_envelope_is_a_rejection_without_words() {
        for body in [
            "",
            "<html>",
            r#"{"error":"text"}"#,
            r#"{"error":{"code":null}}"#,
        ] {
            assert_eq!(
                Rejection::parse(body.as_bytes()).to_string(),
                "refused without a reason"
            );
        }
    }
}
