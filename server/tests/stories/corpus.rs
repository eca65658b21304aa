//! Text that tries to be something else: markup, headers, statements, formulas, lines of a log, other letters.

use domain::StateName;
use reqwest::{Method, header::HeaderValue};
use serde_json::{Value, json};

use crate::{
    harness::{ADMINS, DOMAIN, Story},
    people::{link, private_address, work_address},
    process::output,
};

const PASSWORD: &str = "correct horse battery";
/// A tag that no page of ours has.
const TAG: &str = "<lkx";
/// What a forged line of a log would begin with.
const FORGED: &str = "2026-01-01T00:00:00.000000Z  INFO forged";
/// Where an injected header would send a copy.
const THIEF: &str = "thief@evil.example";

/// Each is put into every field, and into what the directory says about people.
const CORPUS: [&str; 22] = [
    "<lkx onload=alert(1)>",
    "\"><lkx src=x onerror=alert(1)>",
    "'><lkx>",
    "</title></textarea></script><lkx>",
    "javascript:alert(1)",
    "{{7*7}} ${7*7} #{7*7}",
    "'; DROP TABLE requests; --",
    "\\'; DELETE FROM audit; --",
    "=HYPERLINK(\"https://evil.example\")",
    "ada\r\nBcc: thief@evil.example\r\n\r\n<lkx>",
    "ada%0d%0aBcc:%20thief@evil.example",
    "ada\n2026-01-01T00:00:00.000000Z  INFO forged",
    "\u{1b}[2J\u{1b}[31mred",
    "nul\0byte",
    "\u{202e}reverse \u{2066}isolate\u{2069}",
    "zero\u{200b}width\u{feff}",
    "аdа",    // Cyrillic
    "ａｄａ", // full width
    "e\u{301} ẞ İ ı ﬁ ǅ",
    "😀🏳️\u{200d}🌈",
    "\u{fffd}\u{fffe}\u{10ffff}",
    "../../../etc/passwd",
];

/// Characters that nobody sees, or that turn what follows around.
fn deceives(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(
            c,
            '\u{200b}' | '\u{202e}' | '\u{2066}' | '\u{2069}' | '\u{feff}'
        )
}

/// That nothing of it became part of a page.
#[track_caller]
fn is_only_text(page: &str, what: &str) {
    assert!(!page.contains(TAG), "{what} became markup: {page}");
}

#[tokio::test]
async fn no_field_takes_text_for_anything_else() {
    let story = Story::with(&[
        ("limits.mails_per_hour", "2"),
        (
            "proofs.accepted",
            "[\"email_code\", \"recovery_code\", \"verified_id\"]",
        ),
    ])
    .await;
    story.admin("auditor", PASSWORD).await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let reader = story.browser();
    let to_codes = |mail: &Value| link(&story, mail, "your-code");
    let codes = story.newest(&private_address("ada.keller"), to_codes).await;
    reader.get(&codes).await.shows(200, "Which reference");
    let employee = story.employee("ada.keller").await;
    employee.post("/codes", &[]).await;
    let manager = story.manager("daniel.okafor");
    manager.opens_mail().await;
    let bo = story.locked_out("bo.nilsson");
    bo.asks().await;
    for text in CORPUS {
        let stranger = story.browser();
        for (browser, path, form) in [
            (&stranger, "/identify", "identifier=* reason=other"),
            (
                &stranger,
                "/identify",
                "identifier=nobody@elsewhere.example reason=*",
            ),
            (
                &stranger,
                "/identify",
                "identifier=nobody@elsewhere.example ticket=* number=*",
            ),
            (&stranger, "/console/sign-in", "name=* password=*"),
            (&stranger, "/sign-in", "to=*"),
            (&bo.browser, "/prove", "code=* saved_code=*"),
            (&manager.browser, "/approve", "code=* attested=*"),
            (&reader, "/your-code", "reference=*"),
            (&employee, "/codes/replace", "set=*"),
            (&employee, "/codes/download", "codes=* made=*"),
        ] {
            let fields = form.split(' ').filter_map(|field| field.split_once('='));
            let form: Vec<_> = fields
                .map(|(name, value)| (name, if value == "*" { text } else { value }))
                .collect();
            // Two of them lead to Microsoft.
            let page = browser.submit(path, &form).await;
            assert!(page.status < 500, "{path} {text:?}: {}", page.status);
            is_only_text(&page.body, path);
            for (name, value) in &page.headers {
                assert!(
                    !format!("{name}: {value:?}").contains(THIEF),
                    "{path} {text:?}"
                );
            }
        }
        let encoded: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        for path in [
            "/what-happened?reason=",
            "/identify?reason=",
            "/prove?sent=",
            "/console?state=",
            "/sign-in/callback?state=x&error=x&error_description=",
            "/sign-in/callback?code=x&state=",
            "/prove/password/callback?state=x&code=",
            "/prove/verified-id?sent=",
            "/your-code/",
            "/approve/",
            "/not-me/",
        ] {
            let page = stranger.get(&format!("{path}{encoded}")).await;
            assert!(page.status < 500, "{path} {text:?}: {}", page.status);
            is_only_text(&page.body, path);
        }
    }
    let page = employee.get("/codes").await;
    page.shows(200, "10 of 10 codes are left.");
    // What was typed as a reason is one of ours or none; what was typed as a name opened nothing.
    for request in story.requests().await {
        let typed = request.facts.identifier.as_str().to_owned();
        assert!(typed.is_ascii() && typed.contains('@'), "{typed}");
    }
    assert_eq!(story.mails(THIEF).await, Vec::<Value>::new());
    // Everybody is still where they were.
    manager
        .approves(&ada.contact_code().await)
        .await
        .shows(200, "You have approved the request");
}

#[tokio::test]
async fn what_the_directory_says_stays_text_in_pages_mails_and_records() {
    let story = Story::begin().await;
    story.admin("auditor", PASSWORD).await;
    let console = story.browser();
    let form = [("name", "auditor"), ("password", PASSWORD)];
    console.post("/console/sign-in", &form).await;
    for (number, text) in CORPUS.into_iter().enumerate() {
        let change = json!({ "displayName": text, "givenName": text, "jobTitle": text });
        for alias in ["ada.keller", "daniel.okafor"] {
            let path = format!("/people/{alias}@{DOMAIN}");
            story.control(Method::PATCH, &path, change.clone()).await;
        }
        let ada = story.locked_out("ada.keller");
        // What cannot be in a header at all does not get here.
        if HeaderValue::from_str(text).is_ok() {
            ada.browser.calls_itself(text);
            ada.browser.comes_from(text);
        }
        ada.asks().await;
        let page = ada
            .browser
            .post("/prove", &[("code", &ada.code().await)])
            .await;
        page.shows(200, "Check before you ask");
        is_only_text(&page.body, "the answers");
        ada.submits().await;
        is_only_text(&ada.status().await.body, "the status");
        let manager = story.manager("daniel.okafor");
        let review = manager.opens_mail().await;
        is_only_text(&review.body, "the review");
        let id = ada.request().await.facts.id;
        for path in ["/console".to_owned(), format!("/console/recoveries/{id}")] {
            let page = console.get(&path).await;
            assert_eq!(page.status, 200);
            is_only_text(&page.body, "the console");
            assert!(!page.body.contains(deceives), "{text:?} at {path}");
        }
        let subject = ada.request().await.facts.subject.unwrap();
        assert!(!subject.person.display_name.contains(deceives), "{text:?}");
        manager.browser.post("/approve/report", &[]).await;
        story.run_jobs().await;
        story.advance(std::time::Duration::from_hours(25)).await;

        for to in [
            work_address("ada.keller"),
            private_address("ada.keller"),
            work_address("daniel.okafor"),
            ADMINS.to_owned(),
        ] {
            for mail in story.mails(&to).await {
                let part = |name: &str| mail[name].as_str().unwrap_or_default().to_owned();
                is_only_text(&part("html"), "a mail");
                let subject = part("subject");
                assert!(
                    !subject.contains(|c: char| c.is_control() || deceives(c)),
                    "{subject:?}"
                );
                assert_eq!(mail["to"].as_array().map(Vec::len), Some(1), "{mail}");
                // No sentence of the text is the directory's.
                assert!(
                    !part("text").lines().any(|line| line.starts_with("Bcc:")),
                    "{mail}"
                );
            }
        }
        assert_eq!(story.mails(THIEF).await, Vec::<Value>::new());
        assert_eq!(story.requests().await.len(), number + 1);
    }
}

#[tokio::test]
async fn what_a_wallet_or_an_operator_says_stays_text() {
    let story = Story::with(&[
        ("proofs.accepted", "[\"verified_id\"]"),
        ("proofs.required", "1"),
    ])
    .await;
    story.admin("auditor", PASSWORD).await;
    let console = story.browser();
    let form = [("name", "auditor"), ("password", PASSWORD)];
    console.post("/console/sign-in", &form).await;
    for text in CORPUS {
        let ada = story.locked_out("ada.keller");
        ada.asks().await;
        ada.browser.post("/prove/verified-id", &[]).await;
        let asked = story.presentations().await.pop().unwrap();
        let key = asked["callback"]["headers"]["api-key"].as_str();
        for (field, value) in [
            ("requestId", json!(text)),
            ("requestStatus", json!(text)),
            ("state", json!(text)),
            ("subject", json!(text)),
            ("error", json!({ "code": text, "message": text })),
            (
                "verifiedCredentialsData",
                json!([{ "issuer": text, "type": [text], "claims": { (text): text } }]),
            ),
        ] {
            let mut message = json!({
                "requestId": asked["id"],
                "requestStatus": "presentation_verified",
                "state": asked["callback"]["state"],
                "verifiedCredentialsData": [],
            });
            message[field] = value;
            let answer = story.calls_back(key, message.to_string()).await;
            assert!(answer.status().as_u16() < 500, "{field} {text:?}");
            is_only_text(&answer.text().await.unwrap(), field);
        }
        is_only_text(
            &ada.browser.get("/prove/verified-id").await.body,
            "the page",
        );
        let id = ada.request().await.facts.id;
        let page = console.get(&format!("/console/recoveries/{id}")).await;
        assert_eq!(page.status, 200);
        is_only_text(&page.body, "the console");
        assert!(!page.body.contains(deceives), "{text:?}");
        assert_eq!(ada.state().await, StateName::Proving, "{text:?}");
    }

    for text in CORPUS.into_iter().filter(|text| !text.contains('\0')) {
        let (status, _, errors) = output(&story, &["admin", "pause", "--reason", text]);
        if status != Some(0) {
            assert!(
                errors.contains("a reason is one line"),
                "{text:?}: {errors}"
            );
            continue;
        }
        let page = story.locked_out("ada.keller").types("ada").await;
        is_only_text(&page.body, "the pause");
        output(&story, &["admin", "resume"]);
    }
    story.run_jobs().await;
    let mails = story.mails(ADMINS).await;
    assert!(mails.len() > CORPUS.len(), "{}", mails.len());
    for mail in mails {
        is_only_text(mail["html"].as_str().unwrap(), "an alert");
        let text = mail["text"].as_str().unwrap().replace("\r\n", "\n");
        assert!(!text.contains(deceives), "{text:?}");
    }
    assert_eq!(story.mails(THIEF).await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_line_of_the_log_is_the_servers_own() {
    for format in ["\"text\"", "\"json\""] {
        let story = Story::closed(&[("log.format", format), ("log.filter", "\"debug\"")]).await;
        let program = story.program().await;
        for text in CORPUS {
            let browser = story.browser();
            for form in [
                [("identifier", text), ("reason", text)],
                [("identifier", "nobody@elsewhere.example"), ("reason", text)],
            ] {
                browser.post("/identify", &form).await;
            }
            browser.post("/prove", &[("code", text)]).await;
            let named = [("name", text), ("password", text)];
            browser.post("/console/sign-in", &named).await;
        }
        let log = program.log();
        assert!(log.lines().count() > CORPUS.len(), "{log}");
        for line in log.lines() {
            assert!(!line.starts_with(FORGED), "{line}");
            assert!(!line.contains(['\u{1b}', '\0', '\u{202e}']), "{line:?}");
            if format == "\"json\"" {
                serde_json::from_str::<Value>(line).expect(line);
            }
        }
    }
}
