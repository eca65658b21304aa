//! Keeps a page that waits for something up to date.

use leptos::prelude::*;

use super::browser;

/// Listens for changes of what the page is about: loads it again when it would show something else, and
/// shows the contact code of the moment in the element `contact-code`. The "Check again" link needs no
/// script.
#[island]
pub fn LiveStatus(
    /// What this page shows, as the server names it.
    shows: String,
    /// The page's path; its events are below it.
    page: String,
) -> impl IntoView {
    let news = RwSignal::new("");
    let path = page.clone();
    Effect::new(move || {
        let on_page = shows.clone();
        let page = page.clone();
        browser::listen(&format!("{page}/events"), move |event| {
            if event.shows().is_some_and(|name| name != on_page) {
                news.set("Something has changed. Loading the page again.");
                browser::load(&page);
                return;
            }
            news.set("This page keeps itself up to date.");
            show("contact-code", event.contact_code());
            show(
                "contact-code-changes",
                event.code_changes_in().map(code_changes),
            );
        });
    });
    view! {
        <div class="live">
            <a href=path>"Check again"</a>
            <span role="status">{news}</span>
        </div>
    }
}

/// Puts `text` into the element `id`, if there are both and it says something else.
fn show(id: &str, text: Option<String>) {
    if let (Some(element), Some(text)) = (browser::element(id), text)
        && element.text_content().as_deref() != Some(&text)
    {
        element.set_text_content(Some(&text));
    }
}

/// When the contact code is replaced, in words; `seconds` from now.
pub fn code_changes(seconds: u16) -> String {
    match seconds.div_ceil(60) {
        0 | 1 => "This code changes in less than a minute.".to_owned(),
        minutes => format!("This code changes in about {minutes} minutes."),
    }
}

#[cfg(test)]
mod tests {
    use super::code_changes;

    #[test]
    fn a_code_s_end_is_said_in_whole_minutes() {
        let soon = "This code changes in less than a minute.";
        assert_eq!(code_changes(0), soon);
        assert_eq!(code_changes(60), soon);
        assert_eq!(code_changes(61), "This code changes in about 2 minutes.");
        assert_eq!(code_changes(300), "This code changes in about 5 minutes.");
    }
}
