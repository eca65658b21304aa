//! Verified IDs: what people present from their wallets, and what anybody may say to us about it.

use std::time::Duration;

use domain::{Event, PresentationFault, ProofKind, RequestId};
use latchkey::{audit::InstallationEvent, clock::SystemEntropy, secret::Bearer};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::{
    browser::Page,
    canary::{database, nowhere},
    harness::{DOMAIN, Story},
    people::{Person, link, private_address, work_address},
};

const USED: &str = "Your Verified ID was used to ask for recovery of your Harbour & Finch account";
const HERE: &str = "/prove/verified-id";

/// Everybody proves themselves by a Verified ID alone.
pub async fn begin() -> Story {
    Story::with(&[
        ("proofs.accepted", r#"["verified_id"]"#),
        ("proofs.required", "1"),
    ])
    .await
}

impl Story {
    /// Everything that the service was asked for, oldest first.
    pub async fn presentations(&self) -> Vec<Value> {
        let asked = self.control(Method::GET, "/presentations", Value::Null);
        asked.await.as_array().unwrap().clone()
    }

    /// A wallet does something with the newest presentation; gives how we answered the service.
    async fn wallet(&self, deed: &str, body: Value) -> Value {
        let origin = json!({ "callbackOrigin": format!("http://{}", self.address()) });
        self.control(Method::PATCH, "/tenant", origin).await;
        let newest = self.presentations().await.pop().expect("one was asked for");
        let path = format!("/presentations/{}{deed}", newest["id"].as_str().unwrap());
        self.control(Method::POST, &path, body).await
    }

    /// Somebody presents what they have.
    pub async fn presents(&self, shown: Value) {
        let told = self.wallet("", shown).await;
        assert_eq!(told["answered"], 200, "{told}");
    }

    /// Anybody calls back.
    pub async fn calls_back(&self, key: Option<&str>, body: impl Into<String>) -> Response {
        let url = format!("http://{}/verified-id/callback", self.address());
        let mut request = self.client.post(url).body(body.into());
        if let Some(key) = key {
            request = request.header("api-key", key);
        }
        request.send().await.unwrap()
    }

    /// What became of the presentations of a request, as the audit log has it.
    async fn outcomes(&self, id: RequestId) -> Vec<Event> {
        let rows = self.audit(id).await.into_iter();
        rows.map(|row| row.event)
            .filter(|event| {
                matches!(
                    event,
                    Event::PresentationHeld { .. } | Event::PresentationRefused { .. }
                )
            })
            .collect()
    }
}

/// Goes to present a Verified ID.
pub async fn goes_to_present(person: &Person<'_>) {
    person.asks().await;
    let page = person.browser.post(HERE, &[]).await;
    page.shows(200, "Show your Verified ID");
}

/// What is the same on pages that tell the same.
fn told(page: &Page) -> (u16, String) {
    let text = page.text();
    let (before, reference) = text.split_once("Reference ").expect("a reference");
    let (_, after) = reference.split_once(' ').expect("what follows it");
    (page.status, format!("{before}{after}"))
}

pub fn own(alias: &str) -> Value {
    json!({ "person": work_address(alias) })
}

#[tokio::test]
async fn a_verified_id_and_a_face_prove_who_somebody_is() {
    let story = begin().await;
    let ada = story.locked_out("ada.keller");
    goes_to_present(&ada).await;
    let page = ada.browser.get(HERE).await;
    assert!(page.body.contains("href=\"openid-vc://?request_uri="));
    assert!(page.body.contains("class=\"qr-code\""));
    // The wallet names the case that the page tells to compare.
    let case = ada.request().await.facts.id.reference().to_string();
    let asked = story.presentations().await;
    let purpose = asked[0]["purpose"].as_str().unwrap();
    assert!(purpose.contains(&format!("case {case}.")), "{purpose}");
    page.shows(
        200,
        &format!("Share only if it is {case} , as on this page"),
    );

    story.wallet("/open", Value::Null).await;
    let page = ada.browser.get(HERE).await;
    page.shows(200, "Follow the steps on your phone");
    story.presents(own("ada.keller")).await;
    let page = ada.browser.get(HERE).await;
    assert_eq!(page.path, "/check");
    story.run_jobs().await;
    for address in [work_address("ada.keller"), private_address("ada.keller")] {
        let to_owner =
            |mail: &Value| (mail["subject"] == USED).then(|| link(&story, mail, "not-me"));
        assert!(story.newest(&address, to_owner).await.is_some());
    }
    ada.submits().await;

    let id = ada.request().await.facts.id;
    let rows = story.audit(id).await;
    let events: Vec<_> = rows.iter().map(|row| &row.event).collect();
    for event in [
        Event::PresentationAsked { number: 1 },
        Event::ProofPassed {
            proof: ProofKind::VerifiedId,
        },
        Event::PresentationHeld {
            number: 1,
            score: 86,
        },
    ] {
        assert!(events.contains(&&event), "{event:?} in {events:?}");
    }
}

#[tokio::test]
async fn what_does_not_hold_is_refused_in_the_same_words_and_audited() {
    use PresentationFault as Fault;
    let story = begin().await;
    let ada = work_address("ada.keller");
    let unchecked = |mut shown: Value| {
        shown["person"] = json!(ada);
        shown["unchecked"] = json!(true);
        shown
    };
    let cases = [
        (unchecked(json!({"face": 69.9})), Fault::FaceTooUnlike),
        (unchecked(json!({"face": null})), Fault::FaceNotChecked),
        (
            unchecked(json!({"credential": "other-issuer"})),
            Fault::OtherIssuer,
        ),
        (
            unchecked(json!({"credential": "other-type"})),
            Fault::OtherType,
        ),
        (unchecked(json!({"credential": "revoked"})), Fault::Revoked),
        (
            unchecked(json!({"credential": "expired"})),
            Fault::CredentialExpired,
        ),
        (own("bo.nilsson"), Fault::OtherPerson),
        (json!({"person": ada, "face": 20.0}), Fault::NotPresented),
    ];
    let mut pages = Vec::new();
    for (shown, fault) in cases {
        let person = story.locked_out("ada.keller");
        goes_to_present(&person).await;
        story.presents(shown.clone()).await;
        let page = person.browser.get(HERE).await;
        page.shows(200, "That did not prove who you are");
        pages.push(told(&page));
        let id = person.request().await.facts.id;
        let refused = Event::PresentationRefused { number: 1, fault };
        assert_eq!(story.outcomes(id).await, [refused], "{shown}");
        assert!(person.request().await.facts.proofs.is_empty(), "{shown}");
        assert_eq!(person.browser.get("/check").await.path, "/prove");
    }
    pages.dedup();
    assert_eq!(pages.len(), 1, "{pages:?}");
}

#[tokio::test]
async fn nothing_tells_whether_an_identifier_is_known() {
    let story = begin().await;
    let mut pages = Vec::new();
    let names = ["ada.keller", "nobody.at.all", "bo.nilsson"];
    for name in names {
        let person = story.locked_out(name);
        goes_to_present(&person).await;
        story.presents(own("dana.petrova")).await;
        pages.push(told(&person.browser.get(HERE).await));
    }
    pages.dedup();
    assert_eq!(pages.len(), 1, "{pages:?}");

    let mut asked = story.presentations().await;
    for presentation in &mut asked {
        for own in ["id", "url", "requestUri", "callback", "expires", "purpose"] {
            presentation.as_object_mut().unwrap().remove(own);
        }
    }
    asked.dedup();
    assert_eq!(asked.len(), 1, "{asked:?}");
    let accepted = format!("did:web:verifiedid.{DOMAIN}");
    assert_eq!(asked[0]["acceptedIssuers"], json!([accepted]));
    assert_eq!(asked[0]["threshold"], 70);
}

/// The key of a presentation, and a message that says it holds.
fn forged(presentation: &Value, alias: &str) -> (String, Value) {
    let key = presentation["callback"]["headers"]["api-key"].as_str();
    let message = json!({
        "requestId": presentation["id"],
        "requestStatus": "presentation_verified",
        "state": presentation["callback"]["state"],
        "verifiedCredentialsData": [{
            "issuer": format!("did:web:verifiedid.{DOMAIN}"),
            "type": ["VerifiedEmployee"],
            "claims": {"revocationId": work_address(alias)},
            "credentialState": {"revocationStatus": "VALID"},
            "expirationDate": "2999-01-01T00:00:00Z",
            "faceCheck": {"matchConfidenceScore": 99.0},
        }],
    });
    (key.unwrap().to_owned(), message)
}

#[tokio::test]
async fn forged_messages_are_refused_and_audited_and_told_nothing() {
    let story = begin().await;
    let (ada, bo) = (
        story.locked_out("ada.keller"),
        story.locked_out("bo.nilsson"),
    );
    goes_to_present(&bo).await;
    goes_to_present(&ada).await;
    let asked = story.presentations().await;
    let (_, of_bo) = forged(&asked[0], "ada.keller");
    let (key, good) = forged(&asked[1], "ada.keller");
    let changed = |field: &str, value: Value| {
        let mut message = good.clone();
        message[field] = value;
        message.to_string()
    };
    let stranger = Bearer::generate(&SystemEntropy).expose().to_string();
    let state = good["state"].as_str().unwrap();
    let cases = [
        (None, good.to_string(), 401),
        (Some(""), good.to_string(), 401),
        (Some("admin"), good.to_string(), 401),
        (Some(stranger.as_str()), good.to_string(), 401),
        (Some(state), good.to_string(), 401),
        (Some(key.as_str()), changed("state", json!(stranger)), 400),
        (Some(&key), changed("state", of_bo["state"].clone()), 400),
        (Some(&key), changed("state", json!("")), 400),
        (
            Some(&key),
            changed("requestId", of_bo["requestId"].clone()),
            400,
        ),
        (Some(&key), changed("requestStatus", Value::Null), 400),
        (
            Some(&key),
            changed("verifiedCredentialsData", json!("all")),
            400,
        ),
        (Some(&key), of_bo.to_string(), 400),
        (Some(&key), String::new(), 400),
        (Some(&key), "[".repeat(5 * 1024 * 1024), 400),
    ];
    let before = ada.request().await;
    for (key, message, status) in &cases {
        let answer = story.calls_back(*key, message.clone()).await;
        assert_eq!(answer.status(), *status, "{key:?}");
        assert_eq!(answer.text().await.unwrap(), "", "{key:?}");
    }
    assert_eq!(ada.request().await, before);
    let foreign = Event::PresentationRefused {
        number: 1,
        fault: PresentationFault::NotWhatWasAsked,
    };
    let outcomes = story.outcomes(before.facts.id).await;
    assert_eq!(outcomes, vec![foreign; 9]);
    assert_eq!(story.outcomes(bo.request().await.facts.id).await, []);
    let log = story.records().await.installation_events().await.unwrap();
    assert!(
        log.contains(&InstallationEvent::ForeignMessages { count: 1 }),
        "{log:?}"
    );

    // What followed in that minute is in the next row.
    story.advance(Duration::from_mins(1)).await;
    story.calls_back(None, "").await;
    let log = story.records().await.installation_events().await.unwrap();
    assert!(
        log.contains(&InstallationEvent::ForeignMessages { count: 5 }),
        "{log:?}"
    );

    // None of it spoilt the real one.
    story.presents(own("ada.keller")).await;
    assert_eq!(ada.browser.get(HERE).await.path, "/check");
}

#[tokio::test]
async fn a_message_counts_once() {
    let story = begin().await;
    let ada = story.locked_out("ada.keller");
    goes_to_present(&ada).await;
    story.presents(own("bo.nilsson")).await;
    let (key, good) = forged(&story.presentations().await[0], "ada.keller");
    let id = ada.request().await.facts.id;
    let rows = story.audit(id).await.len();
    for _ in 0..3 {
        let answer = story.calls_back(Some(&key), good.to_string()).await;
        assert_eq!(answer.status(), 200);
    }
    assert_eq!(story.audit(id).await.len(), rows);
    assert!(ada.request().await.facts.proofs.is_empty());

    let page = ada.browser.post(HERE, &[]).await;
    page.shows(200, "Show your Verified ID");
    story.presents(own("ada.keller")).await;
    let (key, good) = forged(&story.presentations().await[1], "ada.keller");
    let (proven, rows) = (ada.request().await, story.audit(id).await.len());
    let mut bad = good.clone();
    bad["requestStatus"] = json!("presentation_error");
    for message in [good, bad] {
        let answer = story.calls_back(Some(&key), message.to_string()).await;
        assert_eq!(answer.status(), 200);
    }
    assert_eq!(ada.request().await, proven);
    assert_eq!(story.audit(id).await.len(), rows);
}

#[tokio::test]
async fn what_comes_before_the_look_up_is_finished_can_come_again() {
    let story = begin().await;
    let ada = story.locked_out("ada.keller");
    ada.types(&work_address("ada.keller")).await;
    goes_to_present_again(&ada).await;
    let (key, good) = forged(&story.presentations().await[0], "ada.keller");
    let answer = story.calls_back(Some(&key), good.to_string()).await;
    assert_eq!(answer.status(), 503);
    let id = ada.request().await.facts.id;
    assert_eq!(story.outcomes(id).await, []);
    story.run_jobs().await;
    let answer = story.calls_back(Some(&key), good.to_string()).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(ada.browser.get(HERE).await.path, "/check");
}

#[tokio::test]
async fn what_comes_too_late_does_not_count() {
    let story = begin().await;
    let late = |number| Event::PresentationRefused {
        number,
        fault: PresentationFault::TooLate,
    };
    let ada = story.locked_out("ada.keller");
    goes_to_present(&ada).await;
    let (key, good) = forged(&story.presentations().await[0], "ada.keller");
    story.advance(Duration::from_mins(10)).await;
    let page = ada.browser.get(HERE).await;
    page.shows(200, "The time to show it is over");
    story.advance(Duration::from_mins(5)).await;
    let answer = story.calls_back(Some(&key), good.to_string()).await;
    assert_eq!(answer.status(), 200);
    let id = ada.request().await.facts.id;
    assert_eq!(story.outcomes(id).await, [late(1)]);
    assert!(ada.request().await.facts.proofs.is_empty());

    // Nor does what comes after the person has withdrawn.
    let bo = story.locked_out("bo.nilsson");
    goes_to_present(&bo).await;
    let id = bo.request().await.facts.id;
    bo.browser.post("/withdraw", &[]).await;
    story.presents(own("bo.nilsson")).await;
    assert_eq!(story.outcomes(id).await, [late(1)]);
    assert!(bo.request().await.facts.proofs.is_empty());
}

#[tokio::test]
async fn a_face_that_is_begun_in_time_may_be_finished() {
    let story = begin().await;
    let ada = story.locked_out("ada.keller");
    goes_to_present(&ada).await;
    story.wallet("/open", Value::Null).await;
    story.advance(Duration::from_mins(12)).await;
    let page = ada.browser.get(HERE).await;
    page.shows(200, "Follow the steps on your phone");
    story.presents(own("ada.keller")).await;
    assert_eq!(ada.browser.get(HERE).await.path, "/check");
}

#[tokio::test]
async fn a_code_is_asked_for_once_and_five_times_at_most() {
    let story = begin().await;
    let ada = story.locked_out("ada.keller");
    goes_to_present(&ada).await;
    goes_to_present_again(&ada).await;
    assert_eq!(story.presentations().await.len(), 1);
    for _ in 1..5 {
        story.presents(own("bo.nilsson")).await;
        let page = ada.browser.get(HERE).await;
        page.shows(200, "Try again with a new code");
        goes_to_present_again(&ada).await;
    }
    assert_eq!(story.presentations().await.len(), 5);
    story.presents(own("bo.nilsson")).await;
    let page = ada.browser.post(HERE, &[]).await;
    page.shows(200, "You have asked as often as you can");
    assert_eq!(story.presentations().await.len(), 5);
}

async fn goes_to_present_again(person: &Person<'_>) {
    let page = person.browser.post(HERE, &[]).await;
    page.shows(200, "Show your Verified ID");
}

#[tokio::test]
async fn a_service_that_does_not_answer_costs_nothing() {
    let story = begin().await;
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    for status in [503, 403] {
        story
            .fault(json!({"path": "/verifiableCredentials", "kind": "status", "status": status}))
            .await;
        let page = ada.browser.post(HERE, &[]).await;
        page.shows(503, "We cannot ask for your Verified ID now");
        story.graph_is_back().await;
    }
    assert_eq!(ada.browser.get(HERE).await.path, "/prove");
    goes_to_present_again(&ada).await;
    let id = ada.request().await.facts.id;
    let presentation = story.records().await.presentation(id).await.unwrap();
    assert_eq!(presentation.unwrap().number, 1);
}

#[tokio::test]
async fn the_page_hears_of_each_step() {
    let story = begin().await;
    let ada = story.locked_out("ada.keller");
    goes_to_present(&ada).await;
    let mut stream = ada.browser.listen("/prove/verified-id/events").await;
    let mut hears = async || {
        let chunk = tokio::time::timeout(Duration::from_secs(20), stream.chunk()).await;
        let chunk = chunk.expect("news in time").unwrap()?;
        Some(String::from_utf8(chunk.to_vec()).unwrap())
    };
    let says = |heard: Option<String>, name: &str| {
        assert!(
            heard.as_ref().is_some_and(|said| said.contains(name)),
            "{name}: {heard:?}"
        );
    };
    says(hears().await, "waiting");
    story.wallet("/open", Value::Null).await;
    says(hears().await, "opened");
    story.presents(own("bo.nilsson")).await;
    says(hears().await, "refused");
    // Nothing more comes of it.
    assert_eq!(hears().await, None);
    let stranger = story.browser();
    stranger
        .get("/prove/verified-id/events")
        .await
        .shows(410, "");
}

#[tokio::test]
async fn the_database_holds_no_secret_of_a_presentation() {
    let story = begin().await;
    let ada = story.locked_out("ada.keller");
    goes_to_present(&ada).await;
    story.presents(own("ada.keller")).await;
    let presentation = &story.presentations().await[0];
    let places = database(&story).await;
    let state = presentation["callback"]["state"].as_str().unwrap();
    nowhere(state, "the state", &places);
    let (key, _) = forged(presentation, "ada.keller");
    nowhere(&key, "the key", &places);
    // Nor what the wallet shared, beyond what the directory says anyway.
    nowhere("did:ion:", "the wallet's identifier", &places);
    nowhere("86.314", "the exact score", &places);
}
