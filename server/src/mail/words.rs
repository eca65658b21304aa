//! The wording of every mail.
//!
//! All have one shape, [`Letter`], so that text and HTML say the same and there is one place that
//! escapes. Names come from a directory that an attacker may edit: they pass [`name`] first.

use app::view::Account;
use askama::Template;
use domain::{AbortCause, Alert, Notice, ReportedBy};

use url::Url;

use super::{AbsenceNews, Mail};
use crate::{
    audit::InstallationEvent,
    config::Organisation,
    recovery::Flood,
    words::{self, readable},
};

/// A mail in words.
pub(super) struct Words {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// What a mail says, from top to bottom.
struct Letter {
    /// Also the heading of the HTML part: who and what.
    subject: String,
    greeting: Option<String>,
    before: Vec<String>,
    code: Option<String>,
    action: Option<Action>,
    /// In order; numbered when there is more than one.
    steps: Vec<String>,
    after: Vec<String>,
    /// Of the request, if it is about one.
    reference: Option<String>,
}

/// The one link of a mail.
struct Action {
    label: &'static str,
    url: String,
    tone: Tone,
}

/// Colours of a button.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tone {
    /// The thing to do.
    Go,
    /// The alarm.
    Stop,
}

impl Tone {
    /// For the style sheet, which turns the colours in dark mode.
    const fn class(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::Stop => "stop",
        }
    }

    /// Background with a contrast of 7 to 1 against white.
    const fn colour(self) -> &'static str {
        match self {
            Self::Go => "#14532d",
            Self::Stop => "#a5210f",
        }
    }
}

#[derive(Template)]
#[template(path = "mail/letter.txt")]
struct Text<'a> {
    letter: &'a Letter,
    organisation: &'a Organisation,
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Html<'a> {
    letter: &'a Letter,
    organisation: &'a Organisation,
}

impl Letter {
    /// The same about a trial run.
    fn of_a_trial(mut self) -> Self {
        self.subject = format!("Trial run: {}", self.subject);
        self.before.insert(0, TRIAL.to_owned());
        self
    }
}

/// What the last mail about a proof says that may be sent for a while.
const LAST_OF_PROOFS: &str = "You have had several mails like this. If proofs go on, no more of them come for up to an \
     hour. Whenever somebody asks for recovery with them, you are told all the same, and your approver is asked.";

/// What a mail about a trial run says first.
const TRIAL: &str = "This is a trial run. Everything goes as in a real recovery, and you are asked to do what you would \
     then do, but nothing is changed on the account, and no pass is made.";

impl Mail {
    /// Words this mail.
    pub(super) fn words(&self, organisation: &Organisation) -> Result<Words, askama::Error> {
        let letter = self.letter(organisation);
        Ok(Words {
            text: Text {
                letter: &letter,
                organisation,
            }
            .render()?,
            html: Html {
                letter: &letter,
                organisation,
            }
            .render()?,
            subject: letter.subject,
        })
    }

    #[expect(clippy::too_many_lines, reason = "a table with one entry per mail")]
    fn letter(&self, organisation: &Organisation) -> Letter {
        let at = &organisation.name;
        match self {
            Self::EmailCode {
                name: person,
                code,
                valid_minutes,
                reference,
                others_url,
            } => Letter {
                greeting: Some(name(person)),
                before: code_words(
                    at,
                    *valid_minutes,
                    others_url.as_ref().map(|_| reference.to_string()),
                ),
                code: Some(code.clone()),
                action: others_url.as_ref().map(|url| Action {
                    label: "Get the code for another reference",
                    url: url.to_string(),
                    tone: Tone::Go,
                }),
                reference: Some(reference.to_string()),
                ..code_letter(organisation)
            },
            Self::AskApprover {
                approver,
                subject,
                reference,
                asked_at,
                deadline,
                why,
                account,
                digits,
                is_reminder,
                review_url,
            } => {
                let subject = name(subject);
                Letter {
                    subject: format!(
                        "{}{subject} cannot sign in and asks for your approval",
                        if *is_reminder { "Reminder: " } else { "" }
                    ),
                    greeting: Some(name(approver)),
                    before: vec![
                        format!(
                            "{subject} asked on {asked_at} to recover their {at} account. {} {} Your answer counts until \
                             {deadline}.",
                            why.sentence(&subject, name),
                            account.theirs()
                        ),
                    ],
                    code: None,
                    action: Some(Action {
                        label: "Review the request",
                        url: review_url.to_string(),
                        tone: Tone::Go,
                    }),
                    steps: vec![
                        format!("Call {subject} on a number you already had."),
                        format!("Ask for the {digits}-digit code on their screen."),
                        "Open the request and type the code there.".to_owned(),
                    ],
                    after: vec![
                        "If you can't reach them or didn't expect this, decline or report it on the page."
                            .to_owned(),
                        "Do not forward this mail: the link in it is for you alone.".to_owned(),
                    ],
                    reference: Some(reference.to_string()),
                }
            }
            Self::OwnerNotice {
                notice,
                account,
                name: person,
                reference,
                at: when,
                not_me_url,
                is_last,
            } => {
                let (subject, what) = notice_words(*notice, *account, at, when);
                let if_not_you = match not_me_url {
                    Some(_) => {
                        "If this wasn't you, say so now: it takes one click and a confirmation."
                            .to_owned()
                    }
                    None => format!("If this wasn't you: {}", organisation.help),
                };
                Letter {
                    subject,
                    greeting: Some(name(person)),
                    before: vec![
                        what,
                        format!("If this was you, there is nothing to do. {if_not_you}"),
                    ],
                    code: None,
                    action: not_me_url.as_ref().map(|url| Action {
                        label: "This wasn't me",
                        url: url.to_string(),
                        tone: Tone::Stop,
                    }),
                    steps: Vec::new(),
                    after: is_last
                        .then(|| LAST_OF_PROOFS.to_owned())
                        .into_iter()
                        .collect(),
                    reference: Some(reference.to_string()),
                }
            }
            Self::SecurityNotice {
                notice,
                account,
                name: person,
                user_principal_name,
                reference,
                at: when,
                console_url,
                stop_url,
            } => {
                let person = name(person);
                let (headline, what) = security_words(
                    (*notice, *account),
                    &person,
                    &format!("{person} ({})", name(user_principal_name)),
                    when,
                );
                Letter {
                    subject: format!("{headline} ({reference})"),
                    greeting: None,
                    before: vec![
                        what,
                        "If you know that this is wrong, stop it: it takes one click and a confirmation. Until the pass \
                         is given out that ends the recovery, and for seven days after it undoes what came of it."
                            .to_owned(),
                    ],
                    code: None,
                    action: Some(Action {
                        label: "Stop this recovery",
                        url: stop_url.to_string(),
                        tone: Tone::Stop,
                    }),
                    steps: Vec::new(),
                    after: vec![
                        format!("In the console: {console_url}"),
                        "Do not forward this mail: whoever has the link can stop the recovery.".to_owned(),
                    ],
                    reference: Some(reference.to_string()),
                }
            }
            Self::CodesMade {
                name: person,
                replaced,
                at: when,
                not_me_url,
            } => codes_letter(person, *replaced, when, not_me_url.as_ref(), organisation),
            Self::Absence {
                news,
                name,
                person,
                delegate,
                days,
                absence_url,
            } => absence_letter(*news, name, person, delegate.as_deref(), days, absence_url),
            Self::Trial(mail) => mail.letter(organisation).of_a_trial(),
            Self::InstallationAlert { event } => installation_letter(event),
            Self::AdminAlert {
                alert,
                reference,
                subject,
                console_url,
            } => {
                let subject = name(subject);
                let (headline, what) = alert_words(alert);
                Letter {
                    subject: format!("Alert: {headline} ({subject}, {reference})"),
                    greeting: None,
                    before: vec![
                        format!("Recovery of the account of {subject}: {headline}."),
                        what.to_owned(),
                    ],
                    code: None,
                    action: Some(Action {
                        label: "Open in the console",
                        url: console_url.to_string(),
                        tone: Tone::Go,
                    }),
                    steps: Vec::new(),
                    after: Vec::new(),
                    reference: Some(reference.to_string()),
                }
            }
        }
    }
}

/// What every mail with a code says.
fn code_letter(organisation: &Organisation) -> Letter {
    Letter {
        subject: format!("Your code to recover your {} account", organisation.name),
        greeting: None,
        before: Vec::new(),
        code: None,
        action: None,
        steps: Vec::new(),
        after: vec![
            "Do not share it. Nobody from your organisation or from Microsoft will ask you for it."
                .to_owned(),
            format!(
                "If you did not ask for this code, somebody else typed your name. Nothing has changed on your account. {}",
                organisation.help
            ),
        ],
        reference: None,
    }
}

/// Where a code goes; and if it is the last for a while, whose it is.
fn code_words(at: &str, valid_minutes: u32, last_for: Option<String>) -> Vec<String> {
    let where_to = format!(
        "Enter this code on the page where you asked to recover your {at} account. It works for {valid_minutes} minutes."
    );
    let others = last_for.map(|reference| {
        format!(
            "It is for the reference {reference}. Many codes were asked for, so we send no more mails with codes for a \
             while. If your page shows another reference, get its code with the link below."
        )
    });
    [where_to].into_iter().chain(others).collect()
}

/// Subject of a notice, and what happened, when, and what did not.
fn notice_words(
    notice: Notice,
    account: Account,
    organisation: &str,
    when: &str,
) -> (String, String) {
    let done = account.yours();
    match notice {
        Notice::SavedCodeUsed => (
            format!("A saved recovery code was used for your {organisation} account"),
            format!(
                "On {when}, one of your saved recovery codes was used to ask for recovery of your {organisation} \
                 account. That code does not work again. {done}"
            ),
        ),
        Notice::SavedCodesVoided => (
            format!("Your saved recovery codes for your {organisation} account are void"),
            format!(
                "On {when}, a request for recovery of your {organisation} account was reported as somebody else's, and \
                 one of your saved recovery codes had been used for it. Whoever has one may have the others, so none of \
                 them works any more. Once you can sign in again, you can make new ones."
            ),
        ),
        Notice::PasswordUsed => (
            format!("Your password was used to ask for recovery of your {organisation} account"),
            format!(
                "On {when}, somebody signed in with your password to ask for recovery of your {organisation} account. \
                 {done} If it wasn't you, somebody else knows your password."
            ),
        ),
        Notice::VerifiedIdUsed => (
            format!("Your Verified ID was used to ask for recovery of your {organisation} account"),
            format!(
                "On {when}, your Verified ID was shared from a wallet, with your face before the camera, to ask for \
                 recovery of your {organisation} account. {done} If somebody sent you the code that you scanned, it was \
                 not you who asked."
            ),
        ),
        Notice::Submitted => (
            format!("Somebody asked to recover your {organisation} account"),
            format!(
                "On {when}, somebody asked to recover your {organisation} account, because they could not sign in. \
                 {done} Your approver is being asked."
            ),
        ),
        Notice::Approved => (
            format!("The recovery of your {organisation} account was approved"),
            format!(
                "On {when}, the recovery of your {organisation} account was approved. {done} Next, some or all of \
                 your sign-in methods are removed and a pass is shown to whoever asked."
            ),
        ),
        Notice::Disclosed => (
            format!("A pass to sign in to your {organisation} account was given out"),
            format!(
                "On {when}, a pass for one sign-in to your {organisation} account was shown to whoever asked for \
                 recovery. All your sessions were ended and some or all of your old sign-in methods were removed."
            ),
        ),
        Notice::Completed => (
            format!("A new sign-in method was added to your {organisation} account"),
            format!(
                "On {when}, a new sign-in method was registered. The recovery of your {organisation} account is \
                 complete."
            ),
        ),
    }
}

fn absence_letter(
    news: AbsenceNews,
    to: &str,
    person: &str,
    delegate: Option<&str>,
    (first, last): &(String, String),
    absence_url: &Url,
) -> Letter {
    let (person, delegate) = (name(person), delegate.map(name));
    let days = if first == last {
        format!("on {first}")
    } else {
        format!("from {first} to {last}")
    };
    let not_you = "If it was not you who said so, somebody may be using your account: contact the people named below now.";
    let (subject, said, next) = match (news, delegate) {
        (AbsenceNews::Planned, Some(delegate)) => (
            format!("You are away {days}, and {delegate} stands in"),
            format!(
                "You told us that you are away {days}, and named {delegate}. When one of your people cannot sign in then, we \
                 ask {delegate} at once. We ask you too, and do not wait for you."
            ),
            format!("You can take it back at any time. {not_you}"),
        ),
        (AbsenceNews::Planned, None) => (
            format!("You are away {days}, and nobody stands in"),
            format!(
                "You told us that you are away {days}, and named nobody. When one of your people cannot sign in then, we ask \
                 the next who may answer at once. We ask you too, and do not wait for you."
            ),
            format!("You can take it back at any time. {not_you}"),
        ),
        (AbsenceNews::StandsIn, _) => (
            format!("You stand in for {person} {days}"),
            format!(
                "{person} is away {days}, and named you. When one of their people cannot sign in then, we ask you to review \
                 the request: you call the person, and approve only if they did ask for help."
            ),
            "If you cannot stand in, say so now, and we tell them.".to_owned(),
        ),
        (AbsenceNews::Removed, _) => (
            format!("You do not stand in for {person} any more"),
            format!("{person} has taken back that they are away {days}, or that you stand in."),
            "There is nothing to do.".to_owned(),
        ),
        (AbsenceNews::NobodyStandsIn, delegate) => (
            format!("Nobody stands in for you {days}"),
            match delegate {
                Some(delegate) => format!("{delegate} cannot stand in for you while you are away {days}."),
                None => format!("Nobody stands in for you while you are away {days}."),
            },
            "Take the absence back and name somebody else, or leave it: we then ask the next who may answer.".to_owned(),
        ),
    };
    Letter {
        subject,
        greeting: Some(name(to)),
        before: vec![said, next],
        code: None,
        action: Some(Action {
            label: match news {
                AbsenceNews::Planned => "See or take it back",
                AbsenceNews::StandsIn => "See or say that you cannot",
                AbsenceNews::Removed => "See when you stand in",
                AbsenceNews::NobodyStandsIn => "See or change it",
            },
            url: absence_url.to_string(),
            tone: Tone::Go,
        }),
        steps: Vec::new(),
        after: Vec::new(),
        reference: None,
    }
}

/// Headline of a notice to the security team, and what happened to whom, when, and what did not.
fn security_words(
    (notice, account): (Notice, Account),
    person: &str,
    whose: &str,
    when: &str,
) -> (String, String) {
    let done = account.theirs();
    match notice {
        Notice::Submitted => (
            format!("{person} asks for account recovery"),
            format!(
                "On {when}, somebody proved to be {whose} and asked to recover the account. {done} Their approver is \
                 being asked."
            ),
        ),
        Notice::Approved => (
            format!("The recovery of the account of {person} was approved"),
            format!(
                "On {when}, the recovery of the account of {whose} was approved. {done} Next, some or all of \
                 their sign-in methods are removed and a pass is shown to whoever asked."
            ),
        ),
        Notice::Disclosed => (
            format!("A pass for the account of {person} was given out"),
            format!(
                "On {when}, a pass for one sign-in to the account of {whose} was shown to whoever asked for recovery. \
                 All its sessions were ended and some or all of its old sign-in methods were removed."
            ),
        ),
        Notice::Completed => (
            format!("The recovery of the account of {person} is complete"),
            format!("On {when}, a new sign-in method was registered for the account of {whose}."),
        ),
        Notice::SavedCodeUsed | Notice::PasswordUsed | Notice::VerifiedIdUsed => (
            format!("{person} proves who they are"),
            format!(
                "On {when}, a proof was passed to ask for recovery of the account of {whose}. {done}"
            ),
        ),
        Notice::SavedCodesVoided => (
            format!("The saved codes of {person} are void"),
            format!("On {when}, the saved recovery codes of {whose} were voided by a report."),
        ),
    }
}

fn codes_letter(
    person: &str,
    replaced: bool,
    when: &str,
    not_me_url: Option<&Url>,
    organisation: &Organisation,
) -> Letter {
    let at = &organisation.name;
    let void = if replaced {
        " The codes that you had before have stopped working."
    } else {
        ""
    };
    Letter {
        subject: format!("Recovery codes were made for your {at} account"),
        greeting: Some(name(person)),
        before: vec![
            format!(
                "On {when}, somebody who was signed in as you made ten recovery codes for your {at} account.{void} The \
                 codes are not in this mail: they were shown once."
            ),
            match not_me_url {
                Some(_) => "If this was you, there is nothing to do. If this wasn't you, say so now, and the codes are void: \
                            it takes one click and a confirmation, and works for seven days."
                    .to_owned(),
                None => "These codes have been replaced since, and do not work any more. A newer mail tells of the others; if \
                         you made neither, use its link."
                    .to_owned(),
            },
        ],
        code: None,
        action: not_me_url.map(|url| Action {
            label: "This wasn't me",
            url: url.to_string(),
            tone: Tone::Stop,
        }),
        steps: Vec::new(),
        after: vec![format!(
            "If this wasn't you, somebody else can sign in as you: change your password as well. {}",
            organisation.help
        )],
        reference: None,
    }
}

fn installation_letter(event: &InstallationEvent) -> Letter {
    let (headline, what) = installation_words(event);
    Letter {
        subject: format!("Alert: {headline}"),
        greeting: None,
        before: what,
        code: None,
        action: None,
        steps: Vec::new(),
        after: Vec::new(),
        reference: None,
    }
}

/// What happened to the installation, and what to do.
#[expect(clippy::too_many_lines, reason = "a table with one entry per event")]
fn installation_words(event: &InstallationEvent) -> (&'static str, Vec<String>) {
    let ended = |ended: u64| {
        format!(
            "Recoveries that were open in it are ended ({ended}), because a denial or a report that came later is not in \
             it. Those people ask anew. Accounts that were reported later are not frozen any more, and passwords of the \
             console that were changed later are the old ones again: look through the alerts of that time."
        )
    };
    match event {
        InstallationEvent::RolledBack {
            checkpoint_row,
            checkpoint_at,
            ended: count,
        } => (
            "the database was replaced by an older one",
            vec![
                format!(
                    "The audit log has lost what was written until {}: row {checkpoint_row}, which a checkpoint knows, is \
                     missing or another.",
                    words::moment(*checkpoint_at).words
                ),
                "If nobody restored a backup on purpose, treat it as an attack: somebody who can replace the database can \
                 hide what was done. The checkpoint is kept as evidence beside the new one."
                    .to_owned(),
                ended(*count),
            ],
        ),
        InstallationEvent::CheckpointBegun { row } => (
            "a checkpoint of the audit log was missing",
            vec![
                format!(
                    "The audit log goes up to row {row}, and there was no checkpoint of it. One is begun. Whether the \
                     database was replaced by an older one before cannot be told."
                ),
                "This is as it should be after an upgrade from a version without checkpoints, and when a new place was \
                 given for the file (audit.checkpoint_file). Otherwise find out why the file is gone: a disk that is not \
                 mounted, or somebody who has something to hide."
                    .to_owned(),
            ],
        ),
        InstallationEvent::SavedCodesMade { person, count, replaced } => (
            "saved recovery codes were made",
            vec![format!(
                "The person with the object id {person} made {count} saved recovery codes{}.",
                if *replaced { "; those that they had before are void" } else { "" }
            )],
        ),
        InstallationEvent::SavedCodesVoided { person, request: None } => (
            "somebody made recovery codes in another's name",
            vec![
                format!(
                    "The person with the object id {person} says that they did not make the saved recovery codes that \
                     were made in their name. The codes are void, and everybody who was signed in here as that person is \
                     signed out. For 24 hours, none are made for the account, and it cannot be recovered."
                ),
                "Whoever made them could sign in as that person: end their sessions at Microsoft, change their password, \
                 and look at their sign-in methods now."
                    .to_owned(),
            ],
        ),
        InstallationEvent::SavedCodesVoided { person, request: Some(request) } => (
            "saved recovery codes are void",
            vec![format!(
                "The saved recovery codes of the person with the object id {person} are void: one of them was used for \
                 the request {}, which was reported.",
                request.reference()
            )],
        ),
        InstallationEvent::SavedCodesForgotten { person } => (
            "saved recovery codes were forgotten",
            vec![format!(
                "The person with the object id {person} is not in the directory any more, so their saved recovery codes \
                 were forgotten."
            )],
        ),
        InstallationEvent::SavedCodeUsed { person, position, request } => (
            "a saved recovery code was used",
            vec![format!(
                "Code number {position} of the person with the object id {person} was used up for the request {}.",
                request.reference()
            )],
        ),
        InstallationEvent::AbsencePlanned { person, from, until, delegate } => (
            "somebody says when they are away",
            vec![format!(
                "The person with the object id {person} is away from {} to {}. {}",
                words::moment(*from).words,
                words::moment(*until).words,
                match delegate {
                    Some(delegate) => format!("The person with the object id {delegate} stands in."),
                    None => "Nobody stands in.".to_owned(),
                }
            )],
        ),
        InstallationEvent::AbsenceRemoved { person } => (
            "somebody is not away after all",
            vec![format!("The person with the object id {person} has taken an absence back.")],
        ),
        InstallationEvent::DelegateStepsBack { person, delegate } => (
            "nobody stands in for somebody who is away",
            vec![format!(
                "The person with the object id {delegate} does not stand in any more for the one with the object id {person}."
            )],
        ),
        InstallationEvent::MailboxSettingsRefused => (
            "it is not known who is out of office",
            vec![
                "Microsoft refuses to show the automatic replies of approvers, so everybody counts as present, and whoever \
                 is away is asked as well. Recoveries go on."
                    .to_owned(),
                "Grant the application MailboxSettings.Read, with admin consent, and let its access policy in Exchange \
                 Online include the people who approve; or turn approval.mailbox_settings off. You are told of this once \
                 after each start."
                    .to_owned(),
            ],
        ),
        InstallationEvent::ApproversGroupUnguarded { group } => (
            "nobody decides about privileged people",
            vec![
                format!(
                    "privileged.approvers_group names the directory group {group}, which is gone, or is not one that roles can \
                     be assigned to. Whoever manages groups could put themselves into it, and then into the account of an \
                     administrator, so nobody of it is asked. Privileged people find that nobody may approve."
                ),
                "Make a new group in Microsoft Entra with \"Microsoft Entra roles can be assigned to the group\" turned on, \
                 which cannot be done later, add its members, and name it. You are told of this once after each start."
                    .to_owned(),
            ],
        ),
        InstallationEvent::DirectoryUnseen { since } => (
            "changes of managers are not seen",
            vec![
                format!(
                    "Latchkey looks every four hours at who is whose manager, and who is in the groups that approve, so that \
                     nobody who was put there just now is asked. Since {} it could not see all of it.",
                    words::moment(*since).words
                ),
                "Recoveries go on, and are looked at by what was seen before: whoever was changed since then may count as \
                 settled. Look in the server's log for what Microsoft answers. You are told once, until it works again."
                    .to_owned(),
            ],
        ),
        InstallationEvent::ProofsKeepFailing { person, request } => (
            "somebody may be guessing at one account",
            vec![
                format!(
                    "Proofs for the account of the person with the object id {person} keep failing, far more often than                      one person mistypes: the last was for the request {}. You are told once an hour while it goes on.",
                    request.reference()
                ),
                "Nobody is locked out by it: each code can be tried three times, and only once it was mailed. Look at                  the console for where the requests come from, and ask the person whether it is them. If their password                  fails or was passed, treat it as known to somebody else."
                    .to_owned(),
            ],
        ),
        InstallationEvent::Paused { reason } => (
            "account recovery is paused",
            vec![
                match reason {
                    Some(reason) => format!(
                        "An operator has paused account recovery at the command line of the server. Their reason: {reason}"
                    ),
                    None => "An operator has paused account recovery at the command line of the server, and gave no reason."
                        .to_owned(),
                },
                "Nothing is opened, approved or given out. Requests wait, their deadlines pass, and people can still \
                 decline, report and withdraw. `latchkey admin resume` lets everything go on."
                    .to_owned(),
            ],
        ),
        InstallationEvent::Resumed => (
            "account recovery goes on",
            vec!["An operator has let account recovery go on, at the command line of the server.".to_owned()],
        ),
        InstallationEvent::OpeningPaused { flood, until } => (
            "no new requests are taken for a while",
            vec![
                match flood {
                    Flood::Opens => "Far more people than usual ask for recovery (limits.pause_at_opens).".to_owned(),
                    Flood::Failures => {
                        "Far more proofs than usual fail (limits.pause_at_failures): somebody may be guessing.".to_owned()
                    }
                },
                format!(
                    "No new request is taken until {}, and again whenever it goes on. You are told once. Requests that \
                     are open go on.",
                    words::moment(*until).words
                ),
                "Look at the console for where the requests come from. If something did happen to many people at once, \
                 raise the limit; `latchkey admin resume` ends the pause. If it is an attack, `latchkey admin pause` \
                 stops everything."
                    .to_owned(),
            ],
        ),
        InstallationEvent::SignInRefused { refusal, .. } => (
            "a sign-in was refused",
            vec![format!(
                "Somebody came back from your organisation's sign-in, and was not let in: {refusal}."
            )],
        ),
        InstallationEvent::ForeignMessages { count } => (
            "somebody reports about Verified IDs who may not",
            vec![format!(
                "There were {count} messages without a key that we gave out. They were refused."
            )],
        ),
        InstallationEvent::Restored { ended: count } => (
            "the database was restored from a backup",
            vec![
                "An operator put a backup in the place of the database, at the command line of the server.".to_owned(),
                ended(*count),
            ],
        ),
    }
}

/// What went wrong, and what to do.
const fn alert_words(alert: &Alert) -> (&'static str, &'static str) {
    match alert {
        Alert::ContactCodeTriesUsedUp => (
            "wrong contact code three times",
            "The approver typed a wrong code three times and the request was closed. Ask the approver who gave \
             them the codes: somebody may have called in the person's name.",
        ),
        Alert::Reported {
            by: ReportedBy::Owner,
        } => (
            "reported by the owner",
            "The owner says that they did not ask for this. No recovery of this account can start for a day, and the \
             request was stopped unless a pass had been given out long before: look at the account now. Their password \
             may be known to somebody else.",
        ),
        Alert::Reported {
            by: ReportedBy::Security,
        } => (
            "stopped by the security team",
            "Somebody stopped this recovery through the link in a mail to you. No recovery of this account can start for a \
             day, and the request was stopped unless a pass had been given out long before. Look at the account, and \
             speak to its owner.",
        ),
        Alert::Reported {
            by: ReportedBy::Approver(_),
        } => (
            "reported by an approver",
            "An approver does not recognise this request. No recovery of this account can start for a day. If no pass had \
             been given out, the request was stopped; if one had, somebody may be using the account: look at it now, \
             and speak to its owner.",
        ),
        Alert::Aborted { cause } => ("stopped half-way", abort_words(cause)),
        Alert::PassMismatch => (
            "the pass that was shown is void",
            "Microsoft does not list the Temporary Access Pass that was shown, but another one or none. Another one is \
             deleted now. A late call of ours can be the reason, or somebody who made or deleted a pass by hand: \
             Microsoft's audit log says who. The person can get a new pass on their page while their time lasts.",
        ),
        Alert::PrivilegedSubject => (
            "a privileged account",
            "Somebody passed the proofs for a privileged account, or for one that you let nobody recover, and asked for \
             its recovery, which is refused. If the owner did not do this, somebody else reads their mail: treat it as an attack.",
        ),
        Alert::ManagerChanged => (
            "the manager was just changed",
            "The directory names another manager than a short while ago. The new one is not asked for three days: whoever is on call decides, or nobody. \
             If nobody in your organisation changed it, somebody else did: treat it as an attack.",
        ),
        Alert::ApproverNotReached => (
            "the approver cannot be reached",
            "The mail that asks for approval could not be delivered. Correct the approver's address in the directory, \
             then help the person who waits.",
        ),
        Alert::CleanUpFailed => (
            "a clean-up failed",
            "What had to be undone at Microsoft after this request could not be undone: a pass, a session or a sign-in \
             method may still be there. Undo it by hand now; the server's log names the call.",
        ),
        Alert::OwnerNotReached => (
            "the owner cannot be reached",
            "No mail about this request could be delivered to the owner of the account, so it will not go on. Correct \
             the addresses in the directory.",
        ),
        Alert::EndedAfterClaim => (
            "ended after an attempt",
            "An attempt to issue a pass was made before the request ended. Sessions may have ended and sign-in methods \
             may be gone: look at the account and help the person to register one.",
        ),
        Alert::Lapsed => (
            "not finished",
            "A pass was given out, but no new sign-in method was registered. The account may be left with a password \
             only: help the person to register one.",
        ),
        Alert::Repudiated => (
            "a recovery is undone",
            "A recovery that was carried out is repudiated, by its owner or by you. Its pass, the sessions and the methods added \
             since are being removed. Treat the account as taken over.",
        ),
    }
}

const fn abort_words(cause: &AbortCause) -> &'static str {
    match cause {
        AbortCause::GuardChanged(_) => {
            "A condition that held at approval did not hold when the pass was asked for. Nobody can use a pass of \
             this attempt. The console says which condition."
        }
        AbortCause::MethodSurvived => {
            "A sign-in method could not be removed. Nobody can use a pass of this attempt. Some methods may be gone: look at the account."
        }
        AbortCause::Permanent => {
            "Microsoft refused a step for good. Nobody can use a pass of this attempt. Some methods may be gone: look at the account and \
             at the permissions of the application."
        }
        AbortCause::PassChanged => {
            "Microsoft does not list the Temporary Access Pass that was shown, but another one or none, and no call of ours \
             can be the reason: somebody deleted it or made another one by hand. Microsoft's audit log says who. The \
             request was ended; another pass was left as it is. If no administrator did this, somebody else has their \
             rights: treat it as an attack. Sessions have ended and sign-in methods may be gone: help the person to register one."
        }
        AbortCause::RestoredFromBackup => {
            "The database was restored from a backup, and what happened to this request since the backup is lost: it may \
             have been finished, declined or reported. It was ended. Nobody can use a pass of it any more. Sessions may \
             have ended and sign-in methods may be gone: look at the account, and speak to its owner."
        }
        AbortCause::AttemptsUsedUp => {
            "Three attempts to issue a pass failed. Nobody can use a pass of this attempt. Some methods may be gone: look at the account."
        }
    }
}

/// A person's name for use in a line.
fn name(text: &str) -> String {
    const LONGEST: usize = 80;
    let joined = readable(text);
    match joined.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &joined[..end]),
        None if joined.is_empty() => "(no name)".to_owned(),
        None => joined,
    }
}
