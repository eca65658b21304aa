//! One module per page; each is a function from its view model to HTML.

use leptos::prelude::*;

use crate::view::{Frame, Page};

/// The title of a page.
pub fn title(_page: &Page) -> String {
    "Recover your account".to_owned()
}

/// The body of a page.
pub fn body(_page: Page, _frame: &Frame) -> AnyView {
    view! { <main><h1>"Recover your account"</h1></main> }.into_any()
}
