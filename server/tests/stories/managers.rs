//! Managers who are new in the place of another one.

use std::time::Duration;

use domain::PersonId;
use latchkey::{audit::InstallationEvent, recovery::Standing};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{
    engine::Database,
    harness::{ADMINS, Story},
};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

impl Story {
    /// Looks at everybody's manager; tells how many people there were.
    pub async fn managers_are_noted(&self) -> usize {
        let (_open, never) = watch::channel(());
        self.recovery().note_managers(&never).await.unwrap().seen
    }

    /// Gives somebody another manager, or none.
    pub async fn is_led_by(&self, alias: &str, manager: Option<&str>) {
        let manager = match manager {
            Some(manager) => json!(self.id_of(manager).await),
            None => Value::Null,
        };
        self.change(alias, json!({ "managerId": manager })).await;
    }

    /// How long somebody has had the manager whom the directory names now, as a request of theirs would find it.
    async fn standing(&self, alias: &str) -> Standing {
        let person = self.id_of(alias).await;
        let recovery = self.recovery();
        let named = self.person(alias).await["managerId"].clone();
        let manager = named.as_str().map(|id| PersonId(id.to_owned()));
        recovery
            .manager_since(&person, manager.as_ref())
            .await
            .unwrap()
    }

    /// Whether a request of theirs would find that they have had that manager for a while.
    pub async fn is_settled(&self, alias: &str) -> bool {
        self.standing(alias).await == Standing::Settled
    }
}

#[tokio::test]
async fn what_is_seen_first_is_settled() {
    let story = Story::begin().await;
    assert!(story.is_settled("ada.keller").await);
    assert!(story.is_settled("diego.ramos").await, "who has none");
    assert!(story.is_settled("ada.keller").await);
}

#[tokio::test]
async fn a_manager_who_is_new_is_so_for_three_days() {
    let story = Story::begin().await;
    assert!(story.managers_are_noted().await > 30);
    story.advance(24 * HOUR).await;
    for (alias, manager) in [
        ("ada.keller", Some("maria.costa")),
        ("bo.nilsson", None),
        ("diego.ramos", Some("maria.costa")),
    ] {
        story.is_led_by(alias, manager).await;
        let now = story.now();
        let Standing::ChangedLately { at } = story.standing(alias).await else {
            panic!("{alias}")
        };
        assert!(at >= now, "nobody had seen it before");
    }
    story.advance(HOUR).await;
    // Looking again makes it neither older nor newer.
    story.managers_are_noted().await;
    story.advance(70 * HOUR).await;
    for alias in ["ada.keller", "bo.nilsson", "diego.ramos"] {
        assert!(!story.is_settled(alias).await, "71 hours: {alias}");
    }
    story.advance(2 * HOUR).await;
    for alias in ["ada.keller", "bo.nilsson", "diego.ramos", "chidi.eze"] {
        assert!(story.is_settled(alias).await, "73 hours: {alias}");
    }
}

#[tokio::test]
async fn a_change_is_as_old_as_the_round_that_saw_it() {
    let story = Story::begin().await;
    story.managers_are_noted().await;
    story.is_led_by("ada.keller", Some("maria.costa")).await;
    story.advance(HOUR).await;
    story.managers_are_noted().await;
    let seen = story.now();
    story.advance(71 * HOUR).await;
    let Standing::ChangedLately { at } = story.standing("ada.keller").await else {
        panic!("nobody knows when it was made")
    };
    assert!(at <= seen);
    story.advance(HOUR).await;
    assert!(story.is_settled("ada.keller").await);
}

#[tokio::test]
async fn a_manager_who_comes_back_is_new_again() {
    let story = Story::begin().await;
    story.managers_are_noted().await;
    story.is_led_by("ada.keller", Some("maria.costa")).await;
    assert!(!story.is_settled("ada.keller").await);
    story.advance(71 * HOUR).await;
    story.is_led_by("ada.keller", Some("daniel.okafor")).await;
    story.managers_are_noted().await;
    story.advance(2 * HOUR).await;
    assert!(!story.is_settled("ada.keller").await);
    story.advance(71 * HOUR).await;
    assert!(story.is_settled("ada.keller").await);
}

#[tokio::test]
async fn everybody_is_seen_however_short_the_pages_and_what_was_seen_outlives_a_fault() {
    let story = Story::begin().await;
    story.tenant(json!({ "longestPage": 4 })).await;
    let all = story.managers_are_noted().await;
    story.is_led_by("ada.keller", Some("maria.costa")).await;
    story.is_led_by("henrik.dahl", Some("maria.costa")).await;
    // The third page, after Ada and before Henrik.
    story
        .fault(json!({ "path": "/users", "kind": "status", "status": 403, "after": 2, "times": 1 }))
        .await;
    let (open, stop) = watch::channel(());
    assert!(story.recovery().note_managers(&stop).await.is_err());
    story.advance(80 * HOUR).await;
    assert!(story.is_settled("ada.keller").await, "it was seen");
    assert!(!story.is_settled("henrik.dahl").await);
    // It is told to stop: no further page is read.
    drop(open);
    let look = story.recovery().note_managers(&stop).await.unwrap();
    assert_eq!((look.seen, look.is_whole), (4, false));
    assert_eq!(story.managers_are_noted().await, all);
}

#[tokio::test]
async fn people_who_are_gone_are_forgotten_in_time() {
    let story = Story::begin().await;
    story.managers_are_noted().await;
    let ada = story.id_of("ada.keller").await;
    let daniel = story.id_of("daniel.okafor").await;
    story.leaves("ada.keller").await;
    let recovery = story.recovery();
    story.advance(34 * 24 * HOUR).await;
    story.managers_are_noted().await;
    let standing = recovery.manager_since(&ada, None).await.unwrap();
    assert_ne!(standing, Standing::Settled, "they may come back");
    story.advance(36 * 24 * HOUR).await;
    story.managers_are_noted().await;
    let standing = recovery.manager_since(&ada, Some(&daniel)).await.unwrap();
    assert_eq!(standing, Standing::Settled, "nothing is known");
}

/// The alerts about rounds that fail.
async fn alerts(story: &Story) -> usize {
    story.run_jobs().await;
    let subjects = story.subjects(ADMINS).await;
    let mut events = story.records().await.installation_events().await.unwrap();
    events.retain(|event| matches!(event, InstallationEvent::DirectoryUnseen { .. }));
    assert_eq!(subjects.len(), events.len(), "{subjects:?}");
    events.len()
}

#[tokio::test]
async fn a_round_that_fails_is_soon_repeated_and_one_that_goes_on_to_is_told_of_once() {
    let story = Story::begin().await;
    let pages = async || story.calls("GET", "/users").await.len();
    assert!(!story.looks_around().await);
    let first = pages().await;
    assert!(first > 0);
    // It was done four hours ago at most, whoever starts.
    story.restart().await;
    assert!(!story.looks_around().await);
    story.advance(239 * MINUTE).await;
    assert!(!story.looks_around().await);
    assert_eq!(pages().await, first);
    story.advance(MINUTE).await;
    let refused = json!({ "path": "/users", "kind": "status", "status": 403, "times": 1 });
    story.fault(refused).await;
    assert!(story.looks_around().await);
    story.advance(10 * MINUTE).await;
    assert!(!story.looks_around().await);
    assert!(pages().await > first);

    for told in [1, 2] {
        story
            .fault(json!({ "path": "/users", "kind": "status", "status": 403 }))
            .await;
        story.advance(719 * MINUTE).await;
        assert!(story.looks_around().await);
        assert_eq!(alerts(&story).await, told - 1);
        for _ in 0..3 {
            story.advance(10 * MINUTE).await;
            assert!(story.looks_around().await);
            assert_eq!(alerts(&story).await, told);
        }
        story.graph_is_back().await;
        story.advance(10 * MINUTE).await;
        assert!(!story.looks_around().await);
    }
}

#[tokio::test]
async fn rounds_that_never_end_are_told_of_whoever_does_them() {
    let story = Story::begin().await;
    assert!(!story.looks_around().await);
    story.tenant(json!({ "longestPage": 4 })).await;
    let (open, stopping) = watch::channel(());
    drop(open);
    for told in [0, 1, 1] {
        story.advance(6 * HOUR).await;
        let look = story.recovery().look_around(&stopping).await;
        look.expect("it ends in the middle, and nothing has failed");
        assert_eq!(alerts(&story).await, told);
    }
    story.advance(HOUR).await;
    assert!(!story.looks_around().await);

    // An instance that has died in the middle has its turn still, where there can be several.
    story.advance(12 * HOUR).await;
    let has_turn = story.recovery().is_our_turn("directory", HOUR).await;
    assert!(has_turn.unwrap());
    let is_shared = matches!(story.database(), Database::Postgres(_));
    assert!(!story.looks_around().await);
    assert_eq!(alerts(&story).await, 1 + usize::from(is_shared));

    // Whoever did not run for a while looks before anything is told.
    story.advance(24 * HOUR).await;
    assert!(!story.looks_around().await);
    assert_eq!(alerts(&story).await, 1 + usize::from(is_shared));
}
