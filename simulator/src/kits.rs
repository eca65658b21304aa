//! Which methods the people of the example company have registered.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{entropy::stable_guid, world::Method};

/// Which methods a person has registered, beside a password.
#[derive(Clone, Copy)]
pub enum Kit {
    /// Nothing but the password.
    Nothing,
    Phone,
    TwoPhones,
    Authenticator,
    /// Authenticator (default), phone, and codes from an authenticator app.
    Usual,
    Passkey,
    /// Windows Hello, a platform credential and an Authenticator.
    Laptop,
    /// Self-service reset by mail and an external method.
    MailAndExternal,
    /// One of every type that v1.0 knows.
    Everything,
}

/// A password and the kit of the person called `owner`, the `index`th of the company, with the default method chosen.
pub fn methods(kit: Kit, owner: &str, index: usize, created: Timestamp) -> Vec<Method> {
    let owner = Owner {
        name: owner,
        index,
        created,
    };
    let mut registered: Vec<Method> = match kit {
        Kit::Nothing => vec![],
        Kit::Phone => vec![owner.phone("mobile", 1)],
        Kit::TwoPhones => vec![owner.phone("mobile", 1), owner.phone("alternateMobile", 2)],
        Kit::Authenticator => vec![owner.authenticator()],
        Kit::Usual => vec![
            owner.authenticator(),
            owner.phone("mobile", 1),
            owner.oath(),
        ],
        Kit::Passkey => vec![owner.passkey(), owner.authenticator()],
        Kit::Laptop => vec![owner.authenticator(), owner.hello(), owner.platform()],
        Kit::MailAndExternal => vec![owner.external(), owner.email()],
        Kit::Everything => vec![
            owner.authenticator(),
            owner.phone("mobile", 1),
            owner.phone("alternateMobile", 2),
            owner.phone("office", 3),
            owner.oath(),
            owner.passkey(),
            owner.hello(),
            owner.platform(),
            owner.email(),
            owner.external(),
        ],
    };
    if let Some(default) = registered
        .iter_mut()
        .find(|method| method.kind().is_some_and(|kind| kind.second_factor))
    {
        default.is_default = true;
    }
    registered.insert(0, Method::password(created));
    registered
}

/// Whose methods are made up.
struct Owner<'a> {
    name: &'a str,
    index: usize,
    created: Timestamp,
}

impl Owner<'_> {
    /// A method with an id of its own, the same on every start.
    fn method(&self, kind: &str, properties: Value) -> Method {
        let mut method = Method::new(kind, Some(self.created), properties);
        method.id = stable_guid(&format!("{kind} of {} {}", self.index, self.name)).to_string();
        method
    }

    fn phone(&self, phone_type: &str, area: u32) -> Method {
        let state = if phone_type == "mobile" {
            "notAllowedByPolicy"
        } else {
            "notSupported"
        };
        Method::new(
            "phoneAuthenticationMethod",
            None,
            json!({
                "phoneNumber": format!("+47 5550{area}{:03}", 100 + self.index),
                "phoneType": phone_type,
                "smsSignInState": state,
            }),
        )
    }

    fn authenticator(&self) -> Method {
        let mut method = self.method(
            "microsoftAuthenticatorAuthenticationMethod",
            json!({
                "displayName": format!("{}'s phone", self.name),
                "deviceTag": "SoftwareTokenActivated",
                "phoneAppVersion": "6.2408.5807",
            }),
        );
        method.created = None;
        method
    }

    fn oath(&self) -> Method {
        self.method(
            "softwareOathAuthenticationMethod",
            json!({"secretKey": null}),
        )
    }

    fn passkey(&self) -> Method {
        let mut method = self.method(
            "fido2AuthenticationMethod",
            json!({
                "displayName": "Blue key",
                "aaGuid": "2fc0579f-8113-47ea-b116-555a8db9202a",
                "model": "NFC key",
                "attestationCertificates": ["dbe793efdf1945e2df25d93653a1e8a3268a9075"],
                "attestationLevel": "attested",
                "passkeyType": "deviceBound",
            }),
        );
        // Ids of these are not GUIDs and may begin with a dash.
        method.id = format!("-2_GRUg2-HYz6_1YG4YR{:02}", self.index);
        method
    }

    fn hello(&self) -> Method {
        self.method(
            "windowsHelloForBusinessAuthenticationMethod",
            json!({"displayName": format!("HF-LAPTOP-{:03}", self.index), "keyStrength": "normal"}),
        )
    }

    fn platform(&self) -> Method {
        self.method(
            "platformCredentialAuthenticationMethod",
            json!({
                "displayName": format!("{}'s MacBook", self.name),
                "keyStrength": "normal",
                "platform": "macOS",
            }),
        )
    }

    fn email(&self) -> Method {
        let address = format!("{}.reset@private.example", self.name.to_lowercase());
        Method::new(
            "emailAuthenticationMethod",
            None,
            json!({"emailAddress": address}),
        )
    }

    fn external(&self) -> Method {
        self.method(
            "externalAuthenticationMethod",
            json!({
                "displayName": "Partner verifier",
                "configurationId": stable_guid("external method configuration"),
            }),
        )
    }
}
