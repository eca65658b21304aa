//! How each job is carried out.

use std::{sync::Arc, time::Duration};

use domain::{
    Actor, Alert, Command, Person, PersonId, Refusal, Request, RequestId, State, StateName,
    Subject, Timestamp, UserKind,
};
use uuid::Uuid;

use super::{
    Job,
    clean_up::clean_up,
    mails::{
        Asking, NewsOfAbsence, NewsOfCodes, alert_admin, alert_installation, ask_approver,
        notify_owner, notify_security, send_email_code, tell_of_absence, tell_of_codes,
    },
};
use crate::{
    graph::{GraphError, absent_as_none},
    mail::MailError,
    recovery::{Found, Recovery, ServiceError},
    store::{LeasedJob, StoreError},
};

/// What came of a job that met no fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// It is done.
    Done,
    /// It is to be carried out again then.
    Again(Timestamp),
}

/// Why a job is not done.
#[derive(Debug)]
pub(super) enum Fault {
    /// Another try may do it.
    Transient {
        /// What happened, without addresses or secrets.
        problem: String,
        /// When it makes sense, if somebody said so.
        after: Option<Duration>,
    },
    /// No try will.
    Permanent {
        /// What happened, without addresses or secrets.
        problem: String,
    },
}

impl From<ServiceError> for Fault {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Graph(error) => error.into(),
            ServiceError::Gone | ServiceError::Refused(_) => Self::Permanent {
                problem: error.to_string(),
            },
            ServiceError::Limited { wait } | ServiceError::Flooded { wait } => Self::Transient {
                problem: error.to_string(),
                after: Some(wait),
            },
            ServiceError::Contended
            | ServiceError::Paused
            | ServiceError::Busy(_)
            | ServiceError::Store(_)
            | ServiceError::Checkpoint(_) => Self::Transient {
                problem: error.to_string(),
                after: None,
            },
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        ServiceError::from(error).into()
    }
}

impl From<GraphError> for Fault {
    fn from(error: GraphError) -> Self {
        let problem = error.to_string();
        match error {
            GraphError::Retryable { after, .. } => Self::Transient { problem, after },
            // An operator can mend these while the job waits.
            GraphError::Credential { .. } | GraphError::Forbidden { .. } => Self::Transient {
                problem,
                after: None,
            },
            _ => Self::Permanent { problem },
        }
    }
}

impl From<MailError> for Fault {
    fn from(error: MailError) -> Self {
        let problem = error.to_string();
        match error {
            MailError::Retryable(_) => Self::Transient {
                problem,
                after: None,
            },
            MailError::Permanent(_) => Self::Permanent { problem },
        }
    }
}

pub(super) async fn perform(
    recovery: &Arc<Recovery>,
    leased: &LeasedJob,
) -> Result<Progress, Fault> {
    let Some(request) = leased.request else {
        return about_installation(recovery, leased).await;
    };
    let request = recovery.request(request).await?;
    let done = match &leased.job {
        Job::LookUpSubject => look_up_subject(recovery, &request).await,
        Job::SendEmailCode { sending } => {
            return Box::pin(send_email_code(recovery, &request, *sending, leased.id)).await;
        }
        Job::AskApprover { approver, at } => {
            let asked = (approver, *at);
            ask_approver(recovery, &request, asked, Asking::First, leased.id).await
        }
        Job::RemindApprover { approver, at } => {
            let asked = (approver, *at);
            ask_approver(recovery, &request, asked, Asking::Again, leased.id).await
        }
        Job::NotifyOwner {
            notice,
            at,
            address,
        } => notify_owner(recovery, &request, (*notice, *at), address, leased.id).await,
        Job::NotifySecurity {
            notice,
            at,
            address,
        } => notify_security(recovery, &request, (*notice, *at), address, leased.id).await,
        Job::AlertAdmin { alert, address } => {
            alert_admin(recovery, &request, alert, address, leased.id).await
        }
        Job::ReportForOwner => report_for_owner(recovery, &request).await,
        Job::CleanUp { clean_up: what } => clean_up(recovery, &request, *what).await,
        Job::Reap { fence, until } => {
            let looking = recovery.look_behind(request.facts.id, *fence, *until);
            let again = Box::pin(looking).await?;
            return Ok(again.map_or(Progress::Done, Progress::Again));
        }
        Job::AlertInstallation { .. } | Job::TellOfCodes { .. } | Job::TellOfAbsence { .. } => {
            return about_installation(recovery, leased).await;
        }
    };
    done.map(|()| Progress::Done)
}

/// Carries out a job that is about no request.
async fn about_installation(recovery: &Recovery, leased: &LeasedJob) -> Result<Progress, Fault> {
    match &leased.job {
        Job::AlertInstallation { event, address } => {
            alert_installation(recovery, event, address, leased.id).await?;
            Ok(Progress::Done)
        }
        Job::TellOfCodes {
            set,
            name,
            replaced,
            at,
            address,
        } => {
            let news = NewsOfCodes {
                set: *set,
                name,
                replaced: *replaced,
                at: *at,
            };
            tell_of_codes(recovery, &news, address, leased.id).await?;
            Ok(Progress::Done)
        }
        Job::TellOfAbsence {
            news,
            name,
            person,
            delegate,
            first_day,
            last_day,
            address,
        } => {
            let news = NewsOfAbsence {
                news: *news,
                name,
                person,
                delegate: delegate.as_deref(),
                days: (first_day, last_day),
            };
            tell_of_absence(recovery, &news, address, leased.id).await?;
            Ok(Progress::Done)
        }
        _ => Err(ServiceError::Gone.into()),
    }
}

/// Stops what a disowned code has led to, as the link of the request's own mails does. A recovery that is long over is left
/// as it is: the administrators hear of the codes anyway.
async fn report_for_owner(recovery: &Recovery, request: &Request) -> Result<(), Fault> {
    let is_over = matches!(request.state, State::Ended(_)) && !recovery.can_repudiate(request);
    if is_over {
        return Ok(());
    }
    moot(recovery.disown(request.facts.id).await)
}

async fn look_up_subject(recovery: &Recovery, request: &Request) -> Result<(), Fault> {
    if request.state_name() != StateName::Proving {
        // Nobody waits for it any more.
        return Ok(());
    }
    let identifier = &request.facts.identifier;
    let now = recovery.clock.monotonic();
    let found = if let Some(found) = recovery.look_ups.shared(identifier, now) {
        found
    } else {
        let found = Box::pin(find(recovery, request)).await?;
        recovery.look_ups.note(identifier, &found, now);
        found
    };
    answer_look_up(recovery, request.facts.id, found).await
}

async fn answer_look_up(recovery: &Recovery, id: RequestId, found: Found) -> Result<(), Fault> {
    let command = match found {
        Found::Nobody => Command::RecogniseNobody,
        Found::Somebody(subject, rules) => Command::Recognise {
            subject: *subject,
            rules,
        },
    };
    moot(recovery.apply(id, &Actor::Directory, command).await)
}

/// Asks the directory who is meant, and which rules there are for them.
///
/// Whatever is asked about somebody is asked about nobody too: a look-up that took fewer calls for an unknown name would
/// be finished earlier, and would not fail with the calls that it left out.
async fn find(recovery: &Recovery, request: &Request) -> Result<Found, Fault> {
    let identifier = request.facts.identifier.as_str();
    let found = recovery.graph.find_person(identifier).await?;
    let asked = found.clone().unwrap_or_else(nobody);
    let addresses = absent_as_none(recovery.graph.recovery_addresses(&asked).await)?;
    let rules = match recovery.rules_for(&asked.id).await {
        Err(ServiceError::Graph(GraphError::NotFound { .. })) => None,
        rules => Some(rules?),
    };
    let (Some(person), Some(addresses), Some(rules)) = (found, addresses, rules) else {
        tracing::info!(request = %request.facts.id, "nobody bears the identifier");
        return Ok(Found::Nobody);
    };
    let recovery_address = addresses.into_iter().next();
    if recovery_address.is_none() && person.other_mails.is_empty() && person.mail.is_none() {
        tracing::info!(request = %request.facts.id, person = %person.id, "the person can be told nothing: no address is on file");
        return Ok(Found::Nobody);
    }
    let subject = Subject {
        person,
        recovery_address,
    };
    Ok(Found::Somebody(Box::new(subject), rules))
}

/// Stands in for whoever bears an identifier that nobody bears: object ids are random, and this one is not.
fn nobody() -> Person {
    Person {
        id: PersonId(Uuid::nil().to_string()),
        display_name: String::new(),
        given_name: None,
        user_principal_name: String::new(),
        mail: None,
        other_mails: Vec::new(),
        position: None,
        country: None,
        enabled: false,
        kind: UserKind::Guest,
    }
}

/// A change that comes too late or a second time is no fault of the job.
pub(super) fn moot(applied: Result<Request, ServiceError>) -> Result<(), Fault> {
    match applied {
        Ok(_)
        | Err(ServiceError::Refused(
            Refusal::AlreadyDone | Refusal::WrongState(_) | Refusal::DeadlinePassed,
        )) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// What follows when a job was given up: somebody has to know.
pub(super) async fn give_up(recovery: &Recovery, leased: &LeasedJob) {
    // Whoever could be told about an alert that was given up is whom the alert was for.
    let Some(id) = leased.request else { return };
    let told = match &leased.job {
        Job::AskApprover { approver, at } => miss_approver(recovery, id, approver, *at).await,
        Job::CleanUp { .. } | Job::Reap { .. } | Job::ReportForOwner => recovery
            .alert(id, &Alert::CleanUpFailed)
            .await
            .map_err(Fault::from),
        Job::NotifyOwner { at, .. } => alert_if_unnoticed(recovery, id, *at).await,
        // What the directory will never answer is answered as an unknown name is.
        Job::LookUpSubject => answer_look_up(recovery, id, Found::Nobody).await,
        Job::SendEmailCode { .. }
        | Job::NotifySecurity { .. }
        | Job::RemindApprover { .. }
        | Job::AlertAdmin { .. }
        | Job::TellOfCodes { .. }
        | Job::TellOfAbsence { .. }
        | Job::AlertInstallation { .. } => Ok(()),
    };
    if let Err(fault) = told {
        tracing::error!(request = %id, ?fault, "nobody could be told that a job was given up");
    }
}

/// Whoever is not reached does not keep the others waiting, if their answer is waited for at all.
async fn miss_approver(
    recovery: &Recovery,
    id: RequestId,
    approver: &PersonId,
    at: Timestamp,
) -> Result<(), Fault> {
    let request = recovery.request(id).await?;
    if request.waits_for(approver, at).is_none() {
        return Ok(());
    }
    let command = Command::MissApprover(approver.clone());
    moot(recovery.apply(id, &Actor::Mailer, command).await)
}

/// Without an accepted notice a request cannot go on.
async fn alert_if_unnoticed(
    recovery: &Recovery,
    id: RequestId,
    at: Timestamp,
) -> Result<(), Fault> {
    let request = recovery.request(id).await?;
    let waits = request.occupies_subject() && request.facts.notice_accepted_at.is_none();
    if waits && request.notice_counts(at) {
        recovery.alert(id, &Alert::OwnerNotReached).await?;
    }
    Ok(())
}
