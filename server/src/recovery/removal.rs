//! Removing methods: which, in which order, and when it is certain.

use std::time::Duration;

use domain::{
    AbortCause, Actor, Command, Fault, Method, MethodKind, MethodRef, MethodRemoval, Removal,
    RemovalOutcome, Warrant,
};

use super::issue::{Attempt, Stop};
use crate::graph::GraphError;

/// Rounds at most until the default method is the only one left.
const ROUNDS: usize = 4;
/// Pauses between looks at a list that still shows removed methods.
const PAUSES: [Duration; 4] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];
/// How long to wait when the directory still shows removed methods after all looks.
const SETTLE: Duration = Duration::from_secs(10);

/// What an attempt is going to remove, in order.
#[derive(Debug)]
pub(super) struct Plan {
    removal: Removal,
    methods: Vec<Method>,
    /// Everything that was there before.
    snapshot: Vec<MethodRef>,
}

impl Plan {
    /// The methods that are to go, in order.
    pub fn into_methods(self) -> Vec<Method> {
        self.methods
    }
}

/// Place in the order of removal. `mobile` cannot go before `alternateMobile`, and methods that are
/// often the default one come late, which saves rounds.
const fn rank(kind: &MethodKind) -> u8 {
    match kind {
        MethodKind::TemporaryAccessPass => 0,
        MethodKind::Email | MethodKind::External => 1,
        MethodKind::Fido2 | MethodKind::WindowsHello | MethodKind::PlatformCredential => 2,
        MethodKind::AlternateMobilePhone => 3,
        MethodKind::OfficePhone => 4,
        MethodKind::SoftwareOath => 5,
        MethodKind::Authenticator => 6,
        MethodKind::MobilePhone => 7,
        MethodKind::Password | MethodKind::Unknown(_) => 8,
    }
}

impl Attempt {
    /// Takes the snapshot, keeps it, and plans the removal. Stops before anything is touched when a
    /// method that has to go is of a type that nobody knows how to remove.
    pub(super) async fn plan(&self) -> Result<Plan, Stop> {
        let removal = self.recovery.request(self.id).await?.facts.terms.removal;
        let mut methods = self.graph().methods(&self.subject.person.id).await?;
        self.keep(Command::TakeSnapshot {
            fence: self.fence,
            methods: methods.clone(),
        })
        .await?;
        let snapshot = methods.iter().map(|method| method.method.clone()).collect();
        methods.retain(|method| removal.covers(&method.method.kind));
        methods.sort_by_key(|method| rank(&method.method.kind));
        if let Some(unknown) = methods
            .iter()
            .find(|method| matches!(method.method.kind, MethodKind::Unknown(_)))
        {
            tracing::error!(request = %self.id, kind = ?unknown.method.kind, "a method is of an unknown type; nothing was removed");
            return Err(Stop::Abort(AbortCause::MethodSurvived));
        }
        Ok(Plan {
            removal,
            methods,
            snapshot,
        })
    }

    /// Removes the planned methods and keeps what became of each, whether all went or not.
    pub(super) async fn remove(&self, warrant: &Warrant, plan: &Plan) -> Result<(), Stop> {
        let mut removals = Vec::new();
        let removed = self.remove_each(warrant, plan, &mut removals).await;
        failpoint!(RemovalsEnding);
        let fence = self.fence;
        self.keep(Command::RecordRemovals { fence, removals })
            .await?;
        removed
    }

    async fn keep(&self, command: Command) -> Result<(), Stop> {
        self.recovery
            .apply(self.id, &Actor::Issuer, command)
            .await?;
        Ok(())
    }

    /// Removes the planned methods one by one, the default one last.
    async fn remove_each(
        &self,
        warrant: &Warrant,
        plan: &Plan,
        removals: &mut Vec<MethodRemoval>,
    ) -> Result<(), Stop> {
        let mut left: Vec<&Method> = plan.methods.iter().collect();
        for _ in 0..ROUNDS {
            let before = left.len();
            let mut default = Vec::new();
            for method in left {
                failpoint!(MethodRemoving);
                let outcome = self.graph().remove_method(warrant, &method.method).await;
                failpoint!(MethodRemoved);
                let outcome = match outcome {
                    Ok(outcome) => outcome,
                    Err(GraphError::DefaultMethod { .. }) => {
                        default.push(method);
                        continue;
                    }
                    Err(error) if error.is_retryable() => return Err(error.into()),
                    Err(error) => {
                        tracing::error!(request = %self.id, kind = ?method.method.kind, %error, "a method could not be removed");
                        RemovalOutcome::Refused
                    }
                };
                removals.push(MethodRemoval {
                    method: method.clone(),
                    outcome,
                });
            }
            left = default;
            if left.is_empty() || left.len() == before {
                break;
            }
        }
        removals.extend(left.into_iter().map(|method| MethodRemoval {
            method: method.clone(),
            outcome: RemovalOutcome::Refused,
        }));
        let all_gone = removals.iter().all(|removal| {
            matches!(
                removal.outcome,
                RemovalOutcome::Removed | RemovalOutcome::AlreadyGone
            )
        });
        if all_gone {
            Ok(())
        } else {
            Err(Stop::Abort(AbortCause::MethodSurvived))
        }
    }

    /// Lists until nothing that had to go is left, and returns what stayed. Anything that has shown up
    /// meanwhile has to go too, by the next attempt.
    pub(super) async fn confirm(&self, plan: &Plan) -> Result<Vec<MethodRef>, Stop> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let methods = self.graph().methods(&self.subject.person.id).await?;
            if !methods
                .iter()
                .any(|method| plan.removal.covers(&method.method.kind))
            {
                // What was added meanwhile is new, whoever added it.
                let kept = methods.into_iter().map(|method| method.method);
                return Ok(kept
                    .filter(|method| plan.snapshot.contains(method))
                    .collect());
            }
            match pauses.next() {
                Some(pause) if pause < self.rest() => tokio::time::sleep(pause).await,
                _ => return Err(Stop::Retry(Fault::RemovalNotConfirmed, SETTLE)),
            }
        }
    }
}
