//! How each job is carried out.

use std::{sync::Arc, time::Duration};

use domain::{
    Actor, Alert, CleanUp, Command, Disclosed, EmailCode, Ended, MethodKind, MethodRef, Notice,
    PersonId, Refusal, RemovalOutcome, Request, RequestId, State, StateName, Subject, Terms,
    Timestamp,
};
use url::Url;
use uuid::Uuid;

use super::Job;
use crate::{
    graph::GraphError,
    mail::{Mail, MailError},
    recovery::{Recovery, ServiceError},
    secret::Bearer,
    store::{LeasedJob, Link, Purpose, StoreError},
    words,
};

/// How long the link in a notice works: until repudiation is no longer possible after the longest
/// recovery.
const NOT_ME_LINK: Duration = Duration::from_secs(Terms::REPUDIATION.as_secs() + 2 * 24 * 60 * 60);

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
            ServiceError::Contended | ServiceError::Store(_) => Self::Transient {
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

pub(super) async fn perform(recovery: &Arc<Recovery>, leased: &LeasedJob) -> Result<(), Fault> {
    let request = recovery.request(leased.request).await?;
    match &leased.job {
        Job::LookUpSubject => look_up_subject(recovery, &request).await,
        Job::SendEmailCode { sending } => {
            send_email_code(recovery, &request, *sending, leased.id).await
        }
        Job::AskApprover { approver } => {
            ask_approver(recovery, &request, approver, leased.id).await
        }
        Job::NotifyOwner {
            notice,
            at,
            address,
        } => notify_owner(recovery, &request, (*notice, *at), address, leased.id).await,
        Job::AlertAdmin { alert, address } => {
            alert_admin(recovery, &request, alert, address, leased.id).await
        }
        Job::CleanUp { clean_up } => match clean_up {
            CleanUp::RemovePass => remove_pass(recovery, &request).await,
            CleanUp::Repudiate => undo_recovery(recovery, &request).await,
        },
    }
}

async fn look_up_subject(recovery: &Recovery, request: &Request) -> Result<(), Fault> {
    let identifier = request.facts.identifier.as_str();
    let Some(person) = recovery.graph.find_person(identifier).await? else {
        tracing::info!(request = %request.facts.id, "nobody bears the identifier");
        return Ok(());
    };
    let Some(recovery_address) = recovery
        .graph
        .recovery_addresses(&person)
        .await?
        .into_iter()
        .next()
    else {
        tracing::info!(request = %request.facts.id, person = %person.id, "the person has no address outside the tenant");
        return Ok(());
    };
    let subject = Subject {
        person,
        recovery_address,
    };
    moot(
        recovery
            .apply(
                request.facts.id,
                &Actor::Directory,
                Command::Recognise(subject),
            )
            .await,
    )
}

/// A change that comes too late or a second time is no fault of the job.
fn moot(applied: Result<Request, ServiceError>) -> Result<(), Fault> {
    match applied {
        Ok(_)
        | Err(ServiceError::Refused(
            Refusal::AlreadyDone | Refusal::WrongState(_) | Refusal::DeadlinePassed,
        )) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn send_email_code(
    recovery: &Recovery,
    request: &Request,
    sending: u8,
    key: Uuid,
) -> Result<(), Fault> {
    let State::Proving(proving) = &request.state else {
        return Ok(());
    };
    // A newer sending replaces this one. Nobody is written to when nobody was recognised.
    let (true, Some(subject)) = (proving.challenge.sending == sending, &request.facts.subject)
    else {
        return Ok(());
    };
    let code = EmailCode::derive(&recovery.code_key, request.facts.id, sending);
    let mail = Mail::EmailCode {
        name: words::first_name(&subject.person).to_owned(),
        code: code.grouped(),
        valid_minutes: u32::try_from(Terms::EMAIL_CODE_LIFETIME.as_secs() / 60).unwrap_or(u32::MAX),
        reference: request.facts.id.reference(),
    };
    Ok(recovery
        .mailer
        .send(&subject.recovery_address, &mail, key)
        .await?)
}

async fn ask_approver(
    recovery: &Recovery,
    request: &Request,
    approver: &PersonId,
    key: Uuid,
) -> Result<(), Fault> {
    let State::AwaitingApproval(awaiting) = &request.state else {
        return Ok(());
    };
    let asked = request
        .facts
        .approvers
        .iter()
        .find(|candidate| candidate.id == *approver);
    let (Some(approver), Some(subject)) = (asked, &request.facts.subject) else {
        return Ok(());
    };
    // The link outlives the decision: whoever opens it later reads what became of the request.
    let link = Link {
        purpose: Purpose::Approve,
        request: request.facts.id,
        person: Some(approver.id.clone()),
        expires_at: awaiting.deadline + Terms::REPUDIATION,
    };
    let mail = Mail::AskApprover {
        approver: approver.name.clone(),
        subject: subject.person.display_name.clone(),
        reference: request.facts.id.reference(),
        asked_at: words::moment(awaiting.asked_at).words,
        deadline: words::moment(awaiting.deadline).words,
        review_url: new_link(recovery, "approve", link).await?,
    };
    Ok(recovery.mailer.send(&approver.mail, &mail, key).await?)
}

async fn notify_owner(
    recovery: &Recovery,
    request: &Request,
    (notice, at): (Notice, Timestamp),
    address: &str,
    key: Uuid,
) -> Result<(), Fault> {
    let Some(subject) = &request.facts.subject else {
        return Ok(());
    };
    let now = recovery.clock.now();
    let link = Link {
        purpose: Purpose::NotMe,
        request: request.facts.id,
        person: None,
        expires_at: now + NOT_ME_LINK,
    };
    let mail = Mail::OwnerNotice {
        notice,
        name: words::first_name(&subject.person).to_owned(),
        reference: request.facts.id.reference(),
        at: words::moment(at).words,
        not_me_url: Some(new_link(recovery, "not-me", link).await?),
    };
    recovery.mailer.send(address, &mail, key).await?;
    moot(
        recovery
            .apply(request.facts.id, &Actor::Mailer, Command::AcceptNotice)
            .await,
    )
}

/// A fresh link under the configured address. Only its hash is kept, so a repeated mail has a new one.
async fn new_link(recovery: &Recovery, path: &str, link: Link) -> Result<Url, Fault> {
    let secret = Bearer::generate(recovery.entropy.as_ref());
    recovery
        .store
        .add_link(secret.hash(), &link, recovery.clock.now())
        .await?;
    recovery
        .settings
        .base_url
        .join(&format!("/{path}/{}", secret.expose().as_str()))
        .map_err(|error| Fault::Permanent {
            problem: format!("no link can be made: {error}"),
        })
}

async fn alert_admin(
    recovery: &Recovery,
    request: &Request,
    alert: &Alert,
    address: &str,
    key: Uuid,
) -> Result<(), Fault> {
    let mail = Mail::AdminAlert {
        alert: alert.clone(),
        reference: request.facts.id.reference(),
        subject: request.facts.subject.as_ref().map_or_else(
            || request.facts.identifier.as_str().to_owned(),
            |subject| subject.person.display_name.clone(),
        ),
        console_url: console_url(recovery, request.facts.id)?,
    };
    Ok(recovery.mailer.send(address, &mail, key).await?)
}

fn console_url(recovery: &Recovery, id: RequestId) -> Result<Url, Fault> {
    recovery
        .settings
        .base_url
        .join(&format!("/console/recoveries/{id}"))
        .map_err(|error| Fault::Permanent {
            problem: format!("no link can be made: {error}"),
        })
}

/// Removes the pass that an attempt may have left behind. A person has one pass at most, and creating
/// one replaces an older one; so a live pass that outlasts the claim is the attempt's, unless somebody
/// has made another one meanwhile.
async fn remove_pass(recovery: &Recovery, request: &Request) -> Result<(), Fault> {
    let (Some(subject), Some(claimed_at)) = (&request.facts.subject, request.facts.claimed_at)
    else {
        return Ok(());
    };
    let person = &subject.person.id;
    if let State::Ended(Ended::Lapsed { disclosed, .. }) = &request.state {
        return Ok(recovery
            .graph
            .delete_pass(person, &disclosed.pass.id)
            .await?);
    }
    let other = recovery.store.other_open_request(request).await?;
    if [Some(request), other.as_ref()]
        .into_iter()
        .flatten()
        .any(may_have_a_pass)
    {
        return Ok(());
    }
    match recovery.graph.pass(person).await? {
        Some(pass) if pass.expires_at.is_none_or(|at| at > claimed_at) => {
            Ok(recovery.graph.delete_pass(person, &pass.id).await?)
        }
        _ => Ok(()),
    }
}

/// Whether a live pass may be the one of this request.
const fn may_have_a_pass(request: &Request) -> bool {
    matches!(
        request.state_name(),
        StateName::Issuing | StateName::Disclosed
    )
}

/// Undoes a recovery that its owner repudiated: the pass, every session, and every method that was
/// added since, except what a later recovery of the same person has brought.
async fn undo_recovery(recovery: &Recovery, request: &Request) -> Result<(), Fault> {
    let (Some(subject), State::Ended(Ended::Repudiated { disclosed, .. })) =
        (&request.facts.subject, &request.state)
    else {
        return Ok(());
    };
    let person = &subject.person.id;
    // First whoever is signed in now, whatever becomes of the rest.
    let revoked = recovery.graph.revoke_sessions(person).await;
    let deleted = recovery.graph.delete_pass(person, &disclosed.pass.id).await;
    let left = remove_added(recovery, request, disclosed).await;
    // Again, for those who came meanwhile by a method that is gone now.
    recovery.graph.revoke_sessions(person).await?;
    revoked?;
    deleted?;
    left
}

/// Removes the methods that were added since `disclosed`.
async fn remove_added(
    recovery: &Recovery,
    request: &Request,
    disclosed: &Disclosed,
) -> Result<(), Fault> {
    let Some(subject) = &request.facts.subject else {
        return Ok(());
    };
    let person = &subject.person.id;
    let later = recovery.store.later_requests(request).await?;
    let stays = |method: &MethodRef| {
        disclosed.kept.contains(method) || later.iter().any(|later| brought(later, method))
    };
    let added: Vec<_> = recovery
        .graph
        .methods(person)
        .await?
        .into_iter()
        .map(|method| method.method)
        .filter(|method| !stays(method))
        .collect();
    let mut problem = None;
    // The default method goes last, when nothing else is left: a second round takes it.
    for method in added.iter().chain(&added) {
        match recovery.graph.remove_method(person, method).await {
            Ok(RemovalOutcome::Removed | RemovalOutcome::AlreadyGone) => {}
            Ok(RemovalOutcome::Refused | RemovalOutcome::NotRemovable) => {
                return Err(Fault::Permanent {
                    problem:
                        "a method of an unknown type was added, and nobody knows how to remove it"
                            .to_owned(),
                });
            }
            Err(error) => problem = Some(error.to_string()),
        }
    }
    let listed = recovery.graph.methods(person).await?;
    if listed.iter().any(|method| added.contains(&method.method)) {
        let problem =
            problem.unwrap_or_else(|| "the directory still lists a removed method".to_owned());
        return Err(Fault::Transient {
            problem,
            after: None,
        });
    }
    Ok(())
}

/// Whether `method` came by this request, which its owner has not repudiated.
fn brought(request: &Request, method: &MethodRef) -> bool {
    match &request.state {
        State::Disclosed(disclosed) => {
            method.kind == MethodKind::TemporaryAccessPass && method.id == disclosed.pass.id
        }
        State::Ended(Ended::Completed { new_methods, .. }) => {
            new_methods.iter().any(|new| new.method == *method)
        }
        _ => false,
    }
}

/// What follows when a job was given up: somebody has to know.
pub(super) async fn give_up(recovery: &Recovery, leased: &LeasedJob) {
    let id = leased.request;
    let told = match &leased.job {
        Job::AskApprover { approver } => {
            let command = Command::MissApprover(approver.clone());
            moot(recovery.apply(id, &Actor::Mailer, command).await)
        }
        Job::CleanUp { .. } => recovery
            .alert(id, &Alert::CleanUpFailed)
            .await
            .map_err(Fault::from),
        Job::NotifyOwner { .. } => alert_if_unnoticed(recovery, id).await,
        Job::LookUpSubject | Job::SendEmailCode { .. } | Job::AlertAdmin { .. } => Ok(()),
    };
    if let Err(fault) = told {
        tracing::error!(request = %id, ?fault, "nobody could be told that a job was given up");
    }
}

/// Without an accepted notice a request cannot go on.
async fn alert_if_unnoticed(recovery: &Recovery, id: RequestId) -> Result<(), Fault> {
    let request = recovery.request(id).await?;
    if request.occupies_subject() && request.facts.notice_accepted_at.is_none() {
        recovery.alert(id, &Alert::OwnerNotReached).await?;
    }
    Ok(())
}
