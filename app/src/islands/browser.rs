//! The browser's clock, clipboard and event stream.
//!
//! Only effects call these, and effects run in the browser alone.

use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use web_sys::{
    Element, EventSource, MessageEvent,
    js_sys::{Date, JSON, Reflect},
};

/// Whole seconds from now until `iso`, never less than none; `None` when `iso` is no moment.
pub fn seconds_until(iso: &str) -> Option<u32> {
    let left = (Date::parse(iso) - Date::now()) / 1000.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast to an integer keeps to its range"
    )]
    (!left.is_nan()).then_some(left as u32)
}

/// The element of that id.
pub fn element(id: &str) -> Option<Element> {
    document().get_element_by_id(id)
}

/// Whether there is a clipboard: browsers have one on encrypted and on local pages only.
pub fn has_clipboard() -> bool {
    !window().navigator().clipboard().is_undefined()
}

/// Copies `text`; whether that worked.
pub async fn copy(text: &str) -> bool {
    window()
        .navigator()
        .clipboard()
        .write_text(text)
        .await
        .is_ok()
}

/// One message of `/status/events`.
pub struct StatusEvent(JsValue);

impl StatusEvent {
    /// What the status page would show now.
    pub fn shows(&self) -> Option<String> {
        self.field("shows")?.as_string()
    }

    /// The contact code of the moment, in groups.
    pub fn contact_code(&self) -> Option<String> {
        self.field("contact_code")?.as_string()
    }

    /// Seconds until the contact code is replaced.
    pub fn code_changes_in(&self) -> Option<u16> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a cast to an integer keeps to its range"
        )]
        self.field("code_changes_in")?
            .as_f64()
            .map(|seconds| seconds as u16)
    }

    fn field(&self, name: &str) -> Option<JsValue> {
        Reflect::get(&self.0, &JsValue::from_str(name)).ok()
    }
}

/// Calls `heard` with every message of `/status/events` for as long as the page stands. The browser
/// connects again by itself.
pub fn listen_to_status(heard: impl Fn(&StatusEvent) + 'static) {
    let Ok(events) = EventSource::new("/status/events") else {
        return;
    };
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |message: MessageEvent| {
        let Some(text) = message.data().as_string() else {
            return;
        };
        if let Ok(value) = JSON::parse(&text) {
            heard(&StatusEvent(value));
        }
    });
    events.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
}

/// Loads the status page anew.
pub fn load_status() {
    // A browser that refuses leaves the page as it is, with its "Check again" link.
    let _ = window().location().assign("/status");
}
