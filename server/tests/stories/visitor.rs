//! Somebody who cannot sign in and does what the pages say, and their manager, whatever happens to the
//! server meanwhile.

use std::time::Duration;

use serde_json::Value;

use crate::{
    browser::{Browser, Page},
    harness::Story,
    own_codes::hidden,
    people::{Person, code_in, link, private_address, text, work_address},
};

/// How long people wait before they look again.
pub const GLANCE: Duration = Duration::from_millis(10);

/// What a person was told, in the order of a request's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Told {
    /// The request is open.
    Opened,
    /// The proof is passed.
    Proved,
    /// The approver is asked.
    Submitted,
    /// The approval counts.
    Approved,
    /// Here is the pass.
    Shown,
}

/// How far a step led.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Something was done; there may be more to do at once.
    Taken,
    /// Time has to pass, or somebody else has to act.
    Waits,
    /// Nothing is left to do.
    Over,
}

/// A locked-out person and their manager.
pub struct Visitor<'a> {
    story: &'a Story,
    /// The name before the `@`.
    pub alias: &'static str,
    manager: &'static str,
    /// At the browser that they ask in.
    pub person: Person<'a>,
    /// Their manager's browser.
    pub office: Browser<'a>,
    /// Every pass that was shown, oldest first.
    pub shown: Vec<String>,
    /// Whether what was shown last can be used as far as they know.
    holds_pass: bool,
    /// A code that was not taken.
    spoilt: Option<String>,
    /// The page that was sent to ask for approval, until an answer says what became of it.
    unanswered: Option<String>,
    /// What they were told about which request.
    pub told: Vec<(String, Told)>,
}

/// The title that a page shows.
pub fn heading(page: &Page) -> &str {
    let heading = page.body.split_once("<h1>").map_or("", |(_, rest)| rest);
    heading.split_once("</h1>").map_or("", |(title, _)| title)
}

/// The reference that a page names.
pub fn reference(page: &Page) -> Option<String> {
    let (_, rest) = page.body.split_once("class=\"reference\"")?;
    let (_, rest) = rest.split_once('>')?;
    Some(rest.split_once('<')?.0.to_owned())
}

impl<'a> Visitor<'a> {
    pub fn new(story: &'a Story, alias: &'static str, manager: &'static str) -> Self {
        Self {
            story,
            alias,
            manager,
            person: story.locked_out(alias),
            office: story.browser(),
            shown: Vec::new(),
            holds_pass: false,
            spoilt: None,
            unanswered: None,
            told: Vec::new(),
        }
    }

    /// Looks where the request stands, and does the next thing.
    ///
    /// # Errors
    /// When the server is gone.
    pub async fn step(&mut self) -> reqwest::Result<Step> {
        let page = self.person.browser.try_get("/status").await?;
        self.act(&page).await
    }

    /// Does the next thing, again and again, until the page of the request is `wanted`, with a `pause`
    /// whenever somebody else has to act. Gives that page.
    pub async fn walk_until(&mut self, pause: Duration, wanted: impl Fn(&Page) -> bool) -> Page {
        loop {
            let page = self.person.browser.get("/status").await;
            if wanted(&page) {
                return page;
            }
            if self.act(&page).await.unwrap() != Step::Taken {
                tokio::time::sleep(pause).await;
            }
        }
    }

    async fn act(&mut self, page: &Page) -> reqwest::Result<Step> {
        match (page.status, page.path.as_str(), heading(page)) {
            (410, ..) => match self.unanswered.take() {
                // The answer was lost, and what it would have brought: as a browser does that loads it again.
                Some(sent) => self.submits(sent).await,
                None => self.asks().await,
            },
            (200, "/prove", _) => self.proves(page).await,
            (200, "/check", _) => self.submits(hidden(page, "page")).await,
            (200, "/status", "Your request is waiting for approval") => self.calls(page).await,
            (200, "/status", "Approved: you can get your pass") => self.claims("/pass").await,
            (200, "/status", "Sign in with your pass") if self.holds_pass => Ok(Step::Over),
            (200, "/status", "Sign in with your pass") => {
                if page.text().contains("I could not use it") {
                    self.claims("/pass/again").await
                } else {
                    Ok(Step::Over)
                }
            }
            (200, "/status", "Approved, with a safety delay" | "We are preparing your account")
            | (503, ..) => Ok(Step::Waits),
            (
                200,
                "/status",
                "Your request was declined"
                | "This request was reported"
                | "Your request has run out"
                | "We had to stop"
                | "You withdrew your request"
                | "This recovery was undone",
            ) => Ok(Step::Over),
            _ => panic!("{} at {}: {}", page.status, page.path, page.text()),
        }
    }

    /// Goes on until they were told this.
    pub async fn until(&mut self, told: Told) {
        while self.told.last().is_none_or(|(_, last)| *last < told) {
            if self.step().await.unwrap() == Step::Waits {
                tokio::time::sleep(GLANCE).await;
            }
        }
    }

    /// Keeps what an answer says.
    fn hears(&mut self, page: &Page, told: Told) {
        let reference = reference(page).expect("the page names the request");
        self.told.push((reference, told));
    }

    async fn asks(&mut self) -> reqwest::Result<Step> {
        let account = work_address(self.alias);
        let form = [("identifier", account.as_str()), ("reason", "lost-phone")];
        let page = self.person.browser.try_post("/identify", &form).await?;
        if page.path == "/prove" && page.status == 200 {
            self.hears(&page, Told::Opened);
            self.spoilt = None;
        }
        Ok(Step::Taken)
    }

    /// What is `wanted` in the newest mail to `to` about this request.
    pub async fn mailed<T>(
        &self,
        to: &str,
        reference: &str,
        wanted: impl Fn(&Value) -> Option<T>,
    ) -> Option<T> {
        let mails = self.story.mails(to).await;
        let about = |mail: &&Value| text(mail).contains(reference);
        mails.iter().rev().filter(about).find_map(wanted)
    }

    async fn proves(&mut self, page: &Page) -> reqwest::Result<Step> {
        let reference = reference(page).expect("the page names the request");
        let private = private_address(self.alias);
        let code = self.mailed(&private, &reference, code_in).await;
        let Some(code) = code.filter(|code| self.spoilt.as_ref() != Some(code)) else {
            return Ok(Step::Waits);
        };
        if !Box::pin(self.person.can_use_code()).await {
            return Ok(Step::Waits);
        }
        let form = [("code", code.as_str())];
        let page = self.person.browser.try_post("/prove", &form).await?;
        match (page.status, page.path.as_str()) {
            (200, "/check") => self.hears(&page, Told::Proved),
            // Crashes have cost its tries.
            (422, _) => {
                self.spoilt = Some(code);
                self.person.browser.try_post("/prove/resend", &[]).await?;
            }
            _ => {}
        }
        Ok(Step::Taken)
    }

    async fn submits(&mut self, sent: String) -> reqwest::Result<Step> {
        self.unanswered = Some(sent.clone());
        let form = [("page", sent.as_str())];
        let page = self.person.browser.try_post("/submit", &form).await?;
        if page.status < 500 {
            self.unanswered = None;
        }
        if page.status == 200 && page.path == "/status" {
            self.hears(&page, Told::Submitted);
        }
        Ok(Step::Taken)
    }

    /// Reads the code to the manager, who approves.
    async fn calls(&mut self, page: &Page) -> reqwest::Result<Step> {
        let Some(code) = self.meets(page).await? else {
            return Ok(Step::Waits);
        };
        let form = [("code", code.as_str()), ("attested", "phone")];
        let answer = self.office.try_post("/approve", &form).await?;
        if answer.status == 200 && heading(&answer) == "You have approved the request" {
            self.hears(page, Told::Approved);
        }
        Ok(Step::Taken)
    }

    /// The manager opens the mail about the request on `page`, and hears the code. Nothing comes of that
    /// before the notice has reached the owner, so nobody calls earlier.
    pub async fn meets(&self, page: &Page) -> reqwest::Result<Option<String>> {
        let reference = reference(page).expect("the page names the request");
        let (manager, own) = (work_address(self.manager), private_address(self.alias));
        let to = |kind: &'static str| move |mail: &Value| link(self.story, mail, kind);
        let asked = self.mailed(&manager, &reference, to("approve")).await;
        let notice = self.mailed(&own, &reference, to("not-me")).await;
        let (Some(link), Some(_)) = (asked, notice) else {
            return Ok(None);
        };
        self.office.try_get(&link).await?;
        Ok(page
            .element("contact-code")
            .map(|code| code.replace(' ', "")))
    }

    async fn claims(&mut self, path: &str) -> reqwest::Result<Step> {
        self.holds_pass = false;
        let page = self.person.browser.try_post(path, &[]).await?;
        self.sees(&page);
        if self.holds_pass {
            Ok(Step::Taken)
        } else {
            Ok(Step::Waits)
        }
    }

    /// Notes the pass that a page shows.
    pub fn sees(&mut self, page: &Page) {
        if let Some(pass) = page.pass() {
            self.hears(page, Told::Shown);
            self.shown.push(pass);
            self.holds_pass = true;
        }
    }
}
