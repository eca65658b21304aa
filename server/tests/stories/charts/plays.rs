//! What becomes of a request whose approvers were drawn: they answer, stand in and hand on, and are changed meanwhile.

use domain::StateName;
use serde_json::json;

use super::{Change, Chart, Company, PEOPLE};
use crate::people::{Person, work_address};

/// What becomes of a request besides being asked.
#[derive(Clone, Copy, Debug)]
pub enum Play {
    /// Whoever is asked names others.
    HandsOn,
    /// Somebody answers in another's place.
    StandsIn,
    /// Whoever is asked answers.
    Answers,
}

impl Play {
    /// Its name among what was met.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HandsOn => "hands on",
            Self::StandsIn => "stands in",
            Self::Answers => "answers",
        }
    }
}

impl Company<'_> {
    /// Somebody becomes one who must not decide about `subject`.
    async fn changes(&self, person: usize, change: Change, subject: usize) {
        match change {
            Change::Below => self.reports_to(person, Some(subject)).await,
            Change::FarBelow => {
                let mut others = 0..PEOPLE.len();
                let between = others.find(|other| *other != subject && *other != person);
                let between = between.expect("there are others");
                self.reports_to(person, Some(between)).await;
                self.reports_to(between, Some(subject)).await;
            }
            Change::Guest => self.becomes(person, json!({ "userType": "Guest" })).await,
            Change::Disabled => {
                self.becomes(person, json!({ "accountEnabled": false }))
                    .await;
            }
        }
    }
}

/// A request that waits.
pub struct Case<'a> {
    pub company: &'a Company<'a>,
    pub chart: &'a Chart,
    pub person: &'a Person<'a>,
    pub subject: usize,
}

impl Case<'_> {
    /// Plays, if it comes to that; in the end nobody's approval counts. Whoever was asked opens their mail, they or the one
    /// on whose word they were asked become somebody who must not decide, and they say yes with the right code.
    pub async fn plays(&self, play: Play, first: usize) -> bool {
        let (approver, changed) = match play {
            Play::Answers => (first, first),
            Play::StandsIn => match self.company.delegate(self.person).await {
                Some(stands_in) => stands_in,
                None => return false,
            },
            Play::HandsOn => match self.hands_on(first).await {
                Some(named) => (named, first),
                None => return false,
            },
        };
        let (company, change) = (self.company, self.chart.change);
        let manager = company.story.manager(PEOPLE[approver]);
        manager.opens_mail().await.shows(200, "ask you for help?");
        company.changes(changed, change, self.subject).await;
        let page = manager.approves(&self.person.contact_code().await).await;
        let told = format!("{play:?}, {change:?}: {} {}", page.status, page.text());
        assert!(page.status >= 400, "{told}");
        let state = self.person.state().await;
        assert_eq!(state, StateName::AwaitingApproval, "{told}");
        true
    }

    /// Whoever is asked names some who must not decide, who are refused, and then somebody who may, who is asked.
    async fn hands_on(&self, from: usize) -> Option<usize> {
        /// Nobody may name many more within an hour.
        const MOST: usize = 6;
        let asked = self.company.asked(self.person).await;
        let others = (0..PEOPLE.len()).filter(|other| !asked.contains(other));
        let (may, must_not): (Vec<_>, Vec<_>) =
            others.partition(|other| self.chart.forbids(*other, self.subject).is_none());
        let to = *may.first()?;
        let manager = self.company.story.manager(PEOPLE[from]);
        manager.opens_mail().await.shows(200, "ask you for help?");
        let names = async |person: usize| {
            let colleague = work_address(PEOPLE[person]);
            let form = [("colleague", colleague.as_str())];
            manager.browser.post("/approve/hand-on", &form).await
        };
        for person in must_not.into_iter().take(MOST) {
            let page = names(person).await;
            assert_eq!(page.status, 422, "{}: {}", PEOPLE[person], page.text());
        }
        assert_eq!(self.company.asked(self.person).await, asked);
        names(to).await.shows(200, "You have named somebody else");
        self.company.story.run_jobs().await;
        Some(to)
    }
}
