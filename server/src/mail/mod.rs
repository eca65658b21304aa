//! Mail: what is said, and sending it.
//!
//! [`Mail`] is what somebody is told; [`Mailer`] words it and hands it to the SMTP server. Sending is
//! at least once: a repeat carries the same Message-ID.

pub mod address;
mod error;
mod send;
mod words;

#[cfg(test)]
mod tests;

use std::fmt;

use app::view::Account;
use domain::{Alert, Notice, Reference};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{audit::InstallationEvent, words::WhyAsked};

pub use error::{Cause, MailError};
pub use send::Mailer;

/// What somebody is told. Names and times are for people; codes and links give rights, so `Debug`
/// shows neither.
#[derive(Clone, PartialEq, Eq)]
pub enum Mail {
    /// To an address that the directory holds for the subject: the code that proves it is theirs.
    EmailCode {
        /// Whose account.
        name: String,
        /// The code in groups, e.g. `1234 5678`.
        code: String,
        /// How long it works.
        valid_minutes: u32,
        /// Of the request.
        reference: Reference,
        /// Where the codes of other requests are, when no more mails follow; holds a secret.
        others_url: Option<Url>,
    },
    /// To an approver: somebody waits.
    AskApprover {
        /// Name of the approver.
        approver: String,
        /// Who waits.
        subject: String,
        /// Of the request.
        reference: Reference,
        /// When recovery was asked for, in words.
        asked_at: String,
        /// Until when an answer counts, in words.
        deadline: String,
        /// Why they are asked.
        why: WhyAsked,
        /// What has been done to the account.
        account: Account,
        /// How many digits the contact code has.
        digits: u8,
        /// Whether they were asked before.
        is_reminder: bool,
        /// Where the request is reviewed; holds a secret.
        review_url: Url,
    },
    /// To every address of the owner: something happened to the account.
    OwnerNotice {
        /// What.
        notice: Notice,
        /// What has been done to the account.
        account: Account,
        /// The owner.
        name: String,
        /// Of the request.
        reference: Reference,
        /// When, in words.
        at: String,
        /// Where the owner says "this wasn't me", while that can be said; holds a secret.
        not_me_url: Option<Url>,
        /// Whether no other about a proof may follow it for a while.
        is_last: bool,
    },
    /// To the security team: what the owner is told.
    SecurityNotice {
        /// What.
        notice: Notice,
        /// What has been done to the account.
        account: Account,
        /// The owner.
        name: String,
        /// The owner's sign-in name.
        user_principal_name: String,
        /// Of the request.
        reference: Reference,
        /// When, in words.
        at: String,
        /// Where to look.
        console_url: Url,
        /// Where it is stopped; holds a secret.
        stop_url: Url,
    },
    /// To every address of an employee: saved codes were made in their name.
    CodesMade {
        /// The employee.
        name: String,
        /// Whether others are void because of them.
        replaced: bool,
        /// When, in words.
        at: String,
        /// Where the owner says "this wasn't me" and voids them; none when others have taken their place since. Holds a
        /// secret.
        not_me_url: Option<Url>,
    },
    /// To an employee: somebody is away, and somebody stands in.
    Absence {
        /// What is new.
        news: AbsenceNews,
        /// Who is told.
        name: String,
        /// Who is away.
        person: String,
        /// Who stands in, if anybody does.
        delegate: Option<String>,
        /// The first and the last day, in words.
        days: (String, String),
        /// Where they see it and take it back, once they are signed in.
        absence_url: Url,
    },
    /// One of the others, about a trial run.
    Trial(Box<Mail>),
    /// To administrators: something happened to the installation.
    InstallationAlert {
        /// What.
        event: InstallationEvent,
    },
    /// To administrators: something is wrong.
    AdminAlert {
        /// What.
        alert: Alert,
        /// Of the request.
        reference: Reference,
        /// Whose account.
        subject: String,
        /// Where to look.
        console_url: Url,
    },
}

/// What is new about an absence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AbsenceNews {
    /// To the one who is away: they said so.
    Planned,
    /// To a colleague: they stand in.
    StandsIn,
    /// To that colleague: they do not any more.
    Removed,
    /// To the one who is away: the colleague cannot.
    NobodyStandsIn,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, reference) = match self {
            Self::Absence { .. } => return f.write_str("Absence"),
            Self::CodesMade { .. } => return f.write_str("CodesMade"),
            Self::InstallationAlert { .. } => return f.write_str("InstallationAlert"),
            Self::Trial(mail) => return write!(f, "Trial({mail:?})"),
            Self::EmailCode { reference, .. } => ("EmailCode", reference),
            Self::AskApprover { reference, .. } => ("AskApprover", reference),
            Self::OwnerNotice { reference, .. } => ("OwnerNotice", reference),
            Self::SecurityNotice { reference, .. } => ("SecurityNotice", reference),
            Self::AdminAlert { reference, .. } => ("AdminAlert", reference),
        };
        write!(f, "{kind}({reference})")
    }
}
