//! What happens to the installation, and not to a request.

use std::sync::atomic::{AtomicBool, Ordering};

use domain::{Actor, RequestId};

use super::{Recovery, ServiceError, actor_name};
use crate::{audit::InstallationEvent, auth::oidc::SignInRefusal, store::SignInKind};

impl Recovery {
    /// Keeps in the log that a sign-in was refused, by which somebody wanted to prove who they are for this request, or to
    /// decide about it, if one is named.
    pub async fn note_refused_sign_in(
        &self,
        kind: SignInKind,
        request: Option<RequestId>,
        refusal: SignInRefusal,
    ) -> Result<(), ServiceError> {
        let event = InstallationEvent::SignInRefused {
            kind,
            request,
            refusal,
        };
        self.store
            .record_event(&actor_name(&Actor::Browser), self.clock.now(), &event, &[])
            .await?;
        Ok(())
    }

    /// Tells the administrators what the directory does not let us do: once while this process runs, since they know then.
    pub(super) async fn tell_once(&self, told: &AtomicBool, event: &InstallationEvent) {
        if told.swap(true, Ordering::Relaxed) {
            return;
        }
        if let Err(error) = self
            .record_installation_event(&Actor::Directory, event)
            .await
        {
            tracing::error!(?event, %error, "the administrators could not be told");
            told.store(false, Ordering::Relaxed);
        }
    }
}
