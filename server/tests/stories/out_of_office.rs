//! Approvers whose mailbox says that they are away.

use latchkey::{audit::InstallationEvent, recovery::Away};
use serde_json::{Value, json};

use crate::harness::{ADMINS, Story};

const DANIEL: &str = "daniel.okafor";
const ASKED: &[(&str, &str)] = &[("approval.mailbox_settings", "true")];

/// Away until who knows when.
const OPEN_END: Away = Away {
    until: None,
    delegate: None,
    planned_at: None,
};

impl Story {
    async fn replies(&self, setting: Value) {
        let settings = json!({ "mailboxSettings": { "automaticReplies": setting } });
        self.change(DANIEL, settings).await;
    }

    /// Whether Daniel is away now.
    async fn daniel_is_away(&self) -> Option<Away> {
        let daniel = self.as_read(DANIEL).await;
        self.recovery().away(&daniel).await.unwrap()
    }
}

#[tokio::test]
async fn a_mailbox_that_answers_for_its_owner_says_that_they_are_away() {
    let story = Story::with(ASKED).await;
    assert_eq!(story.daniel_is_away().await, None);
    story.replies(json!({ "status": "alwaysEnabled" })).await;
    assert_eq!(story.daniel_is_away().await, Some(OPEN_END));
    let end = "2099-01-01T00:00:00Z";
    let away = json!({ "status": "scheduled", "start": "2020-01-01T00:00:00Z", "end": end });
    story.replies(away).await;
    let until = story.daniel_is_away().await.unwrap().until.unwrap();
    let end: jiff::Timestamp = end.parse().unwrap();
    assert_eq!(until.millis(), end.as_millisecond());
}

#[tokio::test]
async fn mailboxes_are_asked_only_where_that_is_wanted_and_last_of_all() {
    let story = Story::begin().await;
    story.replies(json!({ "status": "alwaysEnabled" })).await;
    assert_eq!(story.daniel_is_away().await, None);
    assert!(story.calls("GET", "/mailboxSettings").await.is_empty());

    let configured = "[
        { person = \"daniel.okafor@harbourfinch.example\", from = \"2020-01-01\", until = \"2099-12-31\",
          delegate = \"priya.raman@harbourfinch.example\" },
    ]";
    let story = Story::with(&[ASKED, &[("absences", configured)]].concat()).await;
    story.replies(json!({ "status": "alwaysEnabled" })).await;
    let priya = story.id_of("priya.raman").await;
    let away = story.daniel_is_away().await.unwrap();
    assert_eq!(away.delegate, Some(priya));
    assert!(story.calls("GET", "/mailboxSettings").await.is_empty());
}

#[tokio::test]
async fn whose_mailbox_cannot_be_read_counts_as_present() {
    let story = Story::with(ASKED).await;
    story.replies(json!({ "status": "alwaysEnabled" })).await;
    story.graph_is_down(Some("GET"), "/mailboxSettings").await;
    assert_eq!(story.daniel_is_away().await, None);
    story.graph_is_back().await;
    assert_eq!(story.daniel_is_away().await, Some(OPEN_END));
    story
        .change(DANIEL, json!({ "mailboxSettings": null }))
        .await;
    assert_eq!(story.daniel_is_away().await, None);
    assert!(story.mails(ADMINS).await.is_empty());

    // The permission is missing, which somebody can put right, and need be told once.
    story
        .fault(json!({ "path": "/mailboxSettings", "kind": "status", "status": 403 }))
        .await;
    for _ in 0..3 {
        assert_eq!(story.daniel_is_away().await, None);
    }
    story.run_jobs().await;
    let alerts = story.subjects(ADMINS).await;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    let records = story.records().await;
    let events = records.installation_events().await.unwrap();
    assert_eq!(events, [InstallationEvent::MailboxSettingsRefused]);
    // A recovery goes on.
    story.locked_out("ada.keller").waits().await;
}

#[tokio::test]
async fn no_mailbox_is_read_while_an_account_is_changed() {
    let story = Story::with(ASKED).await;
    let ada = story.locked_out("ada.keller");
    ada.is_approved_by(DANIEL).await;
    let read = story.calls("GET", "/mailboxSettings").await.len();
    assert!(read > 0);
    assert!(ada.claims().await.pass().is_some());
    assert_eq!(story.calls("GET", "/mailboxSettings").await.len(), read);
}
