//! Enough of HTML to look at our own pages, which always quote attributes.

/// An opening tag.
pub struct Tag {
    pub name: String,
    pub attributes: Vec<(String, String)>,
}

impl Tag {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Every opening tag, in order; what stands in scripts is none.
pub fn tags(html: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        if !rest.starts_with(|first: char| first.is_ascii_alphabetic()) {
            continue;
        }
        let (tag, after) = tag(rest);
        rest = match tag.name.as_str() {
            "script" => &after[after.find("</script>").expect("the script's end")..],
            _ => after,
        };
        tags.push(tag);
    }
    tags
}

/// The tag at the start of `text`, and what stands behind it.
fn tag(text: &str) -> (Tag, &str) {
    let end = text.find([' ', '>', '/']).expect("the name's end");
    let mut tag = Tag {
        name: text[..end].to_owned(),
        attributes: Vec::new(),
    };
    let mut rest = text[end..].trim_start_matches([' ', '/']);
    while !rest.starts_with('>') {
        let end = rest.find(['=', ' ', '>']).expect("the attribute's end");
        let name = rest[..end].to_owned();
        rest = &rest[end..];
        let mut value = "";
        if let Some(quoted) = rest.strip_prefix("=\"") {
            (value, rest) = quoted.split_once('"').expect("the closing quote");
        }
        assert!(
            !rest.starts_with('='),
            "an attribute without quotes: {name}{rest:.40}"
        );
        tag.attributes.push((name, value.to_owned()));
        rest = rest.trim_start_matches([' ', '/']);
    }
    (tag, &rest[1..])
}

/// `text` as it stands in HTML.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
