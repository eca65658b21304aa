//! A call to Graph before it is made: what it does, where it goes, and what it carries.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, Url};
use serde_json::Value;
use uuid::Uuid;

/// Everything that is not unreserved in RFC 3986. A space must not become `+`.
const QUERY_VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What a call does, and so what may be done about its failure.
#[derive(Clone, Copy)]
pub(super) enum Verb {
    Get,
    /// A question that Graph wants asked by POST.
    Ask,
    Post,
    Delete,
}

impl Verb {
    pub const fn http(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Ask | Self::Post => Method::POST,
            Self::Delete => Method::DELETE,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Ask | Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }

    pub const fn writes(self) -> bool {
        matches!(self, Self::Post | Self::Delete)
    }

    /// A POST that writes is never repeated by itself: a second pass would replace the first.
    pub const fn is_repeatable(self) -> bool {
        !matches!(self, Self::Post)
    }
}

/// A call to be made.
pub(super) struct Request<'a> {
    pub method: Verb,
    /// Path below the root, with a `{placeholder}` in the place of each id.
    pub path: &'static str,
    ids: &'a [&'a str],
    query: Vec<(&'static str, String)>,
    pub advanced: bool,
    pub body: Option<Value>,
    pub client_request_id: Option<Uuid>,
    pub permission: &'static str,
}

impl<'a> Request<'a> {
    /// Reads. `permission` is the least one that Microsoft's permission table asks for.
    pub fn get(path: &'static str, ids: &'a [&'a str], permission: &'static str) -> Self {
        Self::new(Verb::Get, path, ids, permission)
    }

    /// Reads by POST.
    pub fn ask(
        path: &'static str,
        ids: &'a [&'a str],
        permission: &'static str,
        body: Value,
    ) -> Self {
        Self {
            body: Some(body),
            ..Self::new(Verb::Ask, path, ids, permission)
        }
    }

    /// Changes something, not to be repeated unasked.
    pub fn post(path: &'static str, ids: &'a [&'a str], permission: &'static str) -> Self {
        Self::new(Verb::Post, path, ids, permission)
    }

    /// Removes something.
    pub fn delete(path: &'static str, ids: &'a [&'a str], permission: &'static str) -> Self {
        Self::new(Verb::Delete, path, ids, permission)
    }

    fn new(method: Verb, path: &'static str, ids: &'a [&'a str], permission: &'static str) -> Self {
        Self {
            method,
            path,
            ids,
            query: Vec::new(),
            advanced: false,
            body: None,
            client_request_id: None,
            permission,
        }
    }

    /// Adds a query option.
    pub fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// Makes it an advanced query, which casts need: a header and `$count`.
    pub fn advanced(mut self) -> Self {
        self.advanced = true;
        self.query("$count", "true")
    }

    pub fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    pub fn identified_by(mut self, client_request_id: Uuid) -> Self {
        self.client_request_id = Some(client_request_id);
        self
    }

    pub fn url(&self, root: &Url) -> Option<Url> {
        let mut ids = self.ids.iter().copied();
        let segments: Option<Vec<&str>> = self
            .path
            .split('/')
            .skip(1)
            .map(|segment| {
                if segment.starts_with('{') {
                    ids.next()
                } else {
                    Some(segment)
                }
            })
            .collect();
        let mut url = join(root, &segments?)?;
        if !self.query.is_empty() {
            let options: Vec<String> = self
                .query
                .iter()
                .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, QUERY_VALUE)))
                .collect();
            url.set_query(Some(&options.join("&")));
        }
        Some(url)
    }
}

/// `root` with more segments, each percent-encoded. A segment that would change the path's shape is
/// no id.
pub(super) fn join(root: &Url, segments: &[&str]) -> Option<Url> {
    if segments
        .iter()
        .any(|segment| matches!(*segment, "" | "." | ".."))
    {
        return None;
    }
    let mut url = root.clone();
    url.path_segments_mut()
        .ok()?
        .pop_if_empty()
        .extend(segments);
    Some(url)
}

/// A string literal of an `OData` filter.
pub(super) fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(ids: &[&str]) -> Option<String> {
        let root = Url::parse("https://graph.example/v1.0/").unwrap();
        Request::get("/users/{id}/manager", ids, "User.Read.All")
            .query("$filter", "mail eq 'a+b c&d'")
            .url(&root)
            .map(String::from)
    }

    #[test]
    fn ids_and_query_values_are_encoded() {
        assert_eq!(
            url(&["a/b?c#d%e"]).unwrap(),
            "https://graph.example/v1.0/users/a%2Fb%3Fc%23d%25e/manager\
             ?$filter=mail%20eq%20%27a%2Bb%20c%26d%27"
        );
    }

    #[test]
    fn what_would_change_the_path_is_no_id() {
        for id in ["", ".", ".."] {
            assert_eq!(url(&[id]), None, "{id:?}");
        }
        assert_eq!(url(&[]), None);
    }

    #[test]
    fn quotes_in_filters_are_doubled() {
        assert_eq!(quoted("o'neil@example.org"), "'o''neil@example.org'");
    }
}
