//! Many at the same moment, in the real program: one of them wins, once.

use std::time::Duration;

use domain::{Event, StateName};
use futures::future::join_all;
use serde_json::json;

use crate::{
    browser::{Browser, Page},
    engine::Database,
    harness::Story,
    people::{code_in, link, private_address, wrong},
    program::Program,
    visitor::{Visitor, heading, reference},
};

/// Rounds in all, of each kind in turn.
const ROUNDS: usize = 200;
/// Requests at the same moment.
const AT_ONCE: usize = 64;
/// How long somebody who waits for a mail or a page does something else.
const PAUSE: Duration = Duration::from_millis(150);
const PATIENCE: Duration = Duration::from_mins(1);
/// People of one story, each of whom has one round, and who decides.
const PEOPLE: [(&str, &str); 20] = [
    ("ada.keller", "daniel.okafor"),
    ("bo.nilsson", "daniel.okafor"),
    ("chidi.eze", "daniel.okafor"),
    ("dana.petrova", "daniel.okafor"),
    ("daniel.okafor", "lena.fischer"),
    ("elif.yilmaz", "lena.fischer"),
    ("femi.adeyemi", "lena.fischer"),
    ("gina.rossi", "lena.fischer"),
    ("henrik.dahl", "lena.fischer"),
    ("lena.fischer", "tomas.berg"),
    ("greta.holm", "maria.costa"),
    ("hugo.martin", "maria.costa"),
    ("iris.novak", "greta.holm"),
    ("jamal.haddad", "greta.holm"),
    ("kaisa.virtanen", "priya.raman"),
    ("liam.oconnor", "priya.raman"),
    ("mei.tanaka", "priya.raman"),
    ("nora.lind", "mei.tanaka"),
    ("paula.silva", "oskar.kowalski"),
    ("quentin.roy", "jonas.weber"),
];

/// What breaks out.
#[derive(Clone, Copy, Debug)]
enum Kind {
    ApproveAndApprove,
    ApproveAndDeny,
    ReportAndClaim,
    ClaimAndClaim,
    WrongCodes,
}

const KINDS: [Kind; 5] = [
    Kind::ApproveAndApprove,
    Kind::ApproveAndDeny,
    Kind::ReportAndClaim,
    Kind::ClaimAndClaim,
    Kind::WrongCodes,
];

/// A request that has come as far as its storm needs.
struct Round<'a> {
    story: &'a Story,
    kind: Kind,
    visitor: Visitor<'a>,
    /// The page of the request before the storm.
    page: Page,
    /// The code of the call, where the request waits for approval.
    code: String,
}

/// The programs that share a database: one where it is embedded.
async fn programs(story: &Story) -> Vec<Program<'_>> {
    let instances = match story.database() {
        Database::Sqlite(_) => 1,
        Database::Postgres(_) => 3,
    };
    let quiet = [("LATCHKEY_LOG__FILTER", "warn")];
    let programs = join_all((0..instances).map(|_| story.program_with(&quiet))).await;
    let addresses: Vec<_> = programs.iter().map(|program| program.address).collect();
    story.turn_to(&addresses);
    programs
}

impl<'a> Round<'a> {
    async fn prepare(
        story: &'a Story,
        kind: Kind,
        (who, by): (&'static str, &'static str),
    ) -> Self {
        let mut visitor = Visitor::new(story, who, by);
        let title = match kind {
            Kind::ApproveAndApprove | Kind::ApproveAndDeny | Kind::WrongCodes => {
                "Your request is waiting for approval"
            }
            Kind::ReportAndClaim | Kind::ClaimAndClaim => "Approved: you can get your pass",
        };
        if let Kind::WrongCodes = kind {
            wrong_mailed_codes(story, &mut visitor).await;
        }
        let page = visitor
            .walk_until(PAUSE, |page| heading(page) == title)
            .await;
        let code = match kind {
            Kind::ApproveAndApprove | Kind::ApproveAndDeny | Kind::WrongCodes => {
                mailed(async || visitor.meets(&page).await.unwrap()).await
            }
            Kind::ReportAndClaim | Kind::ClaimAndClaim => String::new(),
        };
        Self {
            story,
            kind,
            visitor,
            page,
            code,
        }
    }

    /// Everybody at once.
    async fn breaks_out(&self) {
        let (mine, office) = (&self.visitor.person.browser, &self.visitor.office);
        let code = match self.kind {
            Kind::WrongCodes => wrong(&self.code),
            _ => self.code.clone(),
        };
        let approval = [("code", code.as_str()), ("attested", "phone")];
        let approve = (office, "/approve", &approval[..]);
        let deny = (office, "/approve/deny", &[("why", "other")][..]);
        let claim = (mine, "/pass", &[][..]);
        let owner = self.owner().await;
        let report = (&owner, "/not-me", &[][..]);
        let [one, other] = match self.kind {
            Kind::ApproveAndApprove | Kind::WrongCodes => [approve, approve],
            Kind::ApproveAndDeny => [approve, deny],
            Kind::ReportAndClaim => [report, claim],
            Kind::ClaimAndClaim => [claim, claim],
        };
        let actions = [one, other].into_iter().cycle().take(AT_ONCE);
        let pages = join_all(actions.map(|(browser, path, form)| browser.post(path, form))).await;
        self.one_has_won(&pages).await;
    }

    /// The owner of the account at a browser of theirs.
    async fn owner(&self) -> Browser<'a> {
        let owner = self.story.browser();
        if let Kind::ReportAndClaim = self.kind {
            let reference = reference(&self.page).unwrap();
            let private = private_address(self.visitor.alias);
            let notice = |mail: &_| link(self.story, mail, "not-me");
            let notice = self.visitor.mailed(&private, &reference, notice).await;
            owner.get(&notice.unwrap()).await;
        }
        owner
    }

    async fn one_has_won(&self, pages: &[Page]) {
        let Self { story, kind, .. } = self;
        let request = self.visitor.person.request().await;
        let what = format!("{kind:?} of {}", request.facts.id.reference());
        for page in pages {
            assert!(
                [200, 409, 422, 410].contains(&page.status)
                    || page.status == 503 && self.may_fail(),
                "{what}: {} {}",
                page.status,
                page.text()
            );
        }
        let log = story.audit(request.facts.id).await;
        let count =
            |wanted: fn(&Event) -> bool| log.iter().filter(|row| wanted(&row.event)).count();
        let compared = count(|event| matches!(event, Event::ContactCodeTrySpent { .. }));
        let approved = count(|event| matches!(event, Event::Approved { .. }));
        let denied = count(|event| matches!(event, Event::Denied { .. }));
        let stopped = count(|event| matches!(event, Event::Reported { .. } | Event::Repudiated));
        let begun = count(|event| matches!(event, Event::IssueStarted { .. }));
        let disclosed = count(|event| matches!(event, Event::Disclosed { .. }));
        assert!(compared <= 3, "{what}: {compared} codes were compared");
        let state = request.state_name();
        let shown: Vec<_> = pages.iter().filter_map(Page::pass).collect();
        let made = story.passes(self.visitor.alias).await;
        match kind {
            Kind::ApproveAndApprove => {
                assert_eq!(approved + denied, 1, "{what}");
                let is_denied = state == StateName::Denied;
                assert_eq!(
                    (denied == 1, approved == 0),
                    (is_denied, is_denied),
                    "{what}"
                );
            }
            Kind::ApproveAndDeny => {
                assert_eq!((state, denied), (StateName::Denied, 1), "{what}");
                assert!(approved <= 1, "{what}");
            }
            Kind::ReportAndClaim => {
                let ends = [StateName::Reported, StateName::Repudiated];
                assert!(ends.contains(&state), "{what}: {state:?}");
                assert_eq!(stopped, 1, "{what}");
                assert!(begun <= 1 && made.len() <= begun, "{what}");
                assert_eq!(shown.len(), disclosed, "{what}");
                let none = async || story.live_passes(self.visitor.alias).await.is_empty();
                story.eventually("the pass to go", none).await;
            }
            Kind::ClaimAndClaim => {
                assert_eq!(
                    (begun, disclosed, made.len(), shown.len()),
                    (1, 1, 1, 1),
                    "{what}"
                );
                assert_eq!(made[0]["value"], json!(shown[0]), "{what}");
            }
            Kind::WrongCodes => {
                assert_eq!(
                    (state, denied, compared),
                    (StateName::Denied, 1, 3),
                    "{what}"
                );
            }
        }
    }

    /// An attempt that is cancelled is answered by 503.
    const fn may_fail(&self) -> bool {
        matches!(self.kind, Kind::ReportAndClaim)
    }
}

/// What comes by mail, looked for so seldom that many can look at once.
async fn mailed<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let waiting = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    waited.expect("the mail comes")
}

/// Many wrong guesses at the mailed code: three are compared. The next code is as good as ever.
async fn wrong_mailed_codes(story: &Story, visitor: &mut Visitor<'_>) {
    let at_code = |page: &Page| page.path == "/prove";
    let page = visitor.walk_until(PAUSE, at_code).await;
    let reference = reference(&page).unwrap();
    let private = private_address(visitor.alias);
    let code = mailed(async || visitor.mailed(&private, &reference, code_in).await).await;
    let guess = wrong(&code);
    let form = [("code", guess.as_str())];
    let browser = &visitor.person.browser;
    let pages = join_all((0..AT_ONCE).map(|_| browser.post("/prove", &form))).await;
    let compared = pages
        .iter()
        .filter(|page| page.text().contains("That is not the code we sent last"));
    assert!(compared.count() <= 3);
    let others: Vec<_> = pages
        .iter()
        .filter(|page| page.status != 422)
        .map(|page| (page.status, page.text()))
        .collect();
    assert!(others.is_empty(), "{others:?}");
    let log = story.audit(visitor.person.request().await.facts.id).await;
    let spent = log
        .iter()
        .filter(|row| matches!(row.event, Event::ProofTrySpent { .. }));
    assert_eq!(spent.count(), 3, "codes compared");
}

#[tokio::test]
async fn one_wins_whatever_breaks_out() {
    for _ in 0..ROUNDS / PEOPLE.len() {
        let story = Story::closed(&[]).await;
        let _programs = programs(&story).await;
        let rounds = PEOPLE.into_iter().zip(KINDS.into_iter().cycle());
        let rounds = rounds.map(|(who, kind)| Round::prepare(&story, kind, who));
        let rounds = join_all(rounds).await;
        for round in rounds {
            round.breaks_out().await;
        }
    }
}
