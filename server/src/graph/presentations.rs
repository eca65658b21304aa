//! Asks Microsoft's Request Service for Verified IDs.
//!
//! The request is the same whoever is asked: nothing in it names a person. It names the case, which the page shows too:
//! whoever is sent somebody else's code by mail or by telephone can see that it is not theirs. Its form is that of Microsoft's
//! "Request Service REST API presentation specification".

use std::sync::Arc;

use domain::{Reference, Timestamp};
use reqwest::Url;
use serde::Deserialize;
use serde_json::json;

use super::{Graph, GraphError, Settings, SettingsError, request::Request};
use crate::{
    auth::verified_id::Terms,
    clock::{Clock, Entropy},
    secret::Bearer,
    store::AskedPresentation,
};

/// The Request Service, by its application id.
const RESOURCE: &str = "3db474b9-6a0c-4840-96ac-1fceb342124f";
const PERMISSION: &str = "VerifiableCredential.Create.PresentRequest";
/// The claim of a credential that holds the photo.
const PHOTO: &str = "photo";

/// The service that wallets present Verified IDs to.
#[derive(Clone, Debug)]
pub struct RequestService {
    calls: Graph,
    terms: Arc<Terms>,
    /// Who asks, as wallets show it.
    client_name: String,
    /// Where the service reports to.
    callback: Url,
}

/// What a wallet is asked for on our behalf.
#[derive(Debug)]
pub struct Asking {
    /// Where the service is.
    pub service_url: Url,
    /// What must hold of a Verified ID.
    pub terms: Arc<Terms>,
    /// Who asks, as wallets show it.
    pub client_name: String,
    /// Where the service reports to.
    pub callback: Url,
}

impl RequestService {
    /// Makes a client; nothing is sent yet. `settings` are those of the application.
    ///
    /// # Errors
    /// As [`Graph::new`].
    pub fn new(
        settings: Settings,
        asking: Asking,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, SettingsError> {
        let Asking {
            service_url,
            terms,
            client_name,
            callback,
        } = asking;
        let root = ("verified_id.service_url", service_url);
        Ok(Self {
            calls: Graph::of_resource(settings, root, RESOURCE, clock, entropy)?,
            terms,
            client_name,
            callback,
        })
    }

    /// What must hold of a Verified ID.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Asks for a presentation for the case with that reference. Each message about it will carry `key` in a header and
    /// `state` in its body.
    pub async fn ask(
        &self,
        case: Reference,
        key: &Bearer,
        state: &Bearer,
    ) -> Result<AskedPresentation, GraphError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            request_id: String,
            url: String,
            /// Seconds since 1970.
            expiry: i64,
        }
        let terms = &self.terms;
        let body = json!({
            "authority": terms.authority,
            // We draw the code ourselves.
            "includeQRCode": false,
            "includeReceipt": false,
            "registration": {
                "clientName": self.client_name,
                "purpose": format!(
                    "To recover your account, case {case}. Share only if this case is on a screen of your own."
                ),
            },
            "callback": {
                "url": self.callback.as_str(),
                "state": state.expose().as_str(),
                "headers": {"api-key": key.expose().as_str()},
            },
            "requestedCredentials": [{
                "type": terms.credential_type,
                "acceptedIssuers": terms.accepted_issuers,
                "configuration": {"validation": {
                    "allowRevoked": false,
                    "validateLinkedDomain": true,
                    "faceCheck": {
                        "sourcePhotoClaimName": PHOTO,
                        "matchConfidenceThreshold": terms.face_check_threshold,
                    },
                }},
            }],
        });
        // To ask twice does no harm: nobody sees the first link.
        let request = Request::ask(
            "/verifiableCredentials/createPresentationRequest",
            &[],
            PERMISSION,
            body,
        );
        let answer: Answer = self.calls.read(&request).await?;
        // It becomes a link on a page.
        if !answer.url.starts_with("openid-vc://") {
            let problem = "the link of the presentation is none that wallets open";
            return Err(self.calls.beyond(&request, problem));
        }
        Ok(AskedPresentation {
            service_request: answer.request_id,
            link: answer.url,
            expires_at: Timestamp::from_millis(answer.expiry.saturating_mul(1000)),
        })
    }
}
