//! Error bodies, in the casing of the service that stands behind the path (FACTS §1).

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use super::GraphRequest;
use crate::answer::Answer;

/// Which service answers. They disagree on the spelling of their codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// Users, groups, roles.
    Directory,
    /// Authentication methods.
    Methods,
    /// Logs, reports and policies.
    Reports,
    /// Mailboxes.
    Exchange,
}

/// A refusal of Graph.
#[derive(Debug)]
pub struct GraphError {
    pub status: u16,
    pub code: String,
    pub message: String,
    backend: Backend,
    retry_after: Option<String>,
}

impl GraphError {
    fn new(backend: Backend, status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
            backend,
            retry_after: None,
        }
    }

    pub fn unauthenticated(message: &str) -> Self {
        Self::new(
            Backend::Directory,
            401,
            "InvalidAuthenticationToken",
            message,
        )
    }

    /// The token lacks every app role that would allow this.
    pub fn forbidden(backend: Backend) -> Self {
        match backend {
            Backend::Methods => {
                Self::new(backend, 403, "accessDenied", "Request Authorization failed")
            }
            Backend::Exchange => Self::new(
                backend,
                403,
                "ErrorAccessDenied",
                "Access is denied. Check credentials and try again.",
            ),
            Backend::Directory | Backend::Reports => Self::new(
                backend,
                403,
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.",
            ),
        }
    }

    /// Member of a restricted management administrative unit (FACTS §4).
    pub fn restricted(backend: Backend) -> Self {
        let mut error = Self::forbidden(backend);
        "Insufficient privileges to complete the operation. The target object is a member of a restricted \
             management administrative unit. Management rights are limited to administrators scoped on that \
             administrative unit.".clone_into(&mut error.message);
        error
    }

    pub fn not_premium() -> Self {
        Self::new(
            Backend::Reports,
            403,
            "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
            "Neither tenant is B2C or tenant doesn't have premium license",
        )
    }

    /// A directory object that is not there, or a reference such as `manager` that is not set.
    pub fn not_found(id: &str) -> Self {
        Self::new(
            Backend::Directory,
            404,
            "Request_ResourceNotFound",
            format!(
                "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
            ),
        )
    }

    /// A method that is not there. The spelling of the code is not confirmed for the real service.
    pub fn method_not_found(id: &str) -> Self {
        Self::new(
            Backend::Methods,
            404,
            "resourceNotFound",
            format!(
                "The requested authentication method id of [{id}] does not exist for the user."
            ),
        )
    }

    /// A person who has no mailbox in Exchange Online.
    pub fn no_mailbox() -> Self {
        Self::new(
            Backend::Exchange,
            404,
            "MailboxNotEnabledForRESTAPI",
            "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
        )
    }

    pub fn bad_method_request(message: impl Into<String>) -> Self {
        Self::new(Backend::Methods, 400, "badRequest", message)
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(Backend::Directory, 400, "Request_BadRequest", message)
    }

    /// An `OData` option that is not understood.
    pub fn bad_query(message: impl Into<String>) -> Self {
        Self::new(Backend::Directory, 400, "BadRequest", message)
    }

    pub fn needs_eventual_consistency(what: &str) -> Self {
        Self::new(
            Backend::Directory,
            400,
            "Request_UnsupportedQuery",
            format!(
                "{what} only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'"
            ),
        )
    }

    /// The raw complaint of the service behind the method API about a path it does not serve (FACTS §6).
    pub fn no_such_method_path(path: &str) -> Self {
        Self::new(
            Backend::Methods,
            404,
            "badRequest",
            format!(
                "No HTTP resource was found that matches the request URI 'https://mface.windowsazure.com/odata{path}'."
            ),
        )
    }

    pub fn no_such_segment(segment: &str) -> Self {
        Self::new(
            Backend::Directory,
            400,
            "BadRequest",
            format!("Resource not found for the segment '{segment}'."),
        )
    }

    pub fn method_not_allowed() -> Self {
        Self::new(
            Backend::Directory,
            405,
            "Request_BadRequest",
            "Specified HTTP method is not allowed for the request target.",
        )
    }

    pub fn throttled(retry_after: Option<&str>) -> Self {
        Self {
            retry_after: retry_after.map(str::to_owned),
            ..Self::new(
                Backend::Directory,
                429,
                "TooManyRequests",
                "Please retry again later.",
            )
        }
    }

    /// What a front end answers when something behind it fails.
    pub fn with_status(status: u16, retry_after: Option<&str>) -> Self {
        let (code, message) = match status {
            429 => return Self::throttled(retry_after),
            401 => {
                return Self::unauthenticated("Lifetime validation failed, the token is expired.");
            }
            403 => return Self::forbidden(Backend::Methods),
            404 => return Self::not_found("unknown"),
            500 => ("generalException", "An internal server error occurred."),
            502 => ("UnknownError", ""),
            503 => (
                "serviceNotAvailable",
                "The service is temporarily unavailable.",
            ),
            504 => ("UnknownError", "The operation timed out."),
            _ => ("badRequest", "The request was refused."),
        };
        Self {
            retry_after: retry_after.map(str::to_owned),
            ..Self::new(Backend::Directory, status, code, message)
        }
    }

    pub fn into_answer(self, request: &GraphRequest, now: Timestamp) -> Answer {
        let request_id = request.request_id.to_string();
        let client_request_id = request
            .client_request_id
            .clone()
            .unwrap_or_else(|| request_id.clone());
        // No zone, as the real ones write it.
        let date = now
            .to_zoned(TimeZone::UTC)
            .strftime("%Y-%m-%dT%H:%M:%S")
            .to_string();
        let mut inner =
            json!({"date": date, "request-id": request_id, "client-request-id": client_request_id});
        match self.status {
            429 => {
                inner["code"] = json!("429");
                inner["message"] = json!("Please retry after");
                inner["status"] = json!("429");
            }
            _ if self.backend == Backend::Methods => inner["message"] = json!(self.message),
            _ => {}
        }
        let mut error = json!({"code": self.code, "message": self.message});
        error[inner_spelling(self.backend)] = inner;
        let answer = Answer::json(self.status, json!({"error": error}));
        match self.retry_after {
            Some(seconds) => answer.with_header("retry-after", seconds),
            None => answer,
        }
    }
}

/// Both spellings are seen in the wild.
fn inner_spelling(backend: Backend) -> &'static str {
    match backend {
        Backend::Reports => "innererror",
        Backend::Directory | Backend::Methods | Backend::Exchange => "innerError",
    }
}

/// An `OData` collection.
pub fn collection(context: &str, value: &[Value]) -> Answer {
    Answer::ok(json!({"@odata.context": context, "value": value}))
}
