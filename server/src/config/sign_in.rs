//! The sections `[sign_in]` and `[password]`: applications at the organisation's identity provider.

use url::Url;

use super::{
    read::Reader,
    sections::{credential, guid, service_url},
};
use crate::{auth::oidc::Settings, graph};

/// Reads a section, if any of its keys is given. What it does not say is as for Graph.
pub(super) fn application(
    reader: &mut Reader,
    section: &str,
    entra: Option<&graph::Settings>,
) -> Option<Settings> {
    if !reader.has_section(section) {
        return None;
    }
    let client_id = reader.required(&format!("{section}.client_id"), guid);
    let credential = credential(reader, section);
    let authority = reader
        .parsed(&format!("{section}.authority"), service_url)
        .or_else(|| entra.and_then(authority_of));
    let authentication_context =
        reader.parsed(&format!("{section}.authentication_context"), context);
    Some(Settings {
        authority: authority?,
        tenant_id: entra?.tenant_id.clone(),
        client_id: client_id?,
        credential: credential?,
        authentication_context,
    })
}

/// The ID of an authentication context, as Conditional Access numbers them.
fn context(text: &str) -> Result<String, String> {
    let number = text.strip_prefix('c').unwrap_or_default();
    let is_one = (1..=2).contains(&number.len())
        && number.bytes().all(|digit| digit.is_ascii_digit())
        && !number.starts_with('0');
    if is_one {
        Ok(text.to_owned())
    } else {
        Err("must be the ID of an authentication context, from c1 to c99".to_owned())
    }
}

/// Refuses one application for both sections. `[password]` is exempt from a second factor, so whoever knows a password
/// could sign in by it as an employee, and make saved codes.
pub(super) fn tell_apart(
    reader: &mut Reader,
    sign_in: Option<&Settings>,
    password: Option<&Settings>,
) {
    let (Some(sign_in), Some(password)) = (sign_in, password) else {
        return;
    };
    if sign_in.client_id == password.client_id {
        reader.problem(
            "password.client_id",
            "is the same as sign_in.client_id: the password alone must get nobody into the pages for employees, where \
             recovery codes are made. Register another application for [password], exempt that one from multi-factor \
             authentication, and protect the one of [sign_in] by it",
        );
    }
}

/// The issuer of the tenant's id tokens.
fn authority_of(entra: &graph::Settings) -> Option<Url> {
    let mut url = entra.login_url.clone();
    url.path_segments_mut()
        .ok()?
        .pop_if_empty()
        .extend([&entra.tenant_id, "v2.0"]);
    Some(url)
}
