//! Who says in their mailbox that they are away. It is a hint, which nothing waits for and nothing depends on.

use std::time::Duration;

use domain::PersonId;

use super::{Away, Recovery};
use crate::{
    audit::InstallationEvent,
    graph::{Graph, GraphError},
};

/// How long Microsoft may take to say so.
const PATIENCE: Duration = Duration::from_secs(3);

impl Recovery {
    /// What the person's mailbox says about an absence, where that is looked at. Whoever has none, or whose mailbox
    /// cannot be read, counts as present.
    pub(super) async fn out_of_office(&self, graph: &Graph, person: &PersonId) -> Option<Away> {
        if !self.settings.approval.mailbox_settings {
            return None;
        }
        let asked = graph.within(PATIENCE);
        match asked.absence(person, self.clock.now()).await {
            Ok(absence) => absence.map(|absence| Away {
                until: absence.until,
                delegate: None,
                planned_at: None,
            }),
            Err(GraphError::NotFound { .. }) => None,
            Err(error) => {
                tracing::warn!(%error, "it is not known who is out of office");
                if matches!(error, GraphError::Forbidden { .. }) {
                    let event = InstallationEvent::MailboxSettingsRefused;
                    self.tell_once(&self.mailboxes_refused, &event).await;
                }
                None
            }
        }
    }
}
