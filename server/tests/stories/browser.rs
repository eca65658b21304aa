//! A browser: it keeps cookies, follows redirects, and says where its forms come from.

use std::{collections::BTreeMap, net::SocketAddr, sync::Mutex, time::Duration};

use latchkey::secret::Bearer;
use reqwest::{
    Method, RequestBuilder, Response,
    header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE, USER_AGENT},
};

use crate::harness::{Seen, Story};

/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_mins(1);
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// A browser with cookies of its own.
pub struct Browser<'a> {
    story: &'a Story,
    cookies: Mutex<BTreeMap<String, String>>,
    /// The program that it stays at; otherwise it goes where the story turns everybody.
    stays_at: Mutex<Option<SocketAddr>>,
    /// What a proxy says about where it comes from.
    forwarded_for: Mutex<Option<String>>,
    name: Mutex<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Page {
    /// Where it is, after all redirects.
    pub path: String,
    /// The answer's status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: String,
}

impl Page {
    /// The header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// What a reader reads: without markup, every gap one space.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for piece in self.body.split('<') {
            let (tag, words) = piece.split_once('>').unwrap_or(("", piece));
            // Markers between pieces of a sentence are no gap.
            if !tag.starts_with('!') {
                text.push(' ');
            }
            text.push_str(words);
        }
        let text = text
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&#x27;", "'")
            .replace("&#39;", "'")
            .replace("&amp;", "&");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Asserts the status and that a reader reads `sentence`.
    #[track_caller]
    pub fn shows(&self, status: u16, sentence: &str) -> &Self {
        let text = self.text();
        assert!(
            self.status == status && text.contains(sentence),
            "wanted {status} {sentence:?}, got {} at {}: {text}",
            self.status,
            self.path
        );
        self
    }

    /// The content of the element with this id.
    pub fn element(&self, id: &str) -> Option<String> {
        let (_, rest) = self.body.split_once(&format!("id=\"{id}\""))?;
        let (_, rest) = rest.split_once('>')?;
        let (content, _) = rest.split_once("</")?;
        Some(content.replace("<!>", "").trim().to_owned())
    }

    /// The pass, if this page shows one.
    pub fn pass(&self) -> Option<String> {
        let value = self.element("pass")?;
        Some(
            value
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&amp;", "&"),
        )
    }
}

impl<'a> Browser<'a> {
    pub fn new(story: &'a Story) -> Self {
        Self {
            story,
            cookies: Mutex::default(),
            stays_at: Mutex::default(),
            forwarded_for: Mutex::default(),
            name: Mutex::new(FIREFOX.to_owned()),
        }
    }

    /// Says that it is this browser from now on.
    pub fn calls_itself(&self, name: &str) {
        name.clone_into(&mut self.name.lock().unwrap());
    }

    /// Comes from here from now on, as far as a proxy in front of the server tells.
    pub fn comes_from(&self, forwarded_for: &str) {
        *self.forwarded_for.lock().unwrap() = Some(forwarded_for.to_owned());
    }

    /// Goes to this program from now on, wherever the story turns everybody.
    pub fn stay_at(&self, program: SocketAddr) {
        *self.stays_at.lock().unwrap() = Some(program);
    }

    /// The value of the cookie whose name ends so.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let cookies = self.cookies.lock().unwrap();
        let found = cookies.iter().find(|(known, _)| known.ends_with(name));
        found.map(|(_, value)| value.clone())
    }

    /// Takes over the cookies of another browser.
    pub fn steal(&self, other: &Browser<'_>) {
        let stolen = other.cookies.lock().unwrap().clone();
        self.cookies.lock().unwrap().extend(stolen);
    }

    /// The secret that binds this browser to a request.
    pub fn bound_by(&self) -> Option<Bearer> {
        Bearer::parse(&self.cookie("latchkey-request")?)
    }

    /// Opens a page and follows redirects.
    pub async fn get(&self, path: &str) -> Page {
        self.try_get(path).await.unwrap()
    }

    /// As [`Self::get`], when the server may be gone.
    pub async fn try_get(&self, path: &str) -> reqwest::Result<Page> {
        let page = self.try_visit(path).await?;
        self.follow(page).await
    }

    /// Sends a form and follows redirects.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Page {
        self.try_post(path, form).await.unwrap()
    }

    /// As [`Self::post`], when the server may be gone.
    pub async fn try_post(&self, path: &str, form: &[(&str, &str)]) -> reqwest::Result<Page> {
        let page = self.try_submit(path, form).await?;
        self.follow(page).await
    }

    /// Sends a form as a page of ours does; follows nothing.
    pub async fn submit(&self, path: &str, form: &[(&str, &str)]) -> Page {
        self.try_submit(path, form).await.unwrap()
    }

    async fn try_submit(&self, path: &str, form: &[(&str, &str)]) -> reqwest::Result<Page> {
        let headers = [
            ("origin", self.story.base_url()),
            ("sec-fetch-site", "same-origin"),
        ];
        self.try_send(Method::POST, path, &headers, Some(form))
            .await
    }

    async fn try_visit(&self, path: &str) -> reqwest::Result<Page> {
        self.try_send(Method::GET, path, &[("sec-fetch-site", "none")], None)
            .await
    }

    /// Asks without a form; follows nothing.
    pub async fn visit(&self, method: Method, path: &str) -> Page {
        self.send(method, path, &[("sec-fetch-site", "none")], None)
            .await
    }

    /// Asks for anything in any way; follows nothing.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        form: Option<&[(&str, &str)]>,
    ) -> Page {
        self.try_send(method, path, headers, form).await.unwrap()
    }

    async fn try_send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        form: Option<&[(&str, &str)]>,
    ) -> reqwest::Result<Page> {
        let mut request = self.request(method, path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(form) = form {
            request = request.form(form);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let headers = answer.headers().clone();
        self.keep_cookies(&headers);
        let body = answer.text().await?;
        self.story.seen.lock().unwrap().push(Seen {
            path: path.to_owned(),
            body: body.clone(),
        });
        Ok(Page {
            path: path.to_owned(),
            status,
            headers,
            body,
        })
    }

    /// Takes over everything that another browser carries.
    pub fn copy_cookies(&self, other: &Browser<'_>) {
        *self.cookies.lock().unwrap() = other.cookies.lock().unwrap().clone();
    }

    /// Opens what goes on for as long as somebody listens.
    pub async fn listen(&self, path: &str) -> Response {
        let request = self.request(Method::GET, path);
        request.send().await.unwrap().error_for_status().unwrap()
    }

    /// What is first said of what goes on for as long as somebody listens; nothing if it ends without a word.
    pub async fn hears(&self, path: &str) -> Page {
        let mut answer = self.request(Method::GET, path).send().await.unwrap();
        let first = answer.chunk().await.unwrap().unwrap_or_default();
        Page {
            path: path.to_owned(),
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: String::from_utf8(first.to_vec()).unwrap(),
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let stays_at = *self.stays_at.lock().unwrap();
        let address = stays_at.unwrap_or_else(|| self.story.address());
        let url = format!("http://{address}{path}");
        // A stream that should have been refused must fail a story, not hang it.
        let request = self.story.client.request(method, url).timeout(PATIENCE);
        let mut request = request.header(USER_AGENT, &*self.name.lock().unwrap());
        if let Some(address) = &*self.forwarded_for.lock().unwrap() {
            request = request.header("x-forwarded-for", address);
        }
        let cookies = self.cookies.lock().unwrap();
        let cookies: Vec<_> = cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if cookies.is_empty() {
            request
        } else {
            request.header(COOKIE, cookies.join("; "))
        }
    }

    async fn follow(&self, mut page: Page) -> reqwest::Result<Page> {
        for _ in 0..5 {
            let Some(next) = page.headers.get(LOCATION) else {
                return Ok(page);
            };
            let next = next.to_str().unwrap().to_owned();
            assert!(next.starts_with('/') && !next.starts_with("//"), "{next}");
            page = self.try_visit(&next).await?;
        }
        panic!("too many redirects, the last to {}", page.path);
    }

    fn keep_cookies(&self, headers: &HeaderMap) {
        let mut cookies = self.cookies.lock().unwrap();
        for value in headers.get_all(SET_COOKIE) {
            let value = value.to_str().unwrap();
            let (pair, attributes) = value.split_once(';').unwrap_or((value, ""));
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}
