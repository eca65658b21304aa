//! The document around every page, and the way to render it.

use std::sync::Arc;

use hydration_context::SsrSharedContext;
use leptos::{
    config::LeptosOptions,
    nonce::{provide_nonce, use_nonce},
    prelude::*,
};

use crate::{
    pages,
    view::{Frame, Page},
};

/// A rendered page.
#[derive(Clone, Debug)]
pub struct Document {
    /// The whole HTML document.
    pub html: String,
    /// The nonce that its scripts carry, for the `Content-Security-Policy` header.
    pub nonce: String,
}

/// Renders `page` as a whole document.
///
/// Rendering is synchronous and reads nothing but its arguments: whatever a page shows has been
/// loaded and decided before.
pub fn render(page: Page, frame: Frame) -> Document {
    let owner = Owner::new_root(Some(Arc::new(SsrSharedContext::new_islands())));
    owner.with(|| {
        provide_nonce();
        let nonce = use_nonce()
            .map(|nonce| nonce.to_string())
            .unwrap_or_default();
        let html = view! { <Shell page frame/> }.to_html();
        Document { html, nonce }
    })
}

#[component]
fn Shell(page: Page, frame: Frame) -> impl IntoView {
    let options = LeptosOptions::builder()
        .output_name("latchkey")
        .site_pkg_dir(frame.assets.clone())
        .build();
    let scripts =
        pages::has_islands(&page).then(|| view! { <HydrationScripts options islands=true/> });
    let title = format!("{} · {}", pages::title(&page), frame.organisation);
    view! {
        <!DOCTYPE html>
        <html lang="en" dir="ltr">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <title>{title}</title>
                <link rel="stylesheet" href=format!("/{}/latchkey.css", frame.assets)/>
                <link rel="icon" type="image/svg+xml" href="/favicon.svg"/>
                {scripts}
            </head>
            <body>{pages::body(page, &frame)}</body>
        </html>
    }
}
