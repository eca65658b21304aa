//! One line to type an answer into.

use leptos::prelude::*;

/// What is typed, which decides the keyboard, autofill and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A work account's sign-in name.
    SignInName,
    /// Somebody else's sign-in name, which autofill could only get wrong.
    Colleague,
    /// A day.
    Day,
    /// A code of digits, sent to the person who types it.
    SentCode,
    /// A code of letters and digits that the person has saved.
    SavedCode,
    /// The reference of a request, as another page shows it.
    Reference,
    /// A code of digits, told by somebody else. Autofill could only be wrong.
    ToldCode,
    /// The name of a console user.
    ConsoleName,
    /// A console user's password.
    Password,
}

struct Attributes {
    kind: &'static str,
    autocomplete: &'static str,
    inputmode: &'static str,
    class: &'static str,
}

impl Input {
    const fn attributes(self) -> Attributes {
        let (kind, autocomplete, inputmode, class) = match self {
            Self::SignInName => ("text", "username", "email", "input"),
            Self::Colleague => ("text", "off", "email", "input"),
            Self::Day => ("date", "off", "numeric", "input input-day"),
            Self::SentCode => ("text", "one-time-code", "numeric", "input input-code"),
            Self::SavedCode | Self::Reference => ("text", "off", "text", "input input-long-code"),
            Self::ToldCode => ("text", "off", "numeric", "input input-code"),
            Self::ConsoleName => ("text", "username", "text", "input"),
            Self::Password => ("password", "current-password", "text", "input"),
        };
        Attributes {
            kind,
            autocomplete,
            inputmode,
            class,
        }
    }
}

/// How a label looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelLook {
    /// It is the page's one question and its heading.
    Heading,
    /// One field among others.
    Plain,
}

/// A labelled input with its hint and, above the input, what is wrong with the answer.
///
/// The input's id is its name, so that an error summary can link to it.
#[component]
pub fn Field(
    name: &'static str,
    #[prop(into)] label: String,
    look: LabelLook,
    input: Input,
    #[prop(into)] hint: String,
    /// The answer given before; codes and passwords are never kept.
    #[prop(optional, into)]
    value: String,
    error: Option<&'static str>,
) -> impl IntoView {
    let Attributes {
        kind,
        autocomplete,
        inputmode,
        class,
    } = input.attributes();
    let hint_id = format!("{name}-hint");
    let error_id = format!("{name}-error");
    let described_by = if error.is_some() {
        format!("{hint_id} {error_id}")
    } else {
        hint_id.clone()
    };
    let label = match look {
        LabelLook::Heading => view! { <h1><label for=name>{label}</label></h1> }.into_any(),
        LabelLook::Plain => view! { <label class="label" for=name>{label}</label> }.into_any(),
    };
    view! {
        <div class="field">
            {label}
            <p class="hint" id=hint_id>{hint}</p>
            {error.map(|error| view! {
                <p class="field-error" id=error_id>
                    <span class="sr-only">"Error: "</span>{error}
                </p>
            })}
            <input
                class=class
                id=name
                name=name
                type=kind
                value=value
                dir="ltr"
                autocomplete=autocomplete
                autocapitalize="none"
                inputmode=inputmode
                spellcheck="false"
                aria-describedby=described_by
                aria-invalid=error.map(|_| "true")
            />
        </div>
    }
}
