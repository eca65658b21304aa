//! Random organisation charts: with managers in circles, who are guests, have left, manage themselves, have no mail or are
//! away. Nobody is ever asked who must not decide, whoever asks or names them, and whoever must not any more is refused.

mod plays;

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use domain::ApproverRole;
use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::{Just, Strategy, any, prop_oneof},
    test_runner::{Config, RngSeed, TestRunner},
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{
    harness::{Story, setting},
    people::{Person, work_address},
};

use plays::{Case, Play};

/// How many charts are drawn, unless `LATCHKEY_TEST_CASES` says otherwise.
const CASES: u32 = 6;
/// After which nobody is new any more.
const SETTLED: Duration = Duration::from_hours(73);
const ON_CALL: &str = "Recovery on call";
/// Employees without any role of their own.
const PEOPLE: [&str; 14] = [
    "ada.keller",
    "bo.nilsson",
    "chidi.eze",
    "dana.petrova",
    "elif.yilmaz",
    "femi.adeyemi",
    "greta.holm",
    "hugo.martin",
    "iris.novak",
    "jamal.haddad",
    "kaisa.virtanen",
    "mei.tanaka",
    "nora.lind",
    "oskar.kowalski",
];

/// What somebody is besides a colleague.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    Guest,
    Disabled,
    WithoutMail,
}

/// One person's place.
#[derive(Clone, Debug)]
struct Place {
    /// Whom they report to: by number, themselves included.
    manager: Option<usize>,
    kind: Kind,
}

/// Who reports to whom.
#[derive(Clone, Debug)]
struct Chart {
    places: Vec<Place>,
    /// Members of the group on call.
    on_call: Vec<usize>,
    /// Who is away, and who stands in.
    away: BTreeMap<usize, usize>,
    /// What becomes of whoever was asked, before they answer.
    change: Change,
}

/// Why somebody who was asked must not decide any more.
#[derive(Clone, Copy, Debug)]
enum Change {
    /// They report to the subject now.
    Below,
    /// They report to somebody who reports to the subject.
    FarBelow,
    Guest,
    Disabled,
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![
        8 => Just(Kind::Plain),
        1 => Just(Kind::Guest),
        1 => Just(Kind::Disabled),
        1 => Just(Kind::WithoutMail),
    ]
}

fn charts() -> impl Strategy<Value = Chart> {
    let anybody = || 0..PEOPLE.len();
    // Anybody under anybody makes circles; one line makes depth; a few heads make a company.
    let managers = prop_oneof![
        3 => vec(option::weighted(0.9, anybody()), PEOPLE.len()),
        1 => any::<bool>().prop_map(|closed| {
            let first = closed.then_some(PEOPLE.len() - 1);
            std::iter::once(first).chain((0..PEOPLE.len() - 1).map(Some)).collect()
        }),
        2 => vec(0..4_usize, PEOPLE.len()).prop_map(|heads| heads.into_iter().map(Some).collect()),
    ];
    let changes = prop_oneof![
        Just(Change::Below),
        Just(Change::FarBelow),
        Just(Change::Guest),
        Just(Change::Disabled)
    ];
    let parts = (
        managers,
        vec(kinds(), PEOPLE.len()),
        vec(anybody(), 0..4),
        btree_map(anybody(), anybody(), 2..6),
        changes,
    );
    parts.prop_map(|(managers, kinds, on_call, mut away, change)| Chart {
        places: managers
            .into_iter()
            .zip(kinds)
            .map(|(manager, kind)| Place { manager, kind })
            .collect(),
        on_call,
        away: {
            // Nobody stands in for themselves.
            away.retain(|person, delegate| person != delegate);
            away
        },
        change,
    })
}

impl Chart {
    /// Whether `subject` is among those above `person`, however far. Circles end.
    fn is_below(&self, person: usize, subject: usize) -> bool {
        let mut seen = HashSet::new();
        let mut above = self.places[person].manager;
        while let Some(manager) = above {
            if manager == subject {
                return true;
            }
            if !seen.insert(manager) {
                return false;
            }
            above = self.places[manager].manager;
        }
        false
    }

    /// Why nobody may ask this person about that one.
    fn forbids(&self, person: usize, subject: usize) -> Option<&'static str> {
        match self.places[person].kind {
            _ if person == subject => Some("is the subject"),
            _ if self.is_below(person, subject) => Some("is below the subject"),
            Kind::Guest => Some("is a guest"),
            Kind::Disabled => Some("is disabled"),
            Kind::WithoutMail => Some("has no mail"),
            Kind::Plain => None,
        }
    }

    /// Those who are named for this person, allowed or not.
    fn named(&self, subject: usize) -> Vec<usize> {
        let manager = self.places[subject].manager;
        let above = manager.and_then(|manager| self.places[manager].manager);
        let leads = manager.into_iter().chain(above);
        leads
            .flat_map(|lead| std::iter::once(lead).chain(self.stands_in(lead, subject)))
            .chain(self.on_call.clone())
            .collect()
    }

    /// Who is asked because this person is away: nobody, if the word of the one who is away would not count. An address is
    /// no matter for that.
    fn stands_in(&self, person: usize, subject: usize) -> Option<usize> {
        let counts = matches!(self.forbids(person, subject), None | Some("has no mail"));
        self.away.get(&person).copied().filter(|_| counts)
    }

    /// The absences as the configuration has them.
    fn absences(&self) -> String {
        let each = self.away.iter().map(|(person, delegate)| {
            let [person, delegate] = [person, delegate].map(|person| work_address(PEOPLE[*person]));
            format!(
                "{{ person = \"{person}\", from = \"2020-01-01\", until = \"2099-01-01\", delegate = \"{delegate}\" }}"
            )
        });
        format!("[{}]", each.collect::<Vec<_>>().join(", "))
    }
}

/// The company as a chart says.
struct Company<'a> {
    story: &'a Story,
    ids: Vec<String>,
}

impl Company<'_> {
    async fn becomes(&self, person: usize, change: Value) {
        self.story.change(PEOPLE[person], change).await;
    }

    async fn reports_to(&self, person: usize, manager: Option<usize>) {
        let manager = manager.map(|manager| &self.ids[manager]);
        self.becomes(person, json!({ "managerId": manager })).await;
    }

    async fn is_as(&self, chart: &Chart) {
        for (person, place) in chart.places.iter().enumerate() {
            self.reports_to(person, place.manager).await;
            let change = match place.kind {
                Kind::Plain => continue,
                Kind::Guest => json!({ "userType": "Guest" }),
                Kind::Disabled => json!({ "accountEnabled": false }),
                Kind::WithoutMail => json!({ "mail": null }),
            };
            self.becomes(person, change).await;
        }
        let members: Vec<&String> = chart
            .on_call
            .iter()
            .map(|person| &self.ids[*person])
            .collect();
        let path = format!("/groups/{}", ON_CALL.replace(' ', "%20"));
        self.story
            .control(Method::PUT, &path, json!({ "members": members }))
            .await;
    }

    fn number(&self, id: &str) -> usize {
        let known = self.ids.iter().position(|known| known == id);
        known.expect("a colleague")
    }

    /// The numbers of those who are asked, now or later, about a request.
    async fn asked(&self, person: &Person<'_>) -> Vec<usize> {
        let approvers = person.request().await.facts.approvers;
        let ids = approvers.iter().map(|approver| self.number(&approver.id.0));
        ids.collect()
    }

    /// Somebody who is asked in another's place, and that one, about a request.
    async fn delegate(&self, person: &Person<'_>) -> Option<(usize, usize)> {
        let approvers = person.request().await.facts.approvers;
        approvers.iter().find_map(|approver| match &approver.role {
            ApproverRole::Delegate { of } if approver.asked_at.is_some() => {
                Some((self.number(&approver.id.0), self.number(&of.0)))
            }
            _ => None,
        })
    }
}

/// How often it came to what.
type Met = BTreeMap<&'static str, usize>;

fn count(met: &RefCell<Met>, what: &'static str) {
    *met.borrow_mut().entry(what).or_default() += 1;
}

/// Everybody who can ask does, and whoever is asked may decide.
async fn is_asked_rightly(chart: &Chart, met: &RefCell<Met>) {
    let group = Story::closed(&[]).await.group_named(ON_CALL).await;
    let settings = [format!("\"{group}\""), chart.absences()];
    let story = Story::with(&[
        ("approval.on_call_group", &settings[0]),
        ("absences", &settings[1]),
    ])
    .await;
    let mut ids = Vec::new();
    for alias in PEOPLE {
        ids.push(story.id_of(alias).await.0);
    }
    let company = Company { story: &story, ids };
    company.is_as(chart).await;
    let mut left = vec![Play::HandsOn, Play::StandsIn, Play::Answers];
    for (subject, alias) in PEOPLE.into_iter().enumerate() {
        if matches!(chart.places[subject].kind, Kind::Guest | Kind::Disabled) {
            continue;
        }
        let person = story.locked_out(alias);
        person.asks().await.proves().await;
        let page = person.browser.post("/submit", &[]).await;
        let asked = company.asked(&person).await;
        let named = chart.named(subject);
        for approver in &asked {
            let against = chart.forbids(*approver, subject);
            assert_eq!(against, None, "{} for {}", PEOPLE[*approver], alias);
            assert!(
                named.contains(approver),
                "{} for {}",
                PEOPLE[*approver],
                alias
            );
        }
        for person in &named {
            count(met, chart.forbids(*person, subject).unwrap_or("may decide"));
        }
        let may = named
            .iter()
            .filter(|person| chart.forbids(**person, subject).is_none());
        if may.count() == 0 {
            page.shows(422, "We found nobody who may approve this request.");
            count(met, "nobody");
            continue;
        }
        page.shows(200, "Your request is waiting for approval");
        assert!(!asked.is_empty());
        story.run_jobs().await;
        let case = Case {
            company: &company,
            chart,
            person: &person,
            subject,
        };
        // Each once in a chart, with the first for whom it comes to that.
        let mut played = None;
        for (index, play) in left.iter().enumerate() {
            if case.plays(*play, asked[0]).await {
                count(met, play.name());
                played = Some(index);
                break;
            }
        }
        if let Some(index) = played {
            left.remove(index);
            company.is_as_before(chart).await;
        }
        person.browser.post("/withdraw", &[]).await;
    }
}

impl Company<'_> {
    /// Whoever was changed is as the chart says, and has been for so long that nobody is new in their place.
    async fn is_as_before(&self, chart: &Chart) {
        for (person, place) in chart.places.iter().enumerate() {
            self.reports_to(person, place.manager).await;
            let change = match place.kind {
                Kind::Guest => json!({ "userType": "Guest" }),
                Kind::Disabled => json!({ "accountEnabled": false }),
                _ => json!({ "userType": "Member", "accountEnabled": true }),
            };
            self.becomes(person, change).await;
        }
        self.story.managers_are_noted().await;
        self.story.advance(SETTLED).await;
    }
}

/// Draws charts from `seed`, and tells what was met. A failure tells its chart, shrunk.
fn run(cases: u32, seed: RngSeed) -> Met {
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 20,
        rng_seed: seed,
        ..Config::default()
    };
    let met = RefCell::default();
    let runtime = Runtime::new().unwrap();
    let outcome = TestRunner::new(config).run(&charts(), |chart| {
        runtime.block_on(is_asked_rightly(&chart, &met));
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("seed {seed:?}: {failure}");
    }
    met.into_inner()
}

#[test]
fn nobody_is_asked_who_must_not_decide() {
    let cases = setting("LATCHKEY_TEST_CASES").map_or(CASES, |cases| cases.parse().unwrap());
    let seed = match setting("LATCHKEY_TEST_SEED") {
        Some(seed) => RngSeed::Fixed(seed.parse().unwrap()),
        None => RngSeed::Fixed(fastrand::u64(..)),
    };
    run(cases, seed);
}

#[test]
fn known_charts_go_everywhere() {
    let met = run(CASES, RngSeed::Fixed(1));
    for what in [
        "may decide",
        "nobody",
        "is the subject",
        "is below the subject",
        "is a guest",
        "is disabled",
        "has no mail",
        "hands on",
        "stands in",
        "answers",
    ] {
        assert!(met.contains_key(what), "never met {what}: {met:#?}");
    }
}
