//! The people of a story.

use domain::{Request, State, StateName};
use serde_json::Value;

use crate::{
    browser::{Browser, Page},
    harness::{DOMAIN, Story},
};

/// Somebody who cannot sign in, at their browser.
pub struct Person<'a> {
    story: &'a Story,
    /// What they type as their name.
    account: String,
    /// Where they are written to when they cannot sign in.
    private: String,
    /// The browser that they ask in.
    pub browser: Browser<'a>,
}

/// Somebody who decides, at their browser.
pub struct Manager<'a> {
    story: &'a Story,
    alias: String,
    /// The browser that they open their mail in.
    pub browser: Browser<'a>,
}

/// Where the company writes to somebody.
pub fn work_address(alias: &str) -> String {
    format!("{alias}@{DOMAIN}")
}

/// Where somebody is written to when they cannot sign in.
pub fn private_address(alias: &str) -> String {
    format!("{alias}@private.example")
}

/// The text of a mail.
pub fn text(mail: &Value) -> &str {
    mail["text"].as_str().unwrap()
}

/// The path of the link to `kind` in a mail, without our own address.
pub fn link(story: &Story, mail: &Value, kind: &str) -> Option<String> {
    let root = story.base_url().trim_end_matches('/');
    let start = format!("{root}/{kind}/");
    let line = text(mail).lines().find(|line| line.starts_with(&start))?;
    Some(line.strip_prefix(root)?.to_owned())
}

/// The code of eight digits in a mail.
pub fn code_in(mail: &Value) -> Option<String> {
    text(mail).lines().find_map(|line| {
        let code = line.strip_prefix("    ")?.replace(' ', "");
        (code.len() == 8 && code.bytes().all(|c| c.is_ascii_digit())).then_some(code)
    })
}

/// A code that is as long and surely another.
pub fn wrong(code: &str) -> String {
    let digits = code.replace(' ', "");
    let last = digits.len() - 1;
    let other = if digits.ends_with('0') { '1' } else { '0' };
    format!("{}{other}", &digits[..last])
}

impl<'a> Person<'a> {
    pub fn new(story: &'a Story, account: &str, private: &str) -> Self {
        Self {
            story,
            account: account.to_owned(),
            private: private.to_owned(),
            browser: story.browser(),
        }
    }

    /// Types their name, and the directory is asked.
    pub async fn asks(&self) -> &Self {
        self.types(&self.account).await;
        self.story.run_jobs().await;
        self
    }

    /// What they type as their name.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Types an identifier.
    pub async fn types(&self, identifier: &str) -> Page {
        let form = [("identifier", identifier), ("reason", "lost-phone")];
        self.browser.post("/identify", &form).await
    }

    /// The code that was mailed last.
    pub async fn code(&self) -> String {
        self.story.newest(&self.private, code_in).await
    }

    /// Whether the last code that was mailed counts: a program notes that after the mail has arrived. On a disk of the
    /// programs' own nobody else can look.
    pub async fn can_use_code(&self) -> bool {
        if self.story.disk().is_some() {
            return true;
        }
        match self.request().await.state {
            State::Proving(proving) => proving.challenge.handed_out,
            _ => false,
        }
    }

    /// Types the mailed code.
    pub async fn proves(&self) -> &Self {
        let code = self.code().await;
        let counts = async || self.can_use_code().await;
        Box::pin(self.story.eventually("the code to count", counts)).await;
        let mut page = self.browser.post("/prove", &[("code", &code)]).await;
        if page.status == 422 && self.story.disk().is_some() {
            // It came before the program had noted that its mail was taken.
            page = self.browser.post("/prove", &[("code", &code)]).await;
        }
        page.shows(200, "Check before you ask");
        self
    }

    /// Asks for approval, and the mails go out.
    pub async fn submits(&self) -> &Self {
        let page = self.browser.post("/submit", &[]).await;
        page.shows(200, "Your request is waiting for approval");
        self.story.run_jobs().await;
        self
    }

    /// From the first page to the wait for approval.
    pub async fn waits(&self) -> &Self {
        self.asks().await.proves().await.submits().await
    }

    /// From the first page to an approval by `manager`.
    pub async fn is_approved_by(&self, manager: &str) -> &Self {
        self.waits().await;
        let manager = self.story.manager(manager);
        manager.opens_mail().await.shows(200, "ask you for help?");
        let page = manager.approves(&self.contact_code().await).await;
        page.shows(200, "You have approved the request");
        self.story.run_jobs().await;
        self.story.run_timers().await;
        let ready = async || self.state().await == StateName::Ready;
        self.story.eventually("the claim window", ready).await;
        self
    }

    /// The status page.
    pub async fn status(&self) -> Page {
        self.browser.get("/status").await
    }

    /// The contact code on their screen.
    pub async fn contact_code(&self) -> String {
        let code = self.status().await.element("contact-code");
        code.expect("a contact code is shown").replace(' ', "")
    }

    /// Claims the pass.
    pub async fn claims(&self) -> Page {
        self.browser.post("/pass", &[]).await
    }

    /// Their request, as the server keeps it.
    pub async fn request(&self) -> Request {
        let bearer = self.browser.bound_by().expect("the browser is bound");
        let records = self.story.records().await;
        let request = records.request_of_browser(bearer.hash()).await;
        request.unwrap().expect("the request is kept")
    }

    /// Where it stands.
    pub async fn state(&self) -> StateName {
        self.request().await.state_name()
    }

    /// The newest "this wasn't me" link.
    pub async fn not_me_link(&self) -> String {
        let link = |mail: &Value| link(self.story, mail, "not-me");
        self.story.newest(&self.private, link).await
    }

    /// The owner, in a browser of their own, says that it was not them.
    pub async fn disowns(&self) -> Page {
        let owner = self.story.browser();
        owner.get(&self.not_me_link().await).await;
        owner.post("/not-me", &[]).await
    }
}

impl<'a> Manager<'a> {
    pub fn new(story: &'a Story, alias: &str) -> Self {
        Self {
            story,
            alias: alias.to_owned(),
            browser: story.browser(),
        }
    }

    /// The newest link in their mail.
    pub async fn link(&self) -> String {
        let address = work_address(&self.alias);
        let link = |mail: &Value| link(self.story, mail, "approve");
        self.story.newest(&address, link).await
    }

    /// Opens the newest mail's link.
    pub async fn opens_mail(&self) -> Page {
        self.browser.get(&self.link().await).await
    }

    /// Types the code and attests.
    pub async fn approves(&self, code: &str) -> Page {
        let form = [("code", code), ("attested", "phone")];
        self.browser.post("/approve", &form).await
    }

    /// Declines.
    pub async fn denies(&self) -> Page {
        let form = [("why", "other")];
        self.browser.post("/approve/deny", &form).await
    }

    /// Reports.
    pub async fn reports(&self) -> Page {
        self.browser.post("/approve/report", &[]).await
    }
}
