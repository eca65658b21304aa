//! The time that is left.

use std::time::Duration;

use leptos::prelude::*;

use super::browser;

/// Minutes and seconds until a moment. Until the script runs, and without it, `fallback` stands
/// there. Only the last minute is announced: a timer that talks every second is noise.
#[island]
pub fn Countdown(
    /// The moment, as RFC 3339.
    until_iso: String,
    /// The same in words, e.g. `until 22 November 2026, 10:02 UTC`.
    fallback: String,
) -> impl IntoView {
    let face = RwSignal::new(fallback);
    let announcement = RwSignal::new("");
    Effect::new(move || {
        let until_iso = until_iso.clone();
        let tick = move || {
            let Some(left) = browser::seconds_until(&until_iso) else {
                return;
            };
            face.set(clock_face(left));
            let words = announced(left);
            if announcement.get_untracked() != words {
                announcement.set(words);
            }
        };
        tick();
        // Without an interval the first tick stays, and the moment stands beside it in words.
        let _ = set_interval_with_handle(tick, Duration::from_secs(1));
    });
    view! {
        <span class="countdown" role="timer" aria-live="off">{face}</span>
        <span class="sr-only" role="status">{announcement}</span>
    }
}

/// `left` seconds as a reader sees them.
fn clock_face(left: u32) -> String {
    match (left / 3600, left / 60 % 60, left % 60) {
        (0, 0, 0) => "time is up".to_owned(),
        (0, minutes, seconds) => format!("{minutes}:{seconds:02} left"),
        (hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02} left"),
    }
}

/// What a screen reader says when `left` seconds are left.
const fn announced(left: u32) -> &'static str {
    match left {
        0 => "Time is up.",
        1..=60 => "One minute left.",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::{announced, clock_face};

    #[test]
    fn a_clock_face_shows_minutes_and_seconds() {
        let faces = [
            (0, "time is up"),
            (5, "0:05 left"),
            (899, "14:59 left"),
            (3601, "1:00:01 left"),
        ];
        for (left, face) in faces {
            assert_eq!(clock_face(left), face);
        }
    }

    #[test]
    fn only_the_last_minute_is_announced() {
        assert_eq!(announced(61), "");
        assert_eq!(announced(60), "One minute left.");
        assert_eq!(announced(1), "One minute left.");
        assert_eq!(announced(0), "Time is up.");
    }
}
