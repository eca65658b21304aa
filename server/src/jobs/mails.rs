//! Mails: who is written to, and with which link.

use std::time::Duration;

use domain::{
    Actor, Alert, Command, EmailCode, Notice, PersonId, Request, RequestId, State, Terms, Timestamp,
};
use url::Url;
use uuid::Uuid;

use super::perform::{Fault, Progress, moot};
use crate::{
    audit::InstallationEvent,
    limits::MailLimit,
    mail::{AbsenceNews, Mail},
    recovery::{Recovery, ServiceError},
    secret::Bearer,
    store::{Link, Purpose},
    words::{self, WhyAsked},
};

/// How long the link in a notice works: until repudiation is no longer possible after the longest
/// recovery.
const NOT_ME_LINK: Duration = Duration::from_secs(Terms::REPUDIATION.as_secs() + 2 * 24 * 60 * 60);

/// How long saved codes can be voided by the link in the mail that tells of them.
const NOT_MY_CODES_LINK: Duration = Duration::from_hours(7 * 24);

/// How long the link to codes that were not mailed works: as long as any request whose mail was held back for it can
/// still be proven.
const READ_CODE_LINK: Duration = Duration::from_hours(2);

/// Mails a code, unless as many as may be were mailed to that address.
///
/// The last mail before that also holds a link under which its reader gets the code of any of their requests. So
/// whoever makes a thousand requests in somebody's name fills no mailbox, and keeps nobody from their code.
pub(super) async fn send_email_code(
    recovery: &Recovery,
    request: &Request,
    sending: u8,
    key: Uuid,
) -> Result<Progress, Fault> {
    let State::Proving(proving) = &request.state else {
        return Ok(Progress::Done);
    };
    // A newer sending replaces this one. Nobody is written to when nobody was recognised.
    let (true, Some(subject)) = (proving.challenge.sending == sending, &request.facts.subject)
    else {
        return Ok(Progress::Done);
    };
    let now = recovery.clock.now();
    if now >= proving.challenge.expires_at {
        // It waited too long: the code would be refused.
        return Ok(Progress::Done);
    }
    let Some(address) = &subject.recovery_address else {
        return Ok(Progress::Done);
    };
    let may_be_last = if proving.challenge.handed_out {
        // It has its place from an earlier try, of which nobody knows how it ended.
        true
    } else {
        let slot = match recovery.limits.take_mail(MailLimit::Codes, address).await? {
            Ok(slot) => slot,
            Err(until) => {
                let stands_in = recovery
                    .store
                    .has_link(&subject.person.id, Purpose::ReadCode, now)
                    .await
                    .map_err(ServiceError::from)?;
                return Ok(if stands_in {
                    Progress::Done
                } else {
                    Progress::Again(until)
                });
            }
        };
        // Before the mail leaves: its reader may be fast, and a mail server may take it without our hearing of it. The
        // place is not given back either, or a mail server that refuses would let any number of codes count.
        let command = Command::HandOutCode { sending };
        match recovery
            .apply(request.facts.id, &Actor::Mailer, command)
            .await
        {
            Ok(_) => slot.is_last,
            Err(ServiceError::Refused(_)) => {
                recovery.limits.give_back(&slot).await?;
                return Ok(Progress::Done);
            }
            Err(error) => return Err(error.into()),
        }
    };
    let others_url = if may_be_last {
        let link = Link {
            purpose: Purpose::ReadCode,
            request: request.facts.id,
            person: Some(subject.person.id.clone()),
            expires_at: now + READ_CODE_LINK,
        };
        Some(new_link(recovery, "your-code", link).await?)
    } else {
        None
    };
    let code = EmailCode::derive(&recovery.code_key, request.facts.id, sending);
    let mail = Mail::EmailCode {
        name: words::first_name(&subject.person).to_owned(),
        code: code.grouped(),
        valid_minutes: u32::try_from(Terms::EMAIL_CODE_LIFETIME.as_secs() / 60).unwrap_or(u32::MAX),
        reference: request.facts.id.reference(),
        others_url,
    };
    recovery.mailer.send(address, &mail, key).await?;
    Ok(Progress::Done)
}

/// Whether an approver is asked for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asking {
    /// They have not heard of it.
    First,
    /// They have not answered.
    Again,
}

pub(super) async fn ask_approver(
    recovery: &Recovery,
    request: &Request,
    (approver, at): (&PersonId, Timestamp),
    asking: Asking,
    key: Uuid,
) -> Result<(), Fault> {
    let State::AwaitingApproval(awaiting) = &request.state else {
        return Ok(());
    };
    let waited_for = request.waits_for(approver, at);
    let (Some(approver), Some(subject)) = (waited_for, &request.facts.subject) else {
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
        why: WhyAsked::of(&request.facts, approver),
        account: words::account(request),
        digits: request.facts.control.code_digits(),
        is_reminder: asking == Asking::Again,
        review_url: new_link(recovery, "approve", link).await?,
    };
    let mail = in_its_mode(request, mail);
    Ok(recovery.mailer.send(&approver.mail, &mail, key).await?)
}

pub(super) async fn notify_owner(
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
    let slot = if notice.is_of_a_proof() {
        match recovery
            .limits
            .take_mail(MailLimit::ProofNotices, address)
            .await?
        {
            Ok(slot) => Some(slot),
            // Whoever knows a password could send one with each of a thousand requests, and bury the one that matters.
            Err(_) => return Ok(()),
        }
    } else {
        None
    };
    let link = Link {
        purpose: Purpose::NotMe,
        request: request.facts.id,
        person: None,
        expires_at: now + NOT_ME_LINK,
    };
    let mail = Mail::OwnerNotice {
        notice,
        account: words::account_before(request, at),
        name: words::first_name(&subject.person).to_owned(),
        reference: request.facts.id.reference(),
        at: words::moment(at).words,
        not_me_url: Some(new_link(recovery, "not-me", link).await?),
        is_last: slot.as_ref().is_some_and(|slot| slot.is_last),
    };
    let mail = in_its_mode(request, mail);
    let sent = recovery.mailer.send(address, &mail, key).await;
    if let Some(slot) = slot {
        if sent.is_err() {
            recovery.limits.give_back(&slot).await?;
        }
        return Ok(sent?);
    }
    sent?;
    // It may have taken long.
    let request = recovery.request(request.facts.id).await?;
    if !request.notice_counts(at) {
        return Ok(());
    }
    moot(
        recovery
            .apply(request.facts.id, &Actor::Mailer, Command::AcceptNotice)
            .await,
    )
}

/// Tells the security team what the owner is told, with a link that stops it as the owner's does: a team that knows better
/// need not find the owner first.
pub(super) async fn notify_security(
    recovery: &Recovery,
    request: &Request,
    (notice, at): (Notice, Timestamp),
    address: &str,
    key: Uuid,
) -> Result<(), Fault> {
    let Some(subject) = &request.facts.subject else {
        return Ok(());
    };
    let link = Link {
        purpose: Purpose::StopRecovery,
        request: request.facts.id,
        person: None,
        expires_at: recovery.clock.now() + NOT_ME_LINK,
    };
    let mail = Mail::SecurityNotice {
        notice,
        account: words::account_before(request, at),
        name: subject.person.display_name.clone(),
        user_principal_name: subject.person.user_principal_name.clone(),
        reference: request.facts.id.reference(),
        at: words::moment(at).words,
        console_url: console_url(recovery, request.facts.id)?,
        stop_url: new_link(recovery, "not-me", link).await?,
    };
    let mail = in_its_mode(request, mail);
    Ok(recovery.mailer.send(address, &mail, key).await?)
}

/// Mails about a rehearsal say so.
fn in_its_mode(request: &Request, mail: Mail) -> Mail {
    if request.is_rehearsal() {
        Mail::Trial(Box::new(mail))
    } else {
        mail
    }
}

/// A fresh link under the configured address. Only its hash is kept, so a repeated mail has a new one.
async fn new_link(recovery: &Recovery, path: &str, link: Link) -> Result<Url, Fault> {
    let secret = Bearer::generate(recovery.entropy.as_ref());
    recovery
        .store
        .add_link(secret.hash(), &link, recovery.clock.now())
        .await?;
    own_url(recovery, &format!("/{path}/{}", secret.expose().as_str()))
}

pub(super) async fn alert_admin(
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
    let mail = in_its_mode(request, mail);
    Ok(recovery.mailer.send(address, &mail, key).await?)
}

/// What an employee is told of codes that were made in their name.
pub(super) struct NewsOfCodes<'a> {
    pub set: Uuid,
    pub name: &'a str,
    pub replaced: bool,
    pub at: Timestamp,
}

/// Tells of codes, with a link to void them that needs no sign-in: whoever made them may have changed the password.
pub(super) async fn tell_of_codes(
    recovery: &Recovery,
    news: &NewsOfCodes<'_>,
    address: &str,
    key: Uuid,
) -> Result<(), Fault> {
    let secret = Bearer::generate(recovery.entropy.as_ref());
    let expires_at = recovery.clock.now() + NOT_MY_CODES_LINK;
    let works = recovery
        .store
        .add_set_link(secret.hash(), news.set, expires_at)
        .await?;
    let not_me_url = if works {
        let path = format!("/codes/not-me/{}", secret.expose().as_str());
        Some(own_url(recovery, &path)?)
    } else {
        None
    };
    let mail = Mail::CodesMade {
        name: news.name.to_owned(),
        replaced: news.replaced,
        at: words::moment(news.at).words,
        not_me_url,
    };
    Ok(recovery.mailer.send(address, &mail, key).await?)
}

/// What an employee is told of an absence.
pub(super) struct NewsOfAbsence<'a> {
    pub news: AbsenceNews,
    pub name: &'a str,
    pub person: &'a str,
    pub delegate: Option<&'a str>,
    pub days: (&'a str, &'a str),
}

/// Tells of an absence. The link locates, and no more: whoever changes anything there is signed in.
pub(super) async fn tell_of_absence(
    recovery: &Recovery,
    news: &NewsOfAbsence<'_>,
    address: &str,
    key: Uuid,
) -> Result<(), Fault> {
    let (first, last) = news.days;
    let mail = Mail::Absence {
        news: news.news,
        name: news.name.to_owned(),
        person: news.person.to_owned(),
        delegate: news.delegate.map(str::to_owned),
        days: (first.to_owned(), last.to_owned()),
        absence_url: own_url(recovery, "/approvals/absence")?,
    };
    Ok(recovery.mailer.send(address, &mail, key).await?)
}

pub(super) async fn alert_installation(
    recovery: &Recovery,
    event: &InstallationEvent,
    address: &str,
    key: Uuid,
) -> Result<(), Fault> {
    let mail = Mail::InstallationAlert {
        event: event.clone(),
    };
    Ok(recovery.mailer.send(address, &mail, key).await?)
}

fn console_url(recovery: &Recovery, id: RequestId) -> Result<Url, Fault> {
    own_url(recovery, &format!("/console/recoveries/{id}"))
}

/// A page of ours, under the configured address.
fn own_url(recovery: &Recovery, path: &str) -> Result<Url, Fault> {
    recovery
        .settings
        .base_url
        .join(path)
        .map_err(|error| Fault::Permanent {
            problem: format!("no link can be made: {error}"),
        })
}
