use std::{sync::Arc, time::Duration};

use app::view::Account;
use domain::{AbortCause, Alert, Notice, PersonId, Reference, ReportedBy, RequestId, Timestamp};
use lettre::message::Mailbox;
use simulator::{Options, Simulator};
use tokio::net::TcpListener;
use url::Url;
use uuid::Uuid;

use super::{AbsenceNews, Cause, Mail, MailError, Mailer, address, words::Words};
use crate::{
    audit::InstallationEvent,
    auth::oidc::SignInRefusal,
    clock::Clock,
    config::{self, Organisation, Tls},
    store::SignInKind,
    words::{Lead, WhyAsked},
};

const KEY: Uuid = Uuid::from_u128(0x1234_5678_9abc_def0);

/// 2026-03-01 12:00:00 UTC, for ever.
struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_772_366_400_000)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    fn follow(&self, _present: Timestamp) {}
}

fn organisation() -> Organisation {
    Organisation {
        name: "Contoso".to_owned(),
        help: "Call the help desk on 4357.".to_owned(),
    }
}

fn reference() -> Reference {
    RequestId(KEY).reference()
}

fn link() -> Url {
    Url::parse("https://recover.example.com/not-me/c2VjcmV0").unwrap()
}

fn ask(approver: &str, subject: &str) -> Mail {
    ask_as(
        WhyAsked::Leads(Lead::Manager),
        Account::Untouched,
        approver,
        subject,
    )
}

fn ask_as(why: WhyAsked, account: Account, approver: &str, subject: &str) -> Mail {
    Mail::AskApprover {
        approver: approver.to_owned(),
        subject: subject.to_owned(),
        reference: reference(),
        asked_at: "1 March 2026, 12:00 UTC".to_owned(),
        deadline: "1 March 2026, 16:00 UTC".to_owned(),
        why,
        account,
        digits: 6,
        is_reminder: false,
        review_url: link(),
    }
}

fn code(name: &str) -> Mail {
    Mail::EmailCode {
        name: name.to_owned(),
        code: "4711 0815".to_owned(),
        valid_minutes: 10,
        reference: reference(),
        others_url: None,
    }
}

fn notice(kind: Notice, not_me_url: Option<Url>) -> Mail {
    notice_of(kind, Account::Untouched, not_me_url)
}

fn notice_of(notice: Notice, account: Account, not_me_url: Option<Url>) -> Mail {
    Mail::OwnerNotice {
        notice,
        account,
        name: "Ada Lovelace".to_owned(),
        reference: reference(),
        at: "1 March 2026, 12:00 UTC".to_owned(),
        not_me_url,
        is_last: true,
    }
}

fn alert(alert: Alert) -> Mail {
    Mail::AdminAlert {
        alert,
        reference: reference(),
        subject: "Ada Lovelace".to_owned(),
        console_url: link(),
    }
}

fn absences() -> Vec<Mail> {
    let news = [
        AbsenceNews::Planned,
        AbsenceNews::StandsIn,
        AbsenceNews::Removed,
        AbsenceNews::NobodyStandsIn,
    ];
    let mail = |news, delegate: Option<&str>| Mail::Absence {
        news,
        name: "Charles".to_owned(),
        person: "Ada Lovelace".to_owned(),
        delegate: delegate.map(str::to_owned),
        days: ("24 December 2026".to_owned(), "2 January 2027".to_owned()),
        absence_url: link(),
    };
    let with = news.map(|news| mail(news, Some("Grace Hopper")));
    with.into_iter()
        .chain([mail(AbsenceNews::Planned, None)])
        .collect()
}

fn security_notice(notice: Notice) -> Mail {
    security_notice_of(notice, Account::Untouched)
}

fn security_notice_of(notice: Notice, account: Account) -> Mail {
    Mail::SecurityNotice {
        notice,
        account,
        name: "Ada Lovelace".to_owned(),
        user_principal_name: "ada@example.com".to_owned(),
        reference: reference(),
        at: "1 March 2026, 12:00 UTC".to_owned(),
        console_url: link(),
        stop_url: link(),
    }
}

fn codes_made(not_me_url: Option<Url>) -> Mail {
    Mail::CodesMade {
        name: "Ada Lovelace".to_owned(),
        replaced: true,
        at: "1 March 2026, 12:00 UTC".to_owned(),
        not_me_url,
    }
}

fn installation(event: InstallationEvent) -> Mail {
    Mail::InstallationAlert { event }
}

fn words(mail: &Mail) -> Words {
    mail.words(&organisation()).unwrap()
}

const NOTICES: [Notice; 8] = [
    Notice::SavedCodeUsed,
    Notice::SavedCodesVoided,
    Notice::PasswordUsed,
    Notice::VerifiedIdUsed,
    Notice::Submitted,
    Notice::Approved,
    Notice::Disclosed,
    Notice::Completed,
];

/// Every reason why somebody is asked, and the sentence that says so.
fn reasons() -> [(WhyAsked, &'static str); 8] {
    let stands_in = |name: Option<&str>, lead| WhyAsked::StandsIn {
        name: name.map(str::to_owned),
        lead,
    };
    [
        (
            WhyAsked::Leads(Lead::Manager),
            "You are asked because you are Ada Lovelace’s manager.",
        ),
        (
            WhyAsked::Leads(Lead::ManagersManager),
            "You are asked because you are the manager of Ada Lovelace’s manager.",
        ),
        (
            stands_in(Some("Grace Hopper"), Some(Lead::Manager)),
            "You are asked because you stand in for Grace Hopper, Ada Lovelace’s manager, who is away.",
        ),
        (
            stands_in(Some("Grace Hopper"), Some(Lead::ManagersManager)),
            "You are asked because you stand in for Grace Hopper, the manager of Ada Lovelace’s manager, who is away.",
        ),
        (
            stands_in(None, None),
            "You are asked because you stand in for a colleague, who is away.",
        ),
        (
            WhyAsked::OnCall,
            "You are asked because you are on call for account recovery.",
        ),
        (
            WhyAsked::DualControl,
            "You are asked because Ada Lovelace’s account has special rights,",
        ),
        (
            WhyAsked::NamedBy(Some("Grace\nHopper".to_owned())),
            "You are asked because Grace Hopper named you.",
        ),
    ]
}

fn every_mail() -> Vec<Mail> {
    let notices = NOTICES;
    let causes = [
        AbortCause::GuardChanged(domain::Refusal::SubjectIsPrivileged),
        AbortCause::MethodSurvived,
        AbortCause::Permanent,
        AbortCause::AttemptsUsedUp,
        AbortCause::PassChanged,
        AbortCause::RestoredFromBackup,
    ];
    let alerts = [
        Alert::ContactCodeTriesUsedUp,
        Alert::Reported {
            by: ReportedBy::Owner,
        },
        Alert::Reported {
            by: ReportedBy::Security,
        },
        Alert::Reported {
            by: ReportedBy::Approver(PersonId("b".to_owned())),
        },
        Alert::PassMismatch,
        Alert::PrivilegedSubject,
        Alert::ApproverNotReached,
        Alert::CleanUpFailed,
        Alert::OwnerNotReached,
        Alert::EndedAfterClaim,
        Alert::Lapsed,
        Alert::Repudiated,
    ];
    let mut mails = vec![code("Ada Lovelace"), ask("Charles Babbage", "Ada Lovelace")];
    mails.extend(notices.map(|kind| notice(kind, Some(link()))));
    mails.extend(notices.map(|kind| notice(kind, None)));
    mails.extend(notices.map(security_notice));
    for account in [Account::Touched, Account::PassShown] {
        mails.extend(notices.map(|kind| notice_of(kind, account, Some(link()))));
        mails.extend(notices.map(|kind| security_notice_of(kind, account)));
        mails.extend(reasons().map(|(why, _)| ask_as(why, account, "Charles", "Ada Lovelace")));
    }
    mails.extend(alerts.map(alert));
    mails.extend(causes.map(|cause| alert(Alert::Aborted { cause })));
    let trial = |mail| Mail::Trial(Box::new(mail));
    mails.push(trial(ask("Charles Babbage", "Ada Lovelace")));
    mails.push(trial(notice(Notice::Submitted, Some(link()))));
    mails.push(trial(alert(Alert::Lapsed)));
    mails.push(installation(InstallationEvent::ForeignMessages {
        count: 3,
    }));
    mails.push(installation(InstallationEvent::Restored { ended: 3 }));
    mails.push(installation(InstallationEvent::MailboxSettingsRefused));
    mails.push(installation(InstallationEvent::ApproversGroupUnguarded {
        group: "10c6fc31-d1bc-4df8-9f09-b6288f116e5c".to_owned(),
    }));
    mails.push(installation(InstallationEvent::DirectoryUnseen {
        since: StoppedClock.now(),
    }));
    let person = PersonId("b".to_owned());
    mails.push(installation(InstallationEvent::SavedCodesVoided {
        person,
        request: None,
    }));
    mails.extend([Some(link()), None].map(codes_made));
    mails.extend(absences());
    mails.push(installation(InstallationEvent::CheckpointBegun { row: 3 }));
    mails.push(installation(InstallationEvent::SignInRefused {
        kind: SignInKind::Employee,
        request: None,
        refusal: SignInRefusal::Guest,
    }));
    mails.push(installation(InstallationEvent::RolledBack {
        checkpoint_row: 4711,
        checkpoint_at: StoppedClock.now(),
        ended: 3,
    }));
    mails
}

#[test]
fn every_mail_says_who_and_what_and_has_its_reference_in_both_parts() {
    for mail in every_mail() {
        let words = words(&mail);
        assert!(
            !words.subject.contains(['\r', '\n']) && words.subject.len() < 120,
            "{mail:?}: {}",
            words.subject
        );
        for part in [&words.text, &words.html] {
            let is_about_a_request = !matches!(
                mail,
                Mail::InstallationAlert { .. } | Mail::CodesMade { .. } | Mail::Absence { .. }
            );
            assert_eq!(
                part.contains(&reference().to_string()),
                is_about_a_request,
                "{mail:?}: {part}"
            );
            assert_eq!(part.contains("Reference:"), is_about_a_request);
            assert!(
                part.contains("Contoso account recovery"),
                "{mail:?}: {part}"
            );
            assert!(
                part.contains("Call the help desk on 4357."),
                "{mail:?}: {part}"
            );
        }
        assert!(
            words.html.starts_with("<!doctype html>\n<html lang=\"en\""),
            "{mail:?}"
        );
        assert!(
            !words.html.contains("<img") && !words.html.contains("<script"),
            "{mail:?}"
        );
        assert!(
            !words.text.contains("\n\n\n") && !words.text.contains('\t'),
            "{mail:?}: {}",
            words.text
        );
    }
}

#[test]
fn a_mail_says_why_its_reader_is_asked() {
    for (why, sentence) in reasons() {
        let mail = ask_as(why, Account::Untouched, "Charles", "Ada Lovelace");
        let words = words(&mail);
        assert!(one_line(&words.text).contains(sentence), "{}", words.text);
    }
}

#[test]
fn a_mail_says_what_was_done_to_the_account_before() {
    for account in [Account::Untouched, Account::Touched, Account::PassShown] {
        let mut mails = vec![ask_as(WhyAsked::OnCall, account, "Charles", "Ada Lovelace")];
        for kind in [Notice::Submitted, Notice::Approved, Notice::PasswordUsed] {
            mails.push(notice_of(kind, account, None));
            mails.push(security_notice_of(kind, account));
        }
        for mail in mails {
            let text = one_line(&words(&mail).text);
            let says = |sentence: &str| text.contains(sentence);
            let untouched = account == Account::Untouched;
            assert_eq!(says("Nothing has changed on "), untouched, "{text}");
            let attempted = account == Account::Touched;
            assert_eq!(says("An attempt was made before:"), attempted, "{text}");
            let shown = account == Account::PassShown;
            assert_eq!(
                says("A pass was given out before, and does not work any more."),
                shown,
                "{text}"
            );
        }
    }
}

/// Text whose lines were broken, on one.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_mail_has_at_most_one_link_and_it_stands_once_in_each_part() {
    for mail in every_mail() {
        let without = matches!(
            &mail,
            Mail::EmailCode { .. }
                | Mail::InstallationAlert { .. }
                | Mail::CodesMade {
                    not_me_url: None,
                    ..
                }
                | Mail::OwnerNotice {
                    not_me_url: None,
                    ..
                }
        );
        // The security team is told where to look as well.
        let wanted = match &mail {
            Mail::SecurityNotice { .. } => 2,
            _ => usize::from(!without),
        };
        let words = words(&mail);
        for part in [&words.text, &words.html] {
            assert_eq!(
                part.matches(link().as_str()).count(),
                wanted,
                "{mail:?}: {part}"
            );
            assert_eq!(part.matches("://").count(), wanted, "{mail:?}: {part}");
        }
        assert!(
            wanted == 0 || words.text.contains(&format!(":\n{}\n", link())),
            "on a line of its own: {}",
            words.text
        );
    }
}

/// What a reader of an HTML part reads.
fn read(html: &str) -> String {
    let mut read = String::new();
    let body = html.split_once("<body").unwrap().1;
    for piece in body.split('<') {
        let (tag, words) = piece.split_once('>').unwrap_or(("", piece));
        if !tag.contains("span") {
            read.push(' ');
        }
        read.push_str(words);
    }
    let named = [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#38;", "&"),
    ];
    let read = named.iter().fold(read, |read, (name, character)| {
        read.replace(name, character)
    });
    read.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn both_parts_of_every_mail_say_the_same() {
    for mail in every_mail() {
        let words = words(&mail);
        let html = read(&words.html);
        let mut rest = html.clone();
        for line in words.text.lines().filter(|line| *line != "-- ") {
            let line = line.trim();
            // The address behind a button.
            if line == link().as_str() {
                continue;
            }
            let line = line.strip_suffix(':').unwrap_or(line);
            assert!(html.contains(line), "{mail:?}: {line:?} in {html}");
            rest = rest.replacen(line, "", 1);
        }
        // The HTML part has the subject as its heading, and offers the help instead of naming it.
        let rest = rest.replacen(&words.subject, "", 1);
        let left: Vec<_> = rest
            .split_whitespace()
            .filter(|word| *word != "&nbsp;")
            .collect();
        assert!(
            matches!(left[..], [">", "Need", "help?"] | ["Need", "help?"]),
            "{mail:?}: {left:?}"
        );
    }
}

#[test]
fn a_code_stands_once_in_its_own_mail_and_in_no_other_place() {
    let mail = code("Ada Lovelace");
    let words = words(&mail);
    assert_eq!(words.text.matches("4711 0815").count(), 1);
    assert_eq!(words.html.matches("4711 0815").count(), 1);
    assert!(!words.subject.contains("4711"));
}

#[test]
fn the_approver_is_told_to_call_and_has_no_button_to_approve() {
    let words = words(&ask("Charles Babbage", "Ada Lovelace"));
    assert_eq!(
        words.subject,
        "Ada Lovelace cannot sign in and asks for your approval"
    );
    assert!(
        words
            .text
            .starts_with("Hello Charles Babbage,\n\nAda Lovelace asked on 1 March 2026, 12:00 UTC"),
        "{}",
        words.text
    );
    for line in [
        "1. Call Ada Lovelace on a number you already had.",
        "2. Ask for the 6-digit code on their screen.",
        "If you can't reach them or didn't expect this, decline or report it on the page.",
        "Review the request:",
        "until 1 March 2026, 16:00 UTC.",
    ] {
        assert!(words.text.contains(line), "{line}: {}", words.text);
    }
    assert!(words.html.contains(">Review the request</a>"));
}

#[test]
fn an_owner_can_always_say_that_it_was_not_them() {
    for kind in [
        Notice::SavedCodeUsed,
        Notice::SavedCodesVoided,
        Notice::PasswordUsed,
        Notice::VerifiedIdUsed,
        Notice::Submitted,
        Notice::Approved,
        Notice::Disclosed,
        Notice::Completed,
    ] {
        let with_link = words(&notice(kind, Some(link())));
        assert!(
            with_link.text.contains("This wasn't me:\n"),
            "{}",
            with_link.text
        );
        let without = words(&notice(kind, None));
        assert!(
            without
                .text
                .contains("If this wasn't you: Call the help desk on 4357."),
            "{}",
            without.text
        );
    }
}

#[test]
fn a_hostile_name_can_neither_write_html_nor_a_header() {
    let hostile =
        "<a href=\"http://evil.example\">Ada</a>\r\nBcc: eve@evil.example\u{202e}\u{200b}\"'&";
    let mail = ask("Charles Babbage", hostile);
    let words = words(&mail);
    assert!(
        !words.html.contains("<a href=\"http://evil"),
        "{}",
        words.html
    );
    assert!(
        words
            .html
            .contains("&#60;a href=&#34;http://evil.example&#34;&#62;Ada"),
        "{}",
        words.html
    );
    for part in [&words.subject, &words.text, &words.html] {
        assert!(!part.contains(['\r', '\u{202e}', '\u{200b}']), "{part:?}");
    }
    assert!(
        !words.text.lines().any(|line| line.starts_with("Bcc")),
        "{}",
        words.text
    );

    let message = mailer(25)
        .compose(address::strict("ada@example.com").unwrap(), &mail, KEY)
        .unwrap();
    let formatted = String::from_utf8(message.formatted()).unwrap();
    let head = formatted.split("\r\n\r\n").next().unwrap();
    let names: Vec<_> = head
        .lines()
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split(':').next().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "From",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            "Auto-Submitted",
            "X-Auto-Response-Suppress",
            "MIME-Version",
            "Content-Type"
        ]
    );
    assert_eq!(message.envelope().to().len(), 1);
}

#[test]
fn a_name_without_anything_to_see_is_said_so_and_a_long_one_is_cut() {
    assert!(
        words(&code("\u{200b}\r\n"))
            .text
            .starts_with("Hello (no name),")
    );
    let text = words(&code(&"ö".repeat(500))).text;
    assert!(
        text.starts_with(&format!("Hello {}…,", "ö".repeat(80))),
        "{text}"
    );
}

#[test]
fn debug_shows_neither_code_nor_link() {
    for mail in every_mail() {
        let shown = format!("{mail:?}");
        assert!(
            !shown.contains("4711") && !shown.contains("c2VjcmV0"),
            "{shown}"
        );
    }
}

fn mailer(port: u16) -> Mailer {
    let mail = config::Mail {
        host: "127.0.0.1".to_owned(),
        port,
        tls: Tls::None,
        credentials: None,
        from: "Account recovery <recovery@example.com>"
            .parse::<Mailbox>()
            .unwrap(),
    };
    Mailer::new(&mail, &organisation(), Arc::new(StoppedClock)).unwrap()
}

/// A mail server, and its control.
struct MailServer {
    simulator: Simulator,
    http: reqwest::Client,
}

impl MailServer {
    async fn start() -> Self {
        Self {
            simulator: Simulator::start(Options::default()).await.unwrap(),
            http: reqwest::Client::new(),
        }
    }

    fn mailer(&self) -> Mailer {
        mailer(self.simulator.smtp_addr().port())
    }

    async fn mode(&self, mode: &str) {
        let url = format!("{}/_control/mailbox/mode", self.simulator.base_url());
        let body = serde_json::json!({ "mode": mode });
        self.http
            .post(url)
            .json(&body)
            .send()
            .await
            .unwrap()
            .error_for_status()
            .unwrap();
    }

    async fn mails(&self) -> Vec<serde_json::Value> {
        let url = format!("{}/_control/mailbox", self.simulator.base_url());
        self.http
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn a_mail_arrives_with_both_parts_and_its_headers() {
    let server = MailServer::start().await;
    let mail = ask("Chärles Babbage", "Ada Łovelace");
    server
        .mailer()
        .send("charles@example.com", &mail, KEY)
        .await
        .unwrap();
    let mails = server.mails().await;
    let [arrived] = mails.as_slice() else {
        panic!("{mails:?}")
    };
    assert_eq!(arrived["to"], serde_json::json!(["charles@example.com"]));
    assert_eq!(arrived["from"], "recovery@example.com");
    assert_eq!(
        arrived["subject"],
        "Ada Łovelace cannot sign in and asks for your approval"
    );
    let words = words(&mail);
    let text = arrived["text"].as_str().unwrap().replace("\r\n", "\n");
    assert_eq!(text.trim_end(), words.text.trim_end());
    assert!(arrived["html"].as_str().unwrap().contains(link().as_str()));
    let headers: std::collections::HashMap<String, String> = arrived["headers"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| {
            (
                name.to_lowercase(),
                value.as_str().unwrap().trim().to_owned(),
            )
        })
        .collect();
    assert_eq!(headers["message-id"], format!("<{KEY}@example.com>"));
    assert_eq!(headers["auto-submitted"], "auto-generated");
    assert_eq!(headers["x-auto-response-suppress"], "All");
    assert_eq!(headers["date"], "Sun, 01 Mar 2026 12:00:00 +0000");
}

#[tokio::test]
async fn what_the_server_says_decides_whether_to_try_again() {
    let server = MailServer::start().await;
    let mailer = server.mailer();
    for (mode, retryable) in [
        ("tempfail", true),
        ("reject-recipient", false),
        ("reject-data", false),
        ("accept", true),
    ] {
        server.mode(mode).await;
        let sent = mailer.send("ada@example.com", &code("Ada"), KEY).await;
        match sent {
            Ok(()) => assert_eq!(mode, "accept"),
            Err(MailError::Retryable(Cause::Answered(400..=499))) => assert!(retryable, "{mode}"),
            Err(MailError::Permanent(Cause::Answered(500..=599))) => assert!(!retryable, "{mode}"),
            Err(other) => panic!("{mode}: {other}"),
        }
        if let Err(error) = sent {
            assert!(!error.to_string().contains("ada@example.com"), "{error}");
        }
    }
    assert_eq!(server.mails().await.len(), 1);
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_worth_another_try() {
    let server = MailServer::start().await;
    server.mode("refuse-connection").await;
    let sent = server
        .mailer()
        .send("ada@example.com", &code("Ada"), KEY)
        .await;
    assert_eq!(sent, Err(MailError::Retryable(Cause::Connection)));

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let sent = mailer(port)
        .send("ada@example.com", &code("Ada"), KEY)
        .await;
    assert_eq!(sent, Err(MailError::Retryable(Cause::Connection)));
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up_on() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut mailer = mailer(port);
    mailer.limit = Duration::from_millis(50);
    let sent = mailer.send("ada@example.com", &code("Ada"), KEY).await;
    assert_eq!(sent, Err(MailError::Retryable(Cause::Timeout)));
}

#[tokio::test]
async fn an_address_that_is_not_plain_never_reaches_the_server() {
    let server = MailServer::start().await;
    let mailer = server.mailer();
    for to in [
        "ada@example.com\r\nRCPT TO:<eve@example.com>",
        "\"a\r\nDATA\"@example.com",
        "a@example.com,b@example.com",
        "Ada <ada@example.com>",
        "",
    ] {
        let sent = mailer.send(to, &code("Ada"), KEY).await;
        assert_eq!(sent, Err(MailError::Permanent(Cause::Address)), "{to:?}");
    }
    assert!(server.mails().await.is_empty());
}
