//! Saved codes, as the employee makes them, keeps them and replaces them.

use domain::{PersonId, SavedCode};
use latchkey::audit::InstallationEvent;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    browser::{Browser, Page},
    canary::{Place, database, nowhere},
    harness::{DOMAIN, Seen, Story},
    people::{private_address, text, work_address},
};

/// A setting with which saved codes count.
pub const COUNT: (&str, &str) = ("proofs.accepted", "[\"email_code\", \"recovery_code\"]");

const INACTIVE: &str = "Your account is not active here";
const MADE: &str = "Recovery codes were made for your Harbour & Finch account";

impl Story {
    /// As [`Self::begin`], where saved codes count.
    pub async fn with_saved_codes() -> Self {
        Self::with(&[COUNT]).await
    }

    /// The browser of the employee with this name before the `@`, who has signed in.
    pub async fn employee(&self, alias: &str) -> Browser<'_> {
        let browser = self.browser();
        let page = self.employee_signs_in(&browser, alias).await;
        assert_eq!((page.status, page.header("location")), (303, "/codes"));
        browser
    }

    /// Changes the person with this name before the `@` in the directory.
    pub async fn changes(&self, alias: &str, what: Value) {
        let path = format!("/people/{alias}@{DOMAIN}");
        self.control(Method::PATCH, &path, what).await;
    }

    /// The person with this name before the `@` leaves the directory.
    pub async fn leaves(&self, alias: &str) {
        let path = format!("/people/{alias}@{DOMAIN}");
        self.control(Method::DELETE, &path, Value::Null).await;
    }

    /// Whether this is a code that the person with this name before the `@` can use.
    pub async fn would_take(&self, alias: &str, code: &str) -> bool {
        let path = format!("/people/{alias}@{DOMAIN}");
        let person = self.control(Method::GET, &path, Value::Null).await;
        let person = PersonId(person["id"].as_str().unwrap().to_owned());
        let recovery = self.recovery();
        let codes = &recovery.saved_codes;
        let typed = SavedCode::parse(code).unwrap();
        let found = codes.matching(codes.enter().unwrap(), Some(&person), &typed);
        found.await.unwrap().is_some()
    }
}

/// The codes that a page shows, as they are written.
pub fn codes_on(page: &Page) -> Vec<String> {
    let list = page.body.split_once("<ol id=\"codes\">");
    let (list, _) = list.map_or(("", ""), |(_, rest)| rest.split_once("</ol>").unwrap());
    let codes = list.split("translate=\"no\">").skip(1);
    codes
        .map(|rest| rest.split_once("</code>").unwrap().0.to_owned())
        .collect()
}

/// The value of the hidden field of that name.
pub fn hidden(page: &Page, name: &str) -> String {
    let (_, rest) = page
        .body
        .split_once(&format!("name=\"{name}\" value=\""))
        .unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

#[tokio::test]
async fn codes_are_shown_once_and_kept_nowhere() {
    let story = Story::with_saved_codes().await;
    let browser = story.employee("ada.keller").await;
    browser.get("/codes").await.shows(200, "Make ten codes");
    let page = browser.post("/codes", &[]).await;
    page.shows(200, "Save your codes now");
    assert_eq!(page.header("cache-control"), "no-store");
    let codes = codes_on(&page);
    assert_eq!(codes.len(), 10);
    for code in [&codes[0], &codes[9]] {
        assert!(story.would_take("ada.keller", code).await);
        assert!(!story.would_take("bo.nilsson", code).await);
    }
    let overview = browser.get("/codes").await;
    overview.shows(200, "10 of 10 codes are left.");

    // The form that was sent already makes no others: those are on somebody's paper.
    let again = browser.post("/codes", &[]).await;
    again.shows(409, "Your codes had been made already");
    assert!(story.would_take("ada.keller", &codes[5]).await);

    // The page gives them back as a file, also when its reader took their time.
    let form = hidden(&page, "codes");
    let file = story
        .browser()
        .submit("/codes/download", &[("codes", &form)])
        .await;
    assert_eq!(file.status, 200);
    assert_eq!(file.header("cache-control"), "no-store");
    assert!(
        file.header("content-disposition")
            .starts_with("attachment; ")
    );
    for (number, code) in (1..).zip(&codes) {
        let line = format!("{number:>2}. {code}\r\n");
        assert!(file.body.contains(&line), "{}", file.body);
    }
    for form in [
        String::new(),
        form.replacen(&codes[0], "<script>", 1),
        form.replacen(&format!("{} ", codes[0]), "", 1),
    ] {
        let refused = browser.post("/codes/download", &[("codes", &form)]).await;
        refused.shows(422, "We could not read that answer");
    }

    story.run_jobs().await;
    for address in [work_address("ada.keller"), private_address("ada.keller")] {
        assert_eq!(story.subjects(&address).await, [MADE]);
        let mails = story.mails(&address).await;
        let mail = text(&mails[0]);
        assert!(
            mail.contains("If this wasn't you") && mail.contains("/codes"),
            "{mail}"
        );
    }

    let mut places = database(&story).await;
    let mails = story.control(Method::GET, "/mailbox", Value::Null).await;
    places.push(Place::new("a mail", mails.to_string()));
    let seen = story.seen.lock().unwrap();
    let shown = |seen: &&Seen| seen.body != page.body && seen.body != file.body;
    let others = seen.iter().filter(shown);
    places.extend(others.map(|seen| Place::new(&seen.path, seen.body.clone())));
    for code in &codes {
        nowhere(code, "a saved code", &places);
        nowhere(&code.replace('-', "")[..16], "a saved code", &places);
    }
}

#[tokio::test]
async fn new_codes_replace_all_old_ones_once_that_is_confirmed() {
    let story = Story::with_saved_codes().await;
    let browser = story.employee("ada.keller").await;
    assert_eq!(browser.get("/codes/replace").await.path, "/codes");
    let old = codes_on(&browser.post("/codes", &[]).await);
    let asked = browser.get("/codes/replace").await;
    asked.shows(200, "The 10 that you have left stop working at once.");
    assert!(
        story.would_take("ada.keller", &old[0]).await,
        "nothing has changed yet"
    );
    let set = hidden(&asked, "set");
    let page = browser.post("/codes/replace", &[("set", &set)]).await;
    page.shows(200, "The codes that you had before have stopped working.");
    let new = codes_on(&page);
    assert!(story.would_take("ada.keller", &new[0]).await);
    assert!(!story.would_take("ada.keller", &old[0]).await);

    // Sent again, the form replaces none that were just made; nor does anybody else's.
    let again = browser.post("/codes/replace", &[("set", &set)]).await;
    again.shows(409, "Your codes had been made already");
    let theirs = hidden(&browser.get("/codes/replace").await, "set");
    let bo = story.employee("bo.nilsson").await;
    let page = bo.post("/codes/replace", &[("set", &theirs)]).await;
    page.shows(409, "Your codes had been made already");
    assert!(story.would_take("ada.keller", &new[0]).await);

    let events = story.records().await.installation_events().await.unwrap();
    let replaced: Vec<_> = events
        .iter()
        .map(|event| match event {
            InstallationEvent::SavedCodesMade { replaced, .. } => *replaced,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(replaced, [false, true]);
}

#[tokio::test]
async fn codes_are_for_whoever_is_signed_in_and_still_works_here() {
    let story = Story::with_saved_codes().await;
    let stranger = story.browser();
    for (method, path) in [
        (Method::GET, "/codes"),
        (Method::POST, "/codes"),
        (Method::GET, "/codes/replace"),
        (Method::GET, "/codes/check"),
    ] {
        let page = if method == Method::POST {
            stranger.submit(path, &[]).await
        } else {
            stranger.visit(method, path).await
        };
        assert_eq!(
            (page.status, page.header("location")),
            (303, "/sign-in?to=codes"),
            "{path}"
        );
    }

    let browser = story.employee("ada.keller").await;
    story
        .changes("ada.keller", json!({ "accountEnabled": false }))
        .await;
    let page = browser.post("/codes", &[]).await;
    page.shows(403, INACTIVE);
    story
        .changes("ada.keller", json!({ "accountEnabled": true }))
        .await;
    browser
        .get("/codes")
        .await
        .shows(200, "Sign in with your work account");
    let browser = story.employee("ada.keller").await;
    browser.get("/codes").await.shows(200, "Make ten codes");
}

#[tokio::test]
async fn whoever_has_left_is_told_so_and_signed_out() {
    let story = Story::with_saved_codes().await;
    for (method, path) in [(Method::GET, "/codes/check"), (Method::POST, "/codes")] {
        let alias = if method == Method::GET {
            "ada.keller"
        } else {
            "bo.nilsson"
        };
        let browser = story.employee(alias).await;
        story.leaves(alias).await;
        let page = if method == Method::GET {
            browser.get(path).await
        } else {
            browser.post(path, &[]).await
        };
        page.shows(403, INACTIVE);
        assert!(!page.text().contains("request"), "{}", page.text());
        let page = browser.visit(Method::GET, "/codes").await;
        assert_eq!(page.header("location"), "/sign-in?to=codes", "{path}");
    }
}

#[tokio::test]
async fn where_saved_codes_do_not_count_none_are_made() {
    let story = Story::begin().await;
    let browser = story.employee("ada.keller").await;
    let page = browser.get("/codes").await;
    page.shows(200, "Your organisation does not use saved codes");
    assert!(!page.text().contains("Make ten codes"), "{}", page.text());
    let nothing = uuid::Uuid::nil().to_string();
    for page in [
        browser.post("/codes", &[]).await,
        browser.get("/codes/replace").await,
        browser.post("/codes/replace", &[("set", &nothing)]).await,
    ] {
        page.shows(404, "There is no page here");
    }
    let events = story.records().await.installation_events().await.unwrap();
    assert_eq!(events, []);
    // It is enough that they count for one group.
    let settings = [
        ("proofs.accepted", "[\"email_code\"]"),
        (
            "groups",
            "[{ id = \"6ddd38dc-acb2-4191-9154-5a59ba51b41c\", accepted = [\"recovery_code\"] }]",
        ),
    ];
    let story = Story::with(&settings).await;
    let browser = story.employee("ada.keller").await;
    browser.get("/codes").await.shows(200, "Make ten codes");
}

#[tokio::test]
async fn problems_of_employees_speak_of_no_request() {
    let story = Story::with_saved_codes().await;
    let browser = story.employee("ada.keller").await;
    let origin = [("origin", "https://elsewhere.example")];
    let foreign = browser
        .send(Method::POST, "/codes", &origin, Some(&[]))
        .await;
    foreign.shows(403, "We did not take that answer");
    let unreadable = browser.post("/codes/replace", &[]).await;
    unreadable.shows(422, "We could not read that answer");
    let stale = browser.get("/sign-in/callback").await;
    story
        .graph_is_down(Some("POST"), "/oauth2/v2.0/token")
        .await;
    let away = story.employee_signs_in(&browser, "ada.keller").await;
    away.shows(503, "We cannot go on right now");
    for page in [foreign, unreadable, stale, away] {
        let text = page.text().to_lowercase();
        assert!(!text.contains("request"), "{text}");
    }
}

#[tokio::test]
async fn nobody_makes_codes_all_the_time() {
    let story = Story::with_saved_codes().await;
    let browser = story.employee("ada.keller").await;
    let mut codes = codes_on(&browser.post("/codes", &[]).await);
    for _ in 0..9 {
        let set = hidden(&browser.get("/codes/replace").await, "set");
        codes = codes_on(&browser.post("/codes/replace", &[("set", &set)]).await);
    }
    let set = hidden(&browser.get("/codes/replace").await, "set");
    // Wherever they come from.
    let elsewhere = story.employee("ada.keller").await;
    for browser in [&browser, &elsewhere] {
        let page = browser.post("/codes/replace", &[("set", &set)]).await;
        page.shows(429, "You have made codes many times within the hour");
        assert!(page.header("retry-after").parse::<u64>().unwrap() > 60);
    }
    assert!(story.would_take("ada.keller", &codes[0]).await);
    let bo = story.employee("bo.nilsson").await;
    bo.post("/codes", &[])
        .await
        .shows(200, "Save your codes now");

    story.advance(std::time::Duration::from_hours(1)).await;
    let browser = story.employee("ada.keller").await;
    let page = browser.post("/codes/replace", &[("set", &set)]).await;
    page.shows(200, "Save your codes now");
}

#[tokio::test]
async fn while_microsoft_is_away_nothing_is_made_and_nothing_is_claimed() {
    let story = Story::with_saved_codes().await;
    let browser = story.employee("ada.keller").await;
    let away = json!({ "method": "GET", "path": "/users", "kind": "status", "status": 503, "times": 1000 });
    story.fault(away).await;
    let page = browser.post("/codes", &[]).await;
    page.shows(503, "We could not make codes at this moment.");
    assert_eq!(page.header("retry-after"), "10");
    browser.get("/codes").await.shows(200, "Make ten codes");
    let page = browser.get("/codes/check").await;
    page.shows(
        503,
        "We cannot tell, because Microsoft is not answering at the moment.",
    );
    assert!(!page.text().contains("In place"), "{}", page.text());
}
