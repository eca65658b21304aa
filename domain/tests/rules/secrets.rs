//! What must never be written down: a code or the value of a pass.

use serde_json::{Value, json};

/// The first thing in `value` that is named like a secret, or is a number or text of as many digits as
/// a code.
pub fn find_secret(value: &Value) -> Option<String> {
    const NAMES: [&str; 6] = ["code", "digits", "secret", "token", "password", "value"];
    match value {
        Value::Object(fields) => fields.iter().find_map(|(name, field)| {
            let is_secret = NAMES.contains(&name.to_lowercase().as_str());
            is_secret
                .then(|| name.clone())
                .or_else(|| find_secret(field))
        }),
        Value::Array(items) => items.iter().find_map(find_secret),
        Value::String(text) => is_code(text).then(|| text.clone()),
        Value::Number(number) => is_code(&number.to_string()).then(|| number.to_string()),
        Value::Null | Value::Bool(_) => None,
    }
}

fn is_code(text: &str) -> bool {
    let bare: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    matches!(bare.len(), 6 | 8) && bare.bytes().all(|b| b.is_ascii_digit())
}

#[test]
fn secrets_are_found_wherever_they_hide() {
    for secret in [
        json!({ "state": { "code": null } }),
        json!(["482 913"]),
        json!({ "note": "4829-1365" }),
        json!({ "note": [{ "seen": 482_913 }] }),
    ] {
        assert!(find_secret(&secret).is_some(), "{secret}");
    }
    let harmless = json!({ "at": 1_800_000_000_000_i64, "sending": 1, "kind": "password" });
    assert_eq!(find_secret(&harmless), None);
}
