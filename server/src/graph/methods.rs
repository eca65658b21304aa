//! A person's authentication methods, and the end of their sessions.

use domain::{Method, MethodKind, MethodRef, PersonId, RemovalOutcome, Warrant};

use super::{client::Graph, error::GraphError, request::Request, wire::AuthenticationMethod};

impl Graph {
    /// All methods of the person, those of unknown types too.
    pub async fn methods(&self, id: &PersonId) -> Result<Vec<Method>, GraphError> {
        let methods = self.authentication_methods(id).await?;
        Ok(methods.into_iter().map(Method::from).collect())
    }

    /// Removes one method of the person whom the warrant is for. The password and methods of unknown types are
    /// [`NotRemovable`](RemovalOutcome::NotRemovable), and nothing is called for them.
    ///
    /// # Errors
    /// [`GraphError::DefaultMethod`] while the person's default method is not the only one left.
    pub async fn remove_method(
        &self,
        warrant: &Warrant,
        method: &MethodRef,
    ) -> Result<RemovalOutcome, GraphError> {
        let Some((path, permission)) = removal_of(&method.kind) else {
            return Ok(RemovalOutcome::NotRemovable);
        };
        let ids = [warrant.person().0.as_str(), method.id.as_str()];
        match self.send(&Request::delete(path, &ids, permission)).await {
            Ok(_) => Ok(RemovalOutcome::Removed),
            Err(GraphError::NotFound { .. }) => Ok(RemovalOutcome::AlreadyGone),
            Err(error) => Err(error),
        }
    }

    /// Ends the sessions of the person whom the warrant is for: refresh tokens and browser sessions die within minutes.
    pub async fn revoke_sessions(&self, warrant: &Warrant) -> Result<(), GraphError> {
        let ids = [warrant.person().0.as_str()];
        let request = Request::post(
            "/users/{id}/revokeSignInSessions",
            &ids,
            "User.RevokeSessions.All",
        );
        self.send(&request).await.map(drop)
    }

    pub(super) async fn authentication_methods(
        &self,
        id: &PersonId,
    ) -> Result<Vec<AuthenticationMethod>, GraphError> {
        let ids = [id.0.as_str()];
        let permission = "UserAuthenticationMethod.Read.All";
        self.list(&Request::get(
            "/users/{id}/authentication/methods",
            &ids,
            permission,
        ))
        .await
    }
}

/// The collection that a kind is deleted from, and the least permission for it. There is no delete
/// that serves all kinds.
const fn removal_of(kind: &MethodKind) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        MethodKind::MobilePhone | MethodKind::AlternateMobilePhone | MethodKind::OfficePhone => (
            "/users/{id}/authentication/phoneMethods/{method}",
            "UserAuthMethod-Phone.ReadWrite.All",
        ),
        MethodKind::Authenticator => (
            "/users/{id}/authentication/microsoftAuthenticatorMethods/{method}",
            "UserAuthMethod-MicrosoftAuthApp.ReadWrite.All",
        ),
        MethodKind::SoftwareOath => (
            "/users/{id}/authentication/softwareOathMethods/{method}",
            "UserAuthMethod-SoftwareOATH.ReadWrite.All",
        ),
        MethodKind::Fido2 => (
            "/users/{id}/authentication/fido2Methods/{method}",
            "UserAuthMethod-Passkey.ReadWrite.All",
        ),
        MethodKind::WindowsHello => (
            "/users/{id}/authentication/windowsHelloForBusinessMethods/{method}",
            "UserAuthMethod-WindowsHello.ReadWrite.All",
        ),
        MethodKind::PlatformCredential => (
            "/users/{id}/authentication/platformCredentialMethods/{method}",
            "UserAuthMethod-PlatformCred.ReadWrite.All",
        ),
        MethodKind::Email => (
            "/users/{id}/authentication/emailMethods/{method}",
            "UserAuthMethod-Email.ReadWrite.All",
        ),
        MethodKind::External => (
            "/users/{id}/authentication/externalAuthenticationMethods/{method}",
            "UserAuthMethod-External.ReadWrite.All",
        ),
        MethodKind::TemporaryAccessPass => (super::passes::PASS, super::passes::WRITE_PASSES),
        MethodKind::Password | MethodKind::Unknown(_) => return None,
    })
}
