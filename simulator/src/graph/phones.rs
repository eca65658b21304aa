//! Registering and changing phone numbers for somebody else (FACTS §10).

use serde_json::{Value, json};

use super::{Context, GraphError, Outcome, methods};
use crate::{
    answer::Answer,
    world::{Initiator, Method, kind_of, phone_id},
};

pub fn route(context: &mut Context<'_>, method: &str, key: &str, path: &[&str]) -> Outcome {
    match (method, path) {
        ("POST", []) => create(context, key),
        ("PATCH", [id]) => update(context, key, id),
        ("POST", [id, action @ ("enableSmsSignIn" | "disableSmsSignIn")]) => {
            set_sms_sign_in(context, key, id, *action == "enableSmsSignIn")
        }
        _ => Err(GraphError::no_such_method_path(&context.request.path)),
    }
}

fn create(context: &mut Context<'_>, key: &str) -> Outcome {
    let index = methods::writable_person(context, key, "Phone")?;
    let body = context.body();
    let number = phone_number(&body)?;
    let phone_type = body["phoneType"].as_str().unwrap_or_default();
    let id = phone_id(phone_type).ok_or_else(|| {
        GraphError::bad_method_request("The value of the property 'phoneType' is not valid.")
    })?;
    let registered: Vec<&Method> = context.world.people[index]
        .methods
        .iter()
        .filter(|method| method.exists())
        .collect();
    if registered.iter().any(|method| method.id == id) {
        return Err(GraphError::bad_method_request(format!(
            "A phone of the type '{phone_type}' is already registered for the user."
        )));
    }
    if phone_type == "alternateMobile"
        && !registered
            .iter()
            .any(|method| method.text("phoneType") == Some("mobile"))
    {
        return Err(GraphError::bad_method_request(
            "A mobile phone must be registered before an alternate mobile phone.",
        ));
    }
    let is_first = !registered
        .iter()
        .any(|method| method.kind().is_some_and(|kind| kind.second_factor));
    let mut phone = Method::new(
        "phoneAuthenticationMethod",
        None,
        json!({
            "phoneNumber": number,
            "phoneType": phone_type,
            "smsSignInState": if phone_type == "mobile" { "notAllowedByPolicy" } else { "notSupported" },
        }),
    );
    phone.is_default = is_first;
    let value = phone.to_value();
    context.world.people[index].methods.push(phone);
    note(
        context,
        index,
        "Admin registered security info",
        "Admin registered phone method for user",
    );
    Ok(Answer::json(201, value))
}

fn update(context: &mut Context<'_>, key: &str, id: &str) -> Outcome {
    let index = methods::writable_person(context, key, "Phone")?;
    let place = find_phone(context, index, id)?;
    let body = context.body();
    let number = phone_number(&body)?;
    let phone = &mut context.world.people[index].methods[place];
    if body
        .get("phoneType")
        .is_some_and(|wanted| wanted.as_str() != phone.text("phoneType"))
    {
        return Err(GraphError::bad_method_request(
            "The type of a phone cannot be changed.",
        ));
    }
    phone
        .properties
        .insert("phoneNumber".to_owned(), json!(number));
    let value = phone.to_value();
    note(
        context,
        index,
        "Admin updated security info",
        "Admin changed phone method for user",
    );
    Ok(Answer::ok(value))
}

fn set_sms_sign_in(context: &mut Context<'_>, key: &str, id: &str, on: bool) -> Outcome {
    let index = methods::writable_person(context, key, "Phone")?;
    let place = find_phone(context, index, id)?;
    let phone = &mut context.world.people[index].methods[place];
    if phone.text("phoneType") != Some("mobile") {
        return Err(GraphError::bad_method_request(
            "SMS sign-in is supported for mobile phones only.",
        ));
    }
    let state = if on { "ready" } else { "notEnabled" };
    phone
        .properties
        .insert("smsSignInState".to_owned(), json!(state));
    Ok(Answer::no_content())
}

fn find_phone(context: &Context<'_>, index: usize, id: &str) -> Result<usize, GraphError> {
    let kind = kind_of("phoneMethods").expect("phones are a known kind");
    methods::find(context, index, kind, id)
}

fn note(context: &mut Context<'_>, index: usize, activity: &str, reason: &str) {
    let now = context.world.now();
    let world = &mut *context.world;
    world.logs.security_info(
        activity,
        &Initiator::App(&world.settings),
        &world.people[index],
        reason,
        now,
    );
}

/// `+{country} {number}[x{extension}]`; the space after the country code is required.
fn phone_number(body: &Value) -> Result<String, GraphError> {
    let number = body["phoneNumber"].as_str().unwrap_or_default();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let well_formed = number
        .strip_prefix('+')
        .and_then(|rest| rest.split_once(' '))
        .is_some_and(|(country, rest)| {
            let (line, extension) = rest
                .split_once('x')
                .map_or((rest, None), |(line, ext)| (line, Some(ext)));
            digits(country) && country.len() <= 3 && digits(line) && extension.is_none_or(digits)
        });
    if well_formed {
        Ok(number.to_owned())
    } else {
        Err(GraphError::bad_method_request(
            "The phone number is not in a valid format.",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_need_a_country_code_and_a_space() {
        for (number, fine) in [
            ("+1 2065555555", true),
            ("+47 5550100x12", true),
            ("+12065555555", false),
            ("2065555555", false),
            ("+1 206-555", false),
            ("", false),
        ] {
            assert_eq!(
                phone_number(&json!({"phoneNumber": number})).is_ok(),
                fine,
                "{number}"
            );
        }
    }
}
