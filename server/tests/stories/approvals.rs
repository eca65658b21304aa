//! The approver's own list: what waits for them, and what they did.

use std::time::Duration;

use domain::StateName;

use crate::{
    browser::{Browser, Page},
    harness::Story,
    own_codes::hidden,
    people::wrong,
};

const LIST: &str = "/approvals";
const DAY: Duration = Duration::from_hours(24);
const REQUIRED: (&str, &str) = ("approval.sign_in", "\"required\"");

impl Story {
    /// The browser of an approver who is signed in, and the page that lists what waits for them.
    pub async fn lists(&self, alias: &str) -> (Browser<'_>, Page) {
        let browser = self.browser();
        let page = self
            .employee_signs_in_to(&browser, alias, "approvals")
            .await;
        assert_eq!((page.status, page.header("location")), (303, LIST));
        let page = browser.get(LIST).await;
        (browser, page)
    }
}

/// Opens the first request on the list.
pub async fn opens(browser: &Browser<'_>, list: &Page) -> Page {
    let request = hidden(list, "request");
    browser.post(LIST, &[("request", &request)]).await
}

#[tokio::test]
async fn whoever_is_signed_in_reviews_without_their_mail() {
    let story = Story::with(&[REQUIRED]).await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    story
        .browser()
        .get(LIST)
        .await
        .shows(200, "Sign in with your work account");
    let (daniel, list) = story.lists("daniel.okafor").await;
    list.shows(200, "Ada Keller cannot sign in.")
        .shows(200, "You are asked because you are Ada’s manager.")
        .shows(200, &ada.request().await.facts.id.reference().to_string());
    opens(&daniel, &list)
        .await
        .shows(200, "Did Ada Keller ask you for help?");
    let code = ada.contact_code().await;
    let form = [("code", code.as_str()), ("attested", "phone")];
    daniel
        .post("/approve", &form)
        .await
        .shows(200, "You have approved the request");
    let list = daniel.get(LIST).await;
    list.shows(200, "Nothing waits for you.")
        .shows(200, "Ada Keller : you approved on");
    // What became of it can be read later.
    opens(&daniel, &list)
        .await
        .shows(200, "You have approved the request");

    story.advance(30 * DAY + Duration::from_mins(1)).await;
    let (_, list) = story.lists("daniel.okafor").await;
    assert!(!list.text().contains("Ada"), "{}", list.text());
}

#[tokio::test]
async fn a_list_is_its_owners_alone() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let id = ada.request().await.facts.id.0.to_string();
    for alias in ["ada.keller", "maria.costa"] {
        let (browser, list) = story.lists(alias).await;
        list.shows(200, "Nothing waits for you.");
        let page = browser.post(LIST, &[("request", &id)]).await;
        page.shows(409, "You were not asked about that request.");
        assert_eq!(browser.cookie("latchkey-review"), None);
    }
    let (browser, _) = story.lists("maria.costa").await;
    let nobody = "11111111-1111-4111-8111-111111111111";
    browser
        .post(LIST, &[("request", nobody)])
        .await
        .shows(409, "You were not asked about that request.");
}

#[tokio::test]
async fn only_who_has_been_asked_sees_it() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let (_, list) = story.lists("lena.fischer").await;
    list.shows(200, "Nothing waits for you.");
    // Nobody answers, and the manager's manager is asked too.
    story.advance(Duration::from_mins(61)).await;
    story.run_timers().await;
    let (_, list) = story.lists("lena.fischer").await;
    list.shows(
        200,
        "You are asked because you are the manager of Ada’s manager.",
    );
}

#[tokio::test]
async fn whoever_has_done_their_part_waits_for_nothing() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    let (daniel, list) = story.lists("daniel.okafor").await;
    opens(&daniel, &list).await;
    let named = [("colleague", "lena.fischer@harbourfinch.example")];
    daniel
        .post("/approve/hand-on", &named)
        .await
        .shows(200, "You have named somebody else");
    let list = daniel.get(LIST).await;
    list.shows(200, "Nothing waits for you.")
        .shows(200, "Ada Keller : you named somebody else on");
    let (_, list) = story.lists("lena.fischer").await;
    list.shows(200, "Ada Keller cannot sign in.");
}

#[tokio::test]
async fn what_they_did_stands_in_its_order_and_over_several_pages() {
    let story = Story::begin().await;
    let daniel = story.manager("daniel.okafor");
    for alias in ["ada.keller", "bo.nilsson", "chidi.eze"] {
        let person = story.locked_out(alias);
        person.waits().await;
        daniel.opens_mail().await;
        match alias {
            "ada.keller" => daniel.denies().await,
            "bo.nilsson" => daniel.reports().await,
            _ => {
                let code = wrong(&person.contact_code().await);
                daniel.approves(&code).await
            }
        };
        story.advance(Duration::from_mins(1)).await;
    }
    let (browser, list) = story.lists("daniel.okafor").await;
    list.shows(200, "Chidi Eze cannot sign in.")
        .shows(200, "Bo Nilsson : you reported it on")
        .shows(200, "Ada Keller : you declined on");
    let text = list.text();
    assert!(
        text.find("Bo Nilsson").unwrap() < text.find("Ada Keller").unwrap(),
        "the newest first: {text}"
    );
    for nonsense in ["?after=x", "?before=1_2"] {
        let page = browser.get(&format!("{LIST}{nonsense}")).await;
        page.shows(404, "There is no page here");
    }
    let far = "9999999999999_ffffffff-ffff-ffff-ffff-ffffffffffff";
    let page = browser.get(&format!("{LIST}?after={far}")).await;
    page.shows(200, "Nothing waits for you.");
}

#[tokio::test]
async fn long_lists_have_pages() {
    let story = Story::begin().await;
    let ada = story.locked_out("ada.keller");
    let daniel = story.manager("daniel.okafor");
    for _ in 0..11 {
        let again = story.somebody(ada.account(), "ada.keller@private.example");
        again.waits().await;
        daniel.opens_mail().await;
        daniel.denies().await;
        assert_eq!(again.state().await, StateName::Denied);
        story.advance(Duration::from_hours(1)).await;
    }
    let (browser, list) = story.lists("daniel.okafor").await;
    assert_eq!(list.body.matches("Open it").count(), 10);
    let (_, rest) = list.body.split_once("/approvals?before=").unwrap();
    let (place, _) = rest.split_once('"').unwrap();
    let rest = browser.get(&format!("{LIST}?before={place}")).await;
    rest.shows(200, "Back to the beginning");
    assert_eq!(rest.body.matches("Open it").count(), 1);
}
