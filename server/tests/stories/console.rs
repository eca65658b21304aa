//! The console: who gets in, for how long, and what is read there.

use std::time::Duration;

use reqwest::Method;

use crate::{browser::Browser, harness::Story};

const PASSWORD: &str = "correct horse battery";
const MINUTE: Duration = Duration::from_mins(1);

async fn signs_in(browser: &Browser<'_>, name: &str, password: &str) -> crate::browser::Page {
    let form = [("name", name), ("password", password)];
    browser.post("/console/sign-in", &form).await
}

#[tokio::test]
async fn nothing_is_read_without_a_sign_in() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let id = ada.request().await.facts.id;
    let forged = "A".repeat(43);
    let cookies = [
        String::new(),
        "latchkey-console=".to_owned(),
        format!("latchkey-console={forged}"),
        "latchkey-console=x".to_owned(),
    ];
    for path in [
        "/console".to_owned(),
        "/console?state=open".to_owned(),
        "/console?before=nonsense".to_owned(),
        format!("/console/recoveries/{id}"),
        "/console/recoveries/nonsense".to_owned(),
    ] {
        for cookie in &cookies {
            let page = story
                .browser()
                .send(Method::GET, &path, &[("cookie", cookie)], None)
                .await;
            assert_eq!(
                (page.status, page.header("location")),
                (303, "/console/sign-in"),
                "{path}"
            );
            assert!(page.body.is_empty());
        }
    }
    // Neither does what binds a browser to a request open the console.
    let bound = ada.browser.cookie("latchkey-request").unwrap();
    let cookie = format!("latchkey-console={bound}");
    let page = story
        .browser()
        .send(Method::GET, "/console", &[("cookie", &cookie)], None)
        .await;
    assert_eq!(page.status, 303);
}

#[tokio::test]
async fn only_the_right_password_opens() {
    let story = Story::begin().await;
    story.admin("auditor", PASSWORD).await;
    let browser = story.browser();
    let long = "a".repeat(5000);
    for (name, password) in [
        ("auditor", "wrong horse battery"),
        ("auditor", ""),
        ("auditor", &long),
        ("nobody", PASSWORD),
        ("", ""),
        ("Auditor", PASSWORD),
        ("auditor' --", PASSWORD),
    ] {
        let page = signs_in(&browser, name, password).await;
        page.shows(422, "Check your name and your password");
        assert!(browser.cookie("latchkey-console").is_none(), "{name}");
        assert!(
            password.is_empty() || !page.body.contains(password),
            "the password is not kept"
        );
    }
    signs_in(&browser, "auditor", PASSWORD)
        .await
        .shows(200, "There are no recoveries to show here.");
}

#[tokio::test]
async fn a_session_ends_by_itself_and_by_hand() {
    let story = Story::begin().await;
    story.admin("auditor", PASSWORD).await;
    let browser = story.browser();
    signs_in(&browser, "auditor", PASSWORD).await;
    // Used, it lasts; unused, it ends.
    for _ in 0..2 {
        story.advance(14 * MINUTE).await;
        browser.get("/console").await.shows(200, "Recoveries");
    }
    story.restart().await;
    browser.get("/console").await.shows(200, "Recoveries");
    story.advance(15 * MINUTE).await;
    browser
        .get("/console")
        .await
        .shows(200, "Sign in to the console");

    // However much it is used, after twelve hours it is over.
    signs_in(&browser, "auditor", PASSWORD).await;
    for _ in 0..71 {
        story.advance(10 * MINUTE).await;
        browser.get("/console").await.shows(200, "Recoveries");
    }
    story.advance(10 * MINUTE).await;
    browser
        .get("/console")
        .await
        .shows(200, "Sign in to the console");

    signs_in(&browser, "auditor", PASSWORD).await;
    let kept = story.browser();
    kept.steal(&browser);
    browser
        .post("/console/sign-out", &[])
        .await
        .shows(200, "Sign in to the console");
    assert!(browser.cookie("latchkey-console").is_none());
    kept.get("/console")
        .await
        .shows(200, "Sign in to the console");
}

#[tokio::test]
async fn the_list_goes_on_page_by_page() {
    let story = Story::begin().await;
    story.admin("auditor", PASSWORD).await;
    for number in 0..60 {
        let person = story.somebody(&format!("person.{number:02}@elsewhere.example"), "");
        person
            .browser
            .submit(
                "/identify",
                &[(
                    "identifier",
                    &format!("person.{number:02}@elsewhere.example"),
                )],
            )
            .await;
        if number % 2 == 0 {
            person.browser.post("/withdraw", &[]).await;
        }
    }
    let browser = story.browser();
    signs_in(&browser, "auditor", PASSWORD).await;
    for (state, wanted) in [("all", 60), ("open", 30), ("ended", 30)] {
        let mut found = Vec::new();
        let mut next = Some(format!("/console?state={state}"));
        while let Some(path) = next {
            let page = browser.get(&path).await;
            page.shows(200, "Recoveries");
            let names: Vec<_> = page
                .text()
                .split(' ')
                .filter(|word| word.ends_with("@elsewhere.example"))
                .map(str::to_owned)
                .collect();
            assert!(!names.is_empty() && names.len() <= 25);
            found.extend(names);
            next = page
                .body
                .split("href=\"")
                .filter_map(|rest| rest.split('"').next())
                .find(|href| href.contains("before="))
                .map(|href| href.replace("&amp;", "&"));
        }
        assert_eq!(found.len(), wanted, "{state}");
        assert!(
            found.is_sorted_by(|newer, older| newer > older),
            "newest first, each once"
        );
    }
}

#[tokio::test]
async fn places_that_are_none_get_a_page() {
    let story = Story::begin().await;
    story.admin("auditor", PASSWORD).await;
    let browser = story.browser();
    signs_in(&browser, "auditor", PASSWORD).await;
    for path in [
        "/console?before=nonsense",
        "/console?before=1_2",
        "/console?before=_",
        "/console?before=99999999999999999999_00000000-0000-0000-0000-000000000000",
        "/console?before=",
        "/console?state=all&state=open",
        "/console/recoveries/nonsense",
        "/console/recoveries/00000000-0000-0000-0000-000000000000",
        "/console/recoveries/' OR 1=1",
    ] {
        browser.get(path).await.shows(404, "There is no page here");
    }
    let page = browser
        .get("/console?before=0_00000000-0000-0000-0000-000000000000")
        .await;
    page.shows(200, "There are no recoveries to show here.");
    browser
        .get("/console?state=nonsense")
        .await
        .shows(200, "Recoveries");
}

#[tokio::test]
async fn a_recovery_is_told_from_its_first_page_to_its_end() {
    let story = Story::begin().await;
    story.admin("auditor", PASSWORD).await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by("daniel.okafor").await;
    ada.claims().await;
    story.registers("ada.keller").await;
    story.watch().await;
    let browser = story.browser();
    let list = signs_in(&browser, "auditor", PASSWORD).await;
    list.shows(200, "Ada Keller")
        .shows(200, "Completed")
        .shows(200, "Daniel Okafor");
    let id = ada.request().await.facts.id;
    let page = browser.get(&format!("/console/recoveries/{id}")).await;
    let reference = ada.request().await.facts.id.reference().to_string();
    page.shows(200, &reference);
    let entries = story.audit(id).await.len();
    assert!(entries >= 10, "{entries}");
    // Nothing can be changed from here.
    assert_eq!(
        page.body.matches("<form").count(),
        page.body.matches("/console/sign-out").count()
    );
}
