//! `OData` query options: `$select`, `$filter`, `$search`, `$orderby`, `$top`, `$count` and opaque paging.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::{Context, GraphError, Outcome, filter::Filter};
use crate::answer::Answer;

/// The options of one request.
#[derive(Default)]
pub struct Query {
    pub select: Option<Vec<String>>,
    pub expand: Option<String>,
    pub count: bool,
    filter: Option<Filter>,
    search: Option<String>,
    order_by: Option<String>,
    top: Option<usize>,
    skip: usize,
    /// The query as sent, without the paging token, to be repeated in the next link.
    repeatable: String,
}

/// How one collection is listed.
pub struct Listing {
    /// The part of `@odata.context` after `#`.
    pub context: String,
    /// Properties shown when nothing is selected; all when empty.
    pub default_properties: &'static [&'static str],
    pub default_page: usize,
    pub max_page: usize,
    /// Whether the rules for advanced directory queries hold (FACTS §3).
    pub is_directory: bool,
}

impl Query {
    /// A query that does nothing but select.
    pub fn selecting(properties: Option<&[String]>) -> Self {
        Self {
            select: properties.map(<[String]>::to_vec),
            ..Self::default()
        }
    }

    pub fn parse(text: &str) -> Result<Self, GraphError> {
        let mut query = Self::default();
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            match name.trim_start_matches('$').to_lowercase().as_str() {
                "select" => {
                    query.select = Some(
                        value
                            .split(',')
                            .map(|property| property.trim().to_owned())
                            .filter(|property| !property.is_empty())
                            .collect(),
                    );
                }
                "expand" => query.expand = Some(value.into_owned()),
                "filter" => {
                    let filter = Filter::parse(&value).map_err(|reason| {
                        GraphError::bad_query(format!("Invalid filter clause: {reason}"))
                    })?;
                    query.filter = Some(filter);
                }
                "search" => query.search = Some(value.into_owned()),
                "orderby" => query.order_by = Some(value.into_owned()),
                "count" => query.count = value == "true",
                "top" => {
                    let top = value.parse().ok().filter(|top| *top > 0);
                    query.top = Some(top.ok_or_else(|| {
                        GraphError::bad_query(format!(
                            "Invalid value '{value}' for $top query option found."
                        ))
                    })?);
                }
                "skiptoken" => query.skip = read_token(&value)?,
                // Graph ignores options it does not know, for example those of other versions.
                _ => {}
            }
        }
        query.repeatable = text
            .split('&')
            .filter(|pair| !pair.starts_with("$skiptoken=") && !pair.starts_with("%24skiptoken="))
            .collect::<Vec<_>>()
            .join("&");
        Ok(query)
    }

    /// Reduces one object to what was selected, or to `default_properties` if nothing was.
    pub fn project(&self, item: Value, default_properties: &[&str]) -> Result<Value, GraphError> {
        let Value::Object(all) = item else {
            return Ok(item);
        };
        let selected: Vec<&str> = match &self.select {
            Some(names) => names.iter().map(String::as_str).collect(),
            None if default_properties.is_empty() => return Ok(Value::Object(all)),
            None => default_properties.to_vec(),
        };
        let mut kept = Map::new();
        for (name, value) in &all {
            if name.starts_with('@') {
                kept.insert(name.clone(), value.clone());
            }
        }
        for name in selected {
            let (name, value) = all
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(name))
                .ok_or_else(|| unknown_property(name))?;
            kept.insert(name.clone(), value.clone());
        }
        Ok(Value::Object(kept))
    }
}

impl Context<'_> {
    /// Filters, orders, pages and projects a collection.
    pub fn list(&self, mut items: Vec<Value>, listing: &Listing) -> Outcome {
        let query = &self.query;
        let eventual = self.request.eventual;
        if let Some(filter) = &query.filter {
            if listing.is_directory && filter.is_advanced() && !(eventual && query.count) {
                return Err(GraphError::needs_eventual_consistency("This filter"));
            }
            if listing.is_directory && query.order_by.is_some() && !(eventual && query.count) {
                return Err(GraphError::needs_eventual_consistency(
                    "$filter with $orderby",
                ));
            }
            if let Some(Value::Object(sample)) = items.first()
                && let Some(unknown) = filter
                    .properties()
                    .iter()
                    .find(|name| !sample.contains_key(**name))
            {
                return Err(unknown_property(unknown));
            }
            items.retain(|item| filter.matches(item));
        }
        if let Some(search) = &query.search {
            if !eventual {
                return Err(GraphError::needs_eventual_consistency("$search"));
            }
            let terms = search_terms(search)?;
            items.retain(|item| {
                terms
                    .iter()
                    .any(|(property, word)| has_word(&item[property], word))
            });
        }
        if let Some(order) = &query.order_by {
            let (property, descending) = match order.trim().split_once(' ') {
                Some((property, direction)) => (property, direction.trim() == "desc"),
                None => (order.trim(), false),
            };
            items.sort_by_key(|item| item[property].as_str().unwrap_or_default().to_lowercase());
            if descending {
                items.reverse();
            }
        }
        let total = items.len();
        let page = query.top.unwrap_or(listing.default_page);
        if page > listing.max_page {
            return Err(GraphError::bad_query(format!(
                "The limit of '{}' for Top query has been exceeded. The value from the incoming request is '{page}'.",
                listing.max_page
            )));
        }
        let shown = items
            .into_iter()
            .skip(query.skip)
            .take(page.min(self.world.settings.longest_page))
            .map(|item| query.project(item, listing.default_properties))
            .collect::<Result<Vec<_>, _>>()?;
        let mut body = json!({"@odata.context": self.metadata(&listing.context)});
        if query.count && (eventual || !listing.is_directory) {
            body["@odata.count"] = json!(total);
        }
        let next = query.skip + shown.len();
        if next < total {
            body["@odata.nextLink"] = json!(self.next_link(next));
        }
        body["value"] = Value::Array(shown);
        Ok(Answer::ok(body))
    }

    fn next_link(&self, skip: usize) -> String {
        let graph = self.world.settings.graph_url();
        let token = write_token(skip);
        let (path, query) = (&self.request.path, &self.query.repeatable);
        let separator = if query.is_empty() { "" } else { "&" };
        format!("{graph}{path}?{query}{separator}$skiptoken={token}")
    }
}

fn unknown_property(name: &str) -> GraphError {
    GraphError::bad_query(format!(
        "Parsing OData Select and Expand failed: Could not find a property named '{name}' on the type."
    ))
}

fn write_token(skip: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("RFNwdAIAAQ:{skip}"))
}

fn read_token(token: &str) -> Result<usize, GraphError> {
    URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| text.strip_prefix("RFNwdAIAAQ:")?.parse().ok())
        .ok_or_else(|| GraphError::bad_query("The specified page token value is invalid."))
}

/// `"displayName:ada" OR "mail:ada"` as pairs of property and word.
fn search_terms(search: &str) -> Result<Vec<(String, String)>, GraphError> {
    let terms: Vec<_> = search
        .split('"')
        .skip(1)
        .step_by(2)
        .filter_map(|term| term.split_once(':'))
        .map(|(property, word)| (property.trim().to_owned(), word.trim().to_lowercase()))
        .collect();
    if terms.is_empty() {
        return Err(GraphError::bad_query(
            "Syntax error: $search needs \"property:value\" in double quotes.",
        ));
    }
    Ok(terms)
}

/// The directory's index knows words and their beginnings, not substrings.
fn has_word(value: &Value, word: &str) -> bool {
    value.as_str().is_some_and(|text| {
        text.to_lowercase()
            .split(|c: char| !c.is_alphanumeric())
            .any(|candidate| candidate.starts_with(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_survive_the_round_trip_and_garbage_does_not() {
        assert_eq!(read_token(&write_token(25)).unwrap(), 25);
        assert!(read_token("25").is_err());
    }

    #[test]
    fn selection_is_case_insensitive_and_refuses_unknown_names() {
        let query = Query::parse("$select=DisplayName").unwrap();
        let item = json!({"@odata.type": "#x", "displayName": "A", "mail": null});
        assert_eq!(
            query.project(item.clone(), &[]).unwrap(),
            json!({"@odata.type": "#x", "displayName": "A"})
        );
        let query = Query::parse("$select=shoeSize").unwrap();
        assert!(query.project(item, &[]).is_err());
    }
}
