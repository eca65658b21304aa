//! Saved recovery codes: whose they are, and that each works once.

use std::sync::Arc;

use domain::{MalformedSavedCode, PersonId, Request, SavedCode};
use futures::future::join_all;
use latchkey::{
    audit::InstallationEvent,
    auth::saved_codes::{CODES, Pepper, SavedCodes},
    clock::SystemEntropy,
    store::{Change, HoldChange, SavedCodeId, Store, StoreError},
};
use uuid::Uuid;

use crate::harness::Story;

fn person(id: &str) -> PersonId {
    PersonId(id.to_owned())
}

fn checker(store: &Store, pepper: u8) -> SavedCodes {
    let pepper = Pepper::new([pepper; 32]);
    SavedCodes::new(store.clone(), Arc::new(SystemEntropy), pepper, 38)
}

/// Makes codes for somebody, in the place of others.
async fn make(
    story: &Story,
    codes: &SavedCodes,
    id: &str,
    replaces: Option<Uuid>,
) -> Result<Vec<SavedCode>, StoreError> {
    let records = story.records().await;
    let place = codes.enter_to_make().unwrap();
    let (made, set) = codes.generate(place, &person(id)).await.unwrap();
    let now = story.now();
    records
        .put_saved_set(&person(id), &set, replaces, now, &[])
        .await?;
    Ok(made)
}

async fn matching(codes: &SavedCodes, id: Option<&str>, typed: &SavedCode) -> Option<SavedCodeId> {
    let place = codes.enter().unwrap();
    let id = id.map(person);
    codes.matching(place, id.as_ref(), typed).await.unwrap()
}

/// Keeps a change of `request` that uses up `code`.
async fn spend(
    story: &Story,
    request: &Request,
    code: Option<SavedCodeId>,
) -> Result<(), StoreError> {
    let next = Request {
        version: request.version + 1,
        ..request.clone()
    };
    let change = Change {
        request: &next,
        actor: "browser",
        at: story.now(),
        events: &[],
        effects: &[],
        jobs: &[],
        bind: None,
        spend: code,
    };
    story.records().await.keep(&change).await
}

#[tokio::test]
async fn a_code_is_found_with_its_owner_and_nobody_else() {
    let story = Story::begin().await;
    let records = story.records().await;
    let codes = checker(&records, 1);
    let adas = make(&story, &codes, "ada", None).await.unwrap();
    let bos = make(&story, &codes, "bo", None).await.unwrap();
    assert_eq!((adas.len(), bos.len()), (CODES.into(), CODES.into()));
    for code in [&adas[0], &adas[9]] {
        let typed = SavedCode::parse(&code.grouped()).unwrap();
        assert!(matching(&codes, Some("ada"), &typed).await.is_some());
        assert!(matching(&codes, Some("bo"), &typed).await.is_none());
        assert!(matching(&codes, Some("nobody"), &typed).await.is_none());
        assert!(matching(&codes, None, &typed).await.is_none());
    }
    // What is in the database alone finds nothing.
    let thief = checker(&records, 2);
    assert!(matching(&thief, Some("ada"), &adas[0]).await.is_none());

    // Whoever can write to the tables cannot give somebody their own codes.
    for statement in [
        "DELETE FROM saved_sets WHERE person_id = 'bo'",
        "UPDATE saved_sets SET person_id = 'bo' WHERE person_id = 'ada'",
    ] {
        story.database().tamper(statement).await;
    }
    assert!(matching(&codes, Some("bo"), &adas[0]).await.is_none());
}

#[tokio::test]
async fn a_code_works_once_even_for_two_at_the_same_time() {
    let story = Story::begin().await;
    let records = story.records().await;
    let codes = checker(&records, 1);
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let request = ada.request().await;
    let subject = request.facts.subject.as_ref().unwrap().person.id.0.clone();
    let made = make(&story, &codes, &subject, None).await.unwrap();
    let code = matching(&codes, Some(&subject), &made[3]).await;

    // Two browsers of the same person.
    let again = story.locked_out("ada.keller");
    again.asks().await;
    let other = again.request().await;
    let outcomes = tokio::join!(spend(&story, &request, code), spend(&story, &other, code));
    let won = [&outcomes.0, &outcomes.1].map(Result::is_ok);
    assert_eq!(won.iter().filter(|won| **won).count(), 1, "{outcomes:?}");
    let lost = outcomes.0.err().or(outcomes.1.err()).unwrap();
    assert!(matches!(lost, StoreError::CodeSpent), "{lost}");
    // Nothing else of the lost change is kept.
    let kept = [ada.request().await.version, again.request().await.version];
    let before = [request.version, other.version];
    assert_eq!(kept[0] + kept[1], before[0] + before[1] + 1);

    assert!(matching(&codes, Some(&subject), &made[3]).await.is_none());
    assert!(matching(&codes, Some(&subject), &made[4]).await.is_some());
    let set = records.saved_set(&person(&subject)).await.unwrap().unwrap();
    let used: Vec<_> = set
        .codes
        .iter()
        .filter(|code| code.used_at.is_some())
        .collect();
    assert_eq!((set.left(), used.len(), used[0].position), (9, 1, 4));
    let events = records.installation_events().await.unwrap();
    assert!(matches!(
        &events[..],
        [
            InstallationEvent::SavedCodesMade {
                count: 10,
                replaced: false,
                ..
            },
            InstallationEvent::SavedCodeUsed { position: 4, .. }
        ]
    ));

    // Another person's code is not spent, whatever the use case says.
    let bos = make(&story, &codes, "bo", None).await.unwrap();
    let code = matching(&codes, Some("bo"), &bos[0]).await;
    let refused = spend(&story, &ada.request().await, code).await;
    assert!(matches!(refused, Err(StoreError::CodeSpent)), "{refused:?}");
    assert!(matching(&codes, Some("bo"), &bos[0]).await.is_some());
}

#[tokio::test]
async fn replaced_codes_are_void_and_nobody_replaces_by_accident() {
    let story = Story::begin().await;
    let records = story.records().await;
    let codes = checker(&records, 1);
    let first = make(&story, &codes, "ada", None).await.unwrap();
    let found = matching(&codes, Some("ada"), &first[0]).await;
    let set = async || records.saved_set(&person("ada")).await.unwrap().unwrap();
    let old = set().await.id;

    // The form that makes the first codes, sent again.
    let again = make(&story, &codes, "ada", None).await;
    assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");
    assert_eq!(set().await.id, old);

    // The form that replaces them, sent five times at once.
    let makes = (0..5).map(|_| make(&story, &codes, "ada", Some(old)));
    let outcomes = join_all(makes).await;
    let mut made: Vec<_> = outcomes.into_iter().flatten().collect();
    assert_eq!(made.len(), 1);
    let made = made.remove(0);
    assert_eq!(set().await.codes.len(), usize::from(CODES));
    assert!(matching(&codes, Some("ada"), &made[0]).await.is_some());
    assert!(matching(&codes, Some("ada"), &first[0]).await.is_none());

    // One that was found before it was replaced is not spent any more.
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let refused = spend(&story, &ada.request().await, found).await;
    assert!(matches!(refused, Err(StoreError::CodeSpent)), "{refused:?}");
}

#[tokio::test]
async fn a_code_that_was_found_before_it_became_void_is_not_spent() {
    let story = Story::begin().await;
    let records = story.records().await;
    let codes = checker(&records, 1);
    let ada = story.locked_out("ada.keller");
    ada.asks().await;
    let request = ada.request().await;
    let subject = request.facts.subject.as_ref().unwrap().person.id.clone();
    let made = make(&story, &codes, &subject.0, None).await.unwrap();
    let found = matching(&codes, Some(&subject.0), &made[0]).await;
    assert!(found.is_some());
    let event = InstallationEvent::SavedCodesVoided {
        person: subject.clone(),
        request: None,
    };
    let change = HoldChange {
        actor: "owner",
        at: story.now(),
        event: &event,
        jobs: &[],
    };
    assert!(
        records
            .disown_codes(&subject, story.now(), change, || unreachable!(
                "no code was used"
            ))
            .await
            .unwrap()
    );
    let refused = spend(&story, &request, found).await;
    assert!(matches!(refused, Err(StoreError::CodeSpent)), "{refused:?}");
    assert_eq!(ada.request().await.version, request.version);
}

#[tokio::test]
async fn a_full_queue_says_so_before_anything_is_counted() {
    let story = Story::begin().await;
    let records = story.records().await;
    let codes = checker(&records, 1);
    let mut places = Vec::new();
    while let Ok(place) = codes.enter() {
        places.push(place);
    }
    assert!(!places.is_empty());
    let typed = SavedCode::parse("0000-0000-0000-0000-0").unwrap();
    let works = places
        .into_iter()
        .map(|place| codes.matching(place, None, &typed));
    for found in join_all(works).await {
        assert_eq!(found.unwrap(), None);
    }
    assert!(codes.enter().is_ok());
    assert_eq!(
        SavedCode::parse("0000").unwrap_err(),
        MalformedSavedCode::Malformed
    );
}
