//! The mailbox: what arrived over SMTP, readable and clickable by hand.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use jiff::Timestamp;
use serde::Deserialize;

use super::render;
use crate::front::Tenant;

const PAGE: usize = 25;

#[derive(Deserialize)]
pub struct Filter {
    #[serde(default)]
    to: String,
    #[serde(default)]
    page: usize,
}

#[derive(Template)]
#[template(path = "mailbox.html")]
struct List<'a> {
    organization: &'a str,
    to: &'a str,
    rows: Vec<Row>,
    total: usize,
    newer: Option<usize>,
    older: Option<usize>,
}

struct Row {
    id: u64,
    received: String,
    to: String,
    subject: String,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct Show<'a> {
    organization: &'a str,
    row: Row,
    from: &'a str,
    has_html: bool,
    /// The text cut into plain stretches and links.
    text: Vec<Piece<'a>>,
}

/// A stretch of a text mail.
enum Piece<'a> {
    Plain(&'a str),
    Link(&'a str),
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Missing<'a> {
    organization: &'a str,
    title: &'a str,
    message: &'a str,
}

/// `GET /mailbox`: newest first.
pub async fn list(State(tenant): State<Tenant>, Query(filter): Query<Filter>) -> Response {
    let world = tenant.lock();
    let to = filter.to.trim();
    let mails = world.mailbox.mails(Some(to).filter(|to| !to.is_empty()));
    let skipped = filter.page.saturating_mul(PAGE);
    let rows = mails
        .iter()
        .rev()
        .skip(skipped)
        .take(PAGE)
        .map(|mail| row(mail))
        .collect();
    render(
        StatusCode::OK,
        &List {
            organization: &world.settings.organization,
            to,
            rows,
            total: mails.len(),
            newer: filter.page.checked_sub(1),
            older: (skipped + PAGE < mails.len()).then_some(filter.page + 1),
        },
    )
}

/// `GET /mailbox/{id}`
pub async fn show(State(tenant): State<Tenant>, Path(id): Path<u64>) -> Response {
    let world = tenant.lock();
    let Some(mail) = world.mailbox.mail(id) else {
        return render(
            StatusCode::NOT_FOUND,
            &Missing {
                organization: &world.settings.organization,
                title: "There is no such mail",
                message: "It may have been cleared.",
            },
        );
    };
    render(
        StatusCode::OK,
        &Show {
            organization: &world.settings.organization,
            row: row(mail),
            from: &mail.from,
            has_html: mail.html.is_some(),
            text: pieces(mail.text.as_deref().unwrap_or_default()),
        },
    )
}

/// `GET /mailbox/{id}/html`: the HTML part alone, for the sandboxed frame.
pub async fn html_part(State(tenant): State<Tenant>, Path(id): Path<u64>) -> Response {
    let world = tenant.lock();
    let Some(html) = world.mailbox.mail(id).and_then(|mail| mail.html.clone()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // Links open beside the frame, as they do from a mail program.
    let page = format!("<base target=\"_blank\">{html}");
    let policy = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:";
    (
        [
            (header::CONTENT_SECURITY_POLICY, policy),
            (header::CACHE_CONTROL, "no-store"),
        ],
        Html(page),
    )
        .into_response()
}

fn row(mail: &crate::mail::Mail) -> Row {
    Row {
        id: mail.id,
        received: clock_time(mail.received_at),
        to: mail.to.join(", "),
        subject: mail.subject.clone(),
    }
}

/// Date and time to the minute, in UTC.
pub fn clock_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Cuts a text at its web addresses, which end at white space or at punctuation that cannot close an address.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = ["http://", "https://"]
        .iter()
        .filter_map(|scheme| rest.find(scheme))
        .min()
    {
        let tail = &rest[start..];
        let end = tail
            .find(|c: char| c.is_whitespace() || "<>\"".contains(c))
            .unwrap_or(tail.len());
        let link = tail[..end].trim_end_matches(['.', ',', ')', ';', ':']);
        pieces.push(Piece::Plain(&rest[..start]));
        pieces.push(Piece::Link(link));
        rest = &tail[link.len()..];
    }
    pieces.push(Piece::Plain(rest));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_in_text_are_found_without_the_full_stop() {
        let links: Vec<&str> = pieces("See https://a.example/x?y=1. Or <http://b.example/z> now")
            .into_iter()
            .filter_map(|piece| match piece {
                Piece::Link(link) => Some(link),
                Piece::Plain(_) => None,
            })
            .collect();
        assert_eq!(links, ["https://a.example/x?y=1", "http://b.example/z"]);
    }
}
