//! Why a mail did not leave.

use std::fmt;

use lettre::transport::smtp;

/// Why a mail did not leave, by what to do about it. Neither text names an address: servers repeat
/// them in their replies, so those are not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// The server could not be reached, or asked to come back; or an operator must mend something.
    /// The same mail may leave later.
    #[error("{0}; worth another try")]
    Retryable(Cause),
    /// This mail will never be accepted.
    #[error("{0}; another try would end the same")]
    Permanent(Cause),
}

/// What stood in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The recipient's address is not a plain one.
    Address,
    /// The mail cannot be put into words or into a message.
    Message,
    /// The server answered with this SMTP code.
    Answered(u16),
    /// No connection, or it broke.
    Connection,
    /// TLS was not agreed on, or its certificate did not hold.
    Tls,
    /// The server cannot do what the configuration asks for: STARTTLS, or a way to sign in.
    Unsupported,
    /// No answer in time.
    Timeout,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address => f.write_str("the recipient is not a plain mail address"),
            Self::Message => f.write_str("the mail could not be composed"),
            Self::Answered(code) => write!(f, "the mail server answered {code}"),
            Self::Connection => f.write_str("the mail server could not be reached"),
            Self::Tls => f.write_str("no TLS connection to the mail server"),
            Self::Unsupported => f.write_str("the mail server lacks STARTTLS or a way to sign in"),
            Self::Timeout => f.write_str("the mail server did not answer in time"),
        }
    }
}

impl From<smtp::Error> for MailError {
    fn from(error: smtp::Error) -> Self {
        if let Some(code) = error.status().map(u16::from) {
            let cause = Cause::Answered(code);
            // 530, 534, 535 and 538 (RFC 4954 §6) are about our account, not about this mail.
            return if error.is_permanent() && !matches!(code, 530 | 534 | 535 | 538) {
                Self::Permanent(cause)
            } else {
                Self::Retryable(cause)
            };
        }
        Self::Retryable(if error.is_timeout() {
            Cause::Timeout
        } else if error.is_tls() {
            Cause::Tls
        } else if error.is_client() {
            Cause::Unsupported
        } else {
            Cause::Connection
        })
    }
}
