//! The browser's clock, clipboard and event stream.
//!
//! Only effects call these, and effects run in the browser alone.

use std::{cell::Cell, rc::Rc, time::Duration};

use leptos::prelude::{document, set_timeout, window};
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use web_sys::{
    Element, EventSource, MessageEvent,
    js_sys::{Date, Function, JSON, Math, Reflect},
};

/// Pause before a stream that was refused is asked for again, the first time; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

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

/// Milliseconds since the epoch, on the browser's clock.
pub fn now() -> f64 {
    Date::now()
}

/// Writes `value` into the input of that id.
pub fn fill(id: &str, value: &str) {
    if let Some(input) = element(id) {
        // Nothing that we write can be refused.
        let _ = input.set_attribute("value", value);
    }
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

/// Lets the browser print the page.
pub fn print() {
    // A browser that refuses has its own menu for it.
    let _ = window().print();
}

/// One message of a stream.
pub struct StatusEvent(JsValue);

impl StatusEvent {
    /// What the page would show now.
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

/// Calls `heard` with every message of the stream at `path` for as long as the page stands.
pub fn listen(path: &str, heard: impl Fn(&StatusEvent) + 'static) {
    let failures = Rc::new(Cell::new(0));
    let on_message = Closure::<dyn Fn(MessageEvent)>::new({
        let failures = Rc::clone(&failures);
        move |message: MessageEvent| {
            failures.set(0);
            let Some(text) = message.data().as_string() else {
                return;
            };
            if let Ok(value) = JSON::parse(&text) {
                heard(&StatusEvent(value));
            }
        }
    });
    let path = path.to_owned();
    connect(path, on_message.into_js_value().unchecked_into(), failures);
}

/// Connects to the stream at `path`. A browser connects again by itself when a connection ends, but gives up for good when
/// it is answered with an error, as by a server or proxy in trouble; then we try again.
fn connect(path: String, on_message: Function, failures: Rc<Cell<u32>>) {
    let Ok(events) = EventSource::new(&path) else {
        return;
    };
    events.set_onmessage(Some(&on_message));
    let on_error = Closure::<dyn Fn()>::new({
        let events = events.clone();
        move || {
            if events.ready_state() != EventSource::CLOSED {
                return;
            }
            let pause = pause_after(failures.get(), Math::random());
            failures.set(failures.get().saturating_add(1));
            let again = (path.clone(), on_message.clone(), Rc::clone(&failures));
            set_timeout(move || connect(again.0, again.1, again.2), pause);
        }
    });
    events.set_onerror(Some(on_error.into_js_value().unchecked_ref()));
}

/// How long to wait after so many failures before this one. `chance`, from 0 to 1, keeps browsers that were cut off
/// together from coming back together.
fn pause_after(failures: u32, chance: f64) -> Duration {
    FIRST_PAUSE
        .saturating_mul(2_u32.saturating_pow(failures))
        .min(LONGEST_PAUSE)
        .mul_f64(0.5 + chance / 2.0)
}

/// Loads the page at `path` anew.
pub fn load(path: &str) {
    // A browser that refuses leaves the page as it is, with its "Check again" link.
    let _ = window().location().assign(path);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_the_longest_and_differ() {
        assert_eq!(pause_after(0, 1.0), FIRST_PAUSE);
        assert_eq!(pause_after(1, 1.0), FIRST_PAUSE * 2);
        assert_eq!(pause_after(u32::MAX, 1.0), LONGEST_PAUSE);
        assert_eq!(pause_after(u32::MAX, 0.0), LONGEST_PAUSE / 2);
    }
}
