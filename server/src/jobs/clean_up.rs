//! Undoing at Microsoft what must not stay after an end.

use domain::{
    CleanUp, Disclosed, Ended, MethodKind, MethodRef, RemovalOutcome, Request, State, StateName,
    Warrant,
};

use super::perform::Fault;
use crate::recovery::Recovery;

pub(super) async fn clean_up(
    recovery: &Recovery,
    request: &Request,
    clean_up: CleanUp,
) -> Result<(), Fault> {
    match clean_up {
        CleanUp::RemovePass => remove_pass(recovery, request).await,
        CleanUp::Repudiate => undo_recovery(recovery, request).await,
    }
}

/// Removes the pass that was given out, should it still be there. One that nobody knows is the reaper's:
/// it can tell it from one that somebody else made.
async fn remove_pass(recovery: &Recovery, request: &Request) -> Result<(), Fault> {
    // A case that was taken up again may have a pass by now that is to stay.
    if matches!(
        request.state_name(),
        StateName::Issuing | StateName::Disclosed | StateName::Completed
    ) {
        return Ok(());
    }
    if let (Some(warrant), Some(disclosed)) = (request.warrant(), &request.facts.disclosed) {
        recovery
            .graph
            .delete_pass(&warrant, &disclosed.pass.id)
            .await?;
    }
    Ok(())
}

/// Undoes a recovery that its owner repudiated: the pass, every session, and every method that was
/// added since, except what a later recovery of the same person has brought.
async fn undo_recovery(recovery: &Recovery, request: &Request) -> Result<(), Fault> {
    let (Some(warrant), State::Ended(Ended::Repudiated { disclosed, .. })) =
        (request.warrant(), &request.state)
    else {
        return Ok(());
    };
    // First whoever is signed in now, whatever becomes of the rest.
    let revoked = recovery.graph.revoke_sessions(&warrant).await;
    failpoint!(RepudiatedSessionsEnded);
    let deleted = recovery
        .graph
        .delete_pass(&warrant, &disclosed.pass.id)
        .await;
    failpoint!(RepudiatedPassDeleted);
    let left = remove_added(recovery, request, &warrant, disclosed).await;
    // Again, for those who came meanwhile by a method that is gone now.
    recovery.graph.revoke_sessions(&warrant).await?;
    revoked?;
    deleted?;
    left
}

/// Removes the methods that were added since `disclosed`.
async fn remove_added(
    recovery: &Recovery,
    request: &Request,
    warrant: &Warrant,
    disclosed: &Disclosed,
) -> Result<(), Fault> {
    let person = warrant.person();
    let later = recovery.store.later_requests(request).await?;
    let stays = |method: &MethodRef| {
        disclosed.kept.contains(method) || later.iter().any(|later| brought(later, method))
    };
    let added: Vec<_> = recovery
        .graph
        .methods(person)
        .await?
        .into_iter()
        .map(|method| method.method)
        .filter(|method| !stays(method))
        .collect();
    let mut problem = None;
    // The default method goes last, when nothing else is left: a second round takes it.
    for method in added.iter().chain(&added) {
        let removed = recovery.graph.remove_method(warrant, method).await;
        failpoint!(RepudiatedMethodRemoved);
        match removed {
            Ok(RemovalOutcome::Removed | RemovalOutcome::AlreadyGone) => {}
            Ok(RemovalOutcome::Refused | RemovalOutcome::NotRemovable) => {
                return Err(Fault::Permanent {
                    problem:
                        "a method of an unknown type was added, and nobody knows how to remove it"
                            .to_owned(),
                });
            }
            Err(error) => problem = Some(error.to_string()),
        }
    }
    let listed = recovery.graph.methods(person).await?;
    if listed.iter().any(|method| added.contains(&method.method)) {
        let problem =
            problem.unwrap_or_else(|| "the directory still lists a removed method".to_owned());
        return Err(Fault::Transient {
            problem,
            after: None,
        });
    }
    Ok(())
}

/// Whether `method` came by this request, which its owner has not repudiated.
fn brought(request: &Request, method: &MethodRef) -> bool {
    match &request.state {
        State::Disclosed(disclosed) => {
            method.kind == MethodKind::TemporaryAccessPass && method.id == disclosed.pass.id
        }
        State::Ended(Ended::Completed { new_methods, .. }) => {
            new_methods.iter().any(|new| new.method == *method)
        }
        _ => false,
    }
}
