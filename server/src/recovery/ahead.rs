//! What an approval would lead to on the account.

use std::time::Duration;

use domain::{MethodKind, Request};

use super::Recovery;

/// How long an approver waits for the directory at most: what it says is for them to read, and decides nothing.
const PATIENCE: Duration = Duration::from_secs(3);

/// The types of a person's methods, one for each method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// Those that a recovery removes.
    pub goes: Vec<MethodKind>,
    /// Those that stay.
    pub stays: Vec<MethodKind>,
}

impl Ahead {
    /// Whether an attempt stops before anything is touched, because a method has to go that nobody knows how to remove.
    pub fn stops(&self) -> bool {
        let mut goes = self.goes.iter();
        goes.any(|kind| matches!(kind, MethodKind::Unknown(_)))
    }
}

impl Recovery {
    /// What becomes of the methods that the person has now, if the directory says so soon enough. What they are called
    /// stays there: an approver needs no numbers and no names of devices.
    pub async fn ahead(&self, request: &Request) -> Option<Ahead> {
        let subject = &request.facts.subject.as_ref()?.person.id;
        let methods = match self.graph.within(PATIENCE).methods(subject).await {
            Ok(methods) => methods,
            Err(error) => {
                tracing::warn!(request = %request.facts.id, %error, "the approver is not told which methods there are");
                return None;
            }
        };
        let removal = request.facts.terms.removal;
        let kinds = methods.into_iter().map(|method| method.method.kind);
        let (goes, stays) = kinds.partition(|kind| removal.covers(kind));
        Some(Ahead { goes, stays })
    }
}
