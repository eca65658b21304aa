//! Promised work: rows of the outbox, leased by workers, carried out outside any transaction, at least
//! once.

mod clean_up;
mod mails;
mod perform;
mod troubles;
mod worker;

use domain::{Alert, CleanUp, Effect, Fence, Notice, Outcome, Person, PersonId, Terms, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{audit::InstallationEvent, mail::AbsenceNews};

pub use worker::{Pace, Worker, every};

/// A piece of work. Mails to several people are several jobs, so that one bad address stops none of the
/// others.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub enum Job {
    /// Find out who the identifier means.
    LookUpSubject,
    /// Mail the code of this sending.
    SendEmailCode {
        /// Number of the sending.
        sending: u8,
    },
    /// Ask this approver.
    AskApprover {
        /// Object id.
        approver: PersonId,
        /// When it was promised: a mail may leave much later, and nobody may wait for them any more.
        at: Timestamp,
    },
    /// Remind this approver.
    RemindApprover {
        /// Object id.
        approver: PersonId,
        /// When it was promised.
        at: Timestamp,
    },
    /// Tell the owner at this address.
    NotifyOwner {
        /// What.
        notice: Notice,
        /// When it happened: a mail may leave much later.
        at: Timestamp,
        /// Where.
        address: String,
    },
    /// Tell the security team at this address what its owner is told.
    NotifySecurity {
        /// What.
        notice: Notice,
        /// When it happened.
        at: Timestamp,
        /// Where.
        address: String,
    },
    /// Tell an administrator at this address.
    AlertAdmin {
        /// What.
        alert: Alert,
        /// Where.
        address: String,
    },
    /// Tell an administrator at this address about the installation.
    AlertInstallation {
        /// What happened to it.
        event: InstallationEvent,
        /// Where.
        address: String,
    },
    /// Tell an employee at this address that saved codes were made in their name.
    TellOfCodes {
        /// Which codes.
        set: Uuid,
        /// What to call them.
        name: String,
        /// Whether others are void because of them.
        replaced: bool,
        /// When it happened.
        at: Timestamp,
        /// Where.
        address: String,
    },
    /// Tell an employee at this address that somebody is away, and who stands in.
    TellOfAbsence {
        /// What is new.
        news: AbsenceNews,
        /// What to call them.
        name: String,
        /// Who is away.
        person: String,
        /// Who stands in, if anybody does.
        delegate: Option<String>,
        /// The first day, in words.
        first_day: String,
        /// The last day, in words.
        last_day: String,
        /// Where.
        address: String,
    },
    /// Report the request in its owner's name: a code that they have disowned has proven it.
    ReportForOwner,
    /// Undo at Microsoft what must not stay.
    CleanUp {
        /// What.
        clean_up: CleanUp,
    },
    /// Look for a live pass that nobody recorded, again and again, and delete it.
    Reap {
        /// The fence of the attempt that may have made it.
        fence: Fence,
        /// When the last look is due.
        until: Timestamp,
    },
}

/// A job that a change asks for.
#[derive(Clone, Debug)]
pub struct Promise {
    /// Its identity, which its mails carry.
    pub id: Uuid,
    /// What is to be done.
    pub job: Job,
    /// When, at the earliest.
    pub not_before: Timestamp,
}

impl Job {
    /// Its name in logs: jobs hold addresses, so they are never printed whole.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::LookUpSubject => "look_up_subject",
            Self::SendEmailCode { .. } => "send_email_code",
            Self::AskApprover { .. } => "ask_approver",
            Self::RemindApprover { .. } => "remind_approver",
            Self::NotifyOwner { .. } => "notify_owner",
            Self::NotifySecurity { .. } => "notify_security",
            Self::AlertAdmin { .. } => "alert_admin",
            Self::AlertInstallation { .. } => "alert_installation",
            Self::TellOfCodes { .. } => "tell_of_codes",
            Self::TellOfAbsence { .. } => "tell_of_absence",
            Self::ReportForOwner => "report_for_owner",
            Self::CleanUp { .. } => "clean_up",
            Self::Reap { .. } => "reap",
        }
    }
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Where the security team reads mail, and what for.
#[derive(Clone, Copy)]
pub struct SecurityTeam<'a> {
    /// Its addresses.
    pub addresses: &'a [String],
    /// Whether it is told of each submission, approval and disclosure, besides what is wrong.
    pub hears_of_recoveries: bool,
}

impl SecurityTeam<'_> {
    /// Where this notice goes besides to the owner.
    fn told(&self, notice: Notice) -> &[String] {
        match notice {
            Notice::Submitted | Notice::Approved | Notice::Disclosed
                if self.hears_of_recoveries =>
            {
                self.addresses
            }
            _ => &[],
        }
    }
}

/// The jobs that an outcome of the moment `at` asks for, each with a fresh identity.
pub fn of(
    outcome: &Outcome,
    at: Timestamp,
    security: SecurityTeam<'_>,
    fresh_id: impl Fn() -> Uuid,
) -> Vec<Promise> {
    let mut promises = Vec::new();
    for effect in &outcome.effects {
        let not_before = match effect {
            Effect::Reap { from, .. } => *from,
            _ => at,
        };
        let jobs = jobs_of(effect, outcome, at, security);
        promises.extend(jobs.into_iter().map(|job| Promise {
            id: fresh_id(),
            job,
            not_before,
        }));
    }
    promises
}

fn jobs_of(
    effect: &Effect,
    outcome: &Outcome,
    at: Timestamp,
    security: SecurityTeam<'_>,
) -> Vec<Job> {
    match effect {
        Effect::LookUpSubject => vec![Job::LookUpSubject],
        Effect::SendEmailCode { sending } => vec![Job::SendEmailCode { sending: *sending }],
        Effect::AskApprover { approver } => vec![Job::AskApprover {
            approver: approver.clone(),
            at,
        }],
        Effect::RemindApprover { approver } => vec![Job::RemindApprover {
            approver: approver.clone(),
            at,
        }],
        Effect::NotifyOwner { notice } => owner_addresses(outcome)
            .into_iter()
            .map(|address| Job::NotifyOwner {
                notice: *notice,
                at,
                address,
            })
            .chain(
                security
                    .told(*notice)
                    .iter()
                    .map(|address| Job::NotifySecurity {
                        notice: *notice,
                        at,
                        address: address.clone(),
                    }),
            )
            .collect(),
        Effect::AlertAdmins { alert } => security
            .addresses
            .iter()
            .map(|address| Job::AlertAdmin {
                alert: alert.clone(),
                address: address.clone(),
            })
            .collect(),
        // The store carries it out itself, in the same transaction.
        Effect::FreezeSubject { .. } => Vec::new(),
        Effect::CleanUp { clean_up } => vec![Job::CleanUp {
            clean_up: *clean_up,
        }],
        Effect::Reap { fence, from } => vec![Job::Reap {
            fence: *fence,
            until: *from + Terms::LATENESS,
        }],
    }
}

/// Every address on file of the account's owner: whoever else asked, one of them reaches the owner.
fn owner_addresses(outcome: &Outcome) -> Vec<String> {
    let Some(subject) = &outcome.request.facts.subject else {
        return Vec::new();
    };
    addresses_of(&subject.recovery_address, &subject.person)
}

/// Every address on file of a person: those outside the tenant's own mail, as the directory was read, and
/// the others. Each once.
pub(crate) fn addresses_of<'a>(
    recovery_addresses: impl IntoIterator<Item = &'a String>,
    person: &'a Person,
) -> Vec<String> {
    let mut addresses: Vec<String> = Vec::new();
    let all = recovery_addresses
        .into_iter()
        .chain(&person.other_mails)
        .chain(&person.mail);
    for address in all {
        if !addresses
            .iter()
            .any(|known| known.eq_ignore_ascii_case(address))
        {
            addresses.push(address.clone());
        }
    }
    addresses
}
