//! What happened before, and what makes a pass wait: recoveries, reports, approvals of the other, a new manager, the hour.

use std::time::Duration;

use domain::{Refusal, Risk, StateName};
use jiff::{ToSpan, Zoned, tz::TimeZone};
use serde_json::json;

use crate::{
    harness::{ADMINS, Story},
    line::{goes_on, group, mails},
    people::{Person, work_address},
    races::at_once,
};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// Two proofs are asked for, so that none of the risks is that there was one only.
const TWO_PROOFS: [(&str, &str); 3] = [
    ("proofs.required", "2"),
    ("proofs.accepted", "[\"email_code\", \"password\"]"),
    ("recovery.risk_cool_off_minutes", "60"),
];

/// As [`Person::waits`], with [`TWO_PROOFS`]; tells which risks were seen.
async fn waits_well_proven(story: &Story, alias: &str, person: &Person<'_>) -> Vec<Risk> {
    person.asks().await;
    person.signs_in_as(story, alias).await;
    person.proves().await.submits().await;
    person.request().await.facts.risks
}

/// The approver approves, and the pass waits for an hour where it `waits`, and for nothing else.
async fn is_approved(story: &Story, person: &Person<'_>, approver: &str, waits: bool) {
    let manager = story.manager(approver);
    manager.opens_mail().await.shows(200, "ask you for help?");
    let page = manager.approves(&person.contact_code().await).await;
    page.shows(200, "You have approved the request");
    story.run_jobs().await;
    story.run_timers().await;
    if waits {
        goes_on(story, 59 * MINUTE).await;
        assert_eq!(person.state().await, StateName::CoolingOff);
        goes_on(story, MINUTE).await;
    }
    assert_eq!(person.state().await, StateName::Ready);
}

/// Why approvals of this person's request were refused.
async fn refusals(story: &Story, person: &Person<'_>) -> Vec<Refusal> {
    let refused = story.refusals(person).await;
    refused.into_iter().map(|(_, reason)| reason).collect()
}

/// How often somebody was asked by mail, reminders apart.
async fn times_asked(story: &Story, alias: &str) -> usize {
    let mut subjects = mails(story, alias).await;
    subjects.retain(|subject| {
        subject.ends_with("asks for your approval") && !subject.starts_with("Reminder")
    });
    subjects.len()
}

#[tokio::test]
async fn whoever_was_given_a_pass_approves_nobody_for_a_week() {
    let story = Story::with(&[("recovery.cool_off_minutes", "1440")]).await;
    let daniel = story.locked_out("daniel.okafor");
    daniel.waits().await;
    let lena = story.manager("lena.fischer");
    lena.opens_mail().await;
    lena.approves(&daniel.contact_code().await).await;
    goes_on(&story, 23 * HOUR).await;
    // Until the pass they are as good as anybody.
    let ada = story.locked_out("ada.keller");
    ada.waits().await;
    assert_eq!(times_asked(&story, "daniel.okafor").await, 1);
    let asked_before = story.manager("daniel.okafor");
    asked_before.opens_mail().await;
    goes_on(&story, HOUR).await;
    assert!(daniel.claims().await.pass().is_some());
    let page = asked_before.approves(&ada.contact_code().await).await;
    page.shows(
        422,
        "so you cannot approve for others yet, nor name who does",
    );
    let maria = work_address("maria.costa");
    let page = asked_before
        .browser
        .post("/approve/hand-on", &[("colleague", &maria)])
        .await;
    page.shows(
        422,
        "so you cannot approve for others yet, nor name who does",
    );
    assert_eq!(ada.state().await, StateName::AwaitingApproval);
    let refused = refusals(&story, &ada).await;
    assert_eq!(refused, [Refusal::ApproverRecoveredLately; 2]);

    // The week begins with the pass, a day after the request.
    goes_on(&story, (7 * 24 - 1) * HOUR).await;
    let asked = times_asked(&story, "daniel.okafor").await;
    let lena_asked = times_asked(&story, "lena.fischer").await;
    story.locked_out("bo.nilsson").waits().await;
    assert_eq!(times_asked(&story, "daniel.okafor").await, asked);
    assert_eq!(times_asked(&story, "lena.fischer").await, lena_asked + 1);
    goes_on(&story, 2 * HOUR).await;
    story.locked_out("chidi.eze").waits().await;
    assert_eq!(times_asked(&story, "daniel.okafor").await, asked + 1);
}

#[tokio::test]
async fn two_people_do_not_pass_approvals_back_and_forth() {
    let finance = group("Finance").await;
    let story = Story::with(&[("approval.on_call_group", &finance)]).await;
    let (kaisa, liam) = (
        story.locked_out("kaisa.virtanen"),
        story.locked_out("liam.oconnor"),
    );
    kaisa.waits().await;
    liam.waits().await;
    goes_on(&story, HOUR).await;
    let (by_kaisa, by_liam) = (
        story.manager("kaisa.virtanen"),
        story.manager("liam.oconnor"),
    );
    by_kaisa.opens_mail().await.shows(200, "Did Liam O");
    by_liam.opens_mail().await.shows(200, "Did Kaisa Virtanen");
    let page = by_liam.approves(&kaisa.contact_code().await).await;
    page.shows(200, "You have approved the request");
    by_kaisa.approves(&liam.contact_code().await).await;
    assert_eq!(liam.state().await, StateName::AwaitingApproval);
    let refused = refusals(&story, &liam).await;
    assert_eq!(refused, [Refusal::ApproverOwesSubject]);

    // Nor are they asked, for thirty days.
    for (wait, is_asked) in [(29 * DAY, false), (2 * DAY, true)] {
        goes_on(&story, wait).await;
        let again = story.locked_out("liam.oconnor");
        again.waits().await;
        let facts = again.request().await.facts;
        let named = |alias: &'static str| async {
            let id = story.id_of(alias).await;
            facts.approver(&id).is_some()
        };
        assert!(named("mei.tanaka").await);
        assert_eq!(named("kaisa.virtanen").await, is_asked);
        again.browser.post("/withdraw", &[]).await;
    }
}

#[tokio::test]
async fn an_earlier_pass_and_an_earlier_report_delay_the_next_for_thirty_days() {
    let settings = [&TWO_PROOFS[..], &[("recovery.cool_off_minutes", "1440")]].concat();
    let story = Story::with(&settings).await;
    let ada = story.locked_out("ada.keller");
    assert_eq!(waits_well_proven(&story, "ada.keller", &ada).await, []);
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    daniel.approves(&ada.contact_code().await).await;
    goes_on(&story, DAY).await;
    assert!(ada.claims().await.pass().is_some());
    // Too late to stop anything, and a report all the same.
    goes_on(&story, 3 * DAY).await;
    story.watch().await;
    assert_eq!(ada.state().await, StateName::Lapsed);
    daniel.opens_mail().await;
    daniel
        .reports()
        .await
        .shows(200, "Thank you for reporting this");
    assert_eq!(ada.state().await, StateName::Lapsed);

    // The thirty days begin a day after the request for the one, and four days after it for the other.
    for (wait, risks) in [
        (
            (27 * 24 - 1) * HOUR,
            &[Risk::RecoveredLately, Risk::ReportedLately][..],
        ),
        (2 * HOUR, &[Risk::ReportedLately]),
        (3 * DAY, &[]),
    ] {
        goes_on(&story, wait).await;
        let again = story.locked_out("ada.keller");
        let seen = waits_well_proven(&story, "ada.keller", &again).await;
        assert_eq!(seen, risks);
        again.browser.post("/withdraw", &[]).await;
    }
}

#[tokio::test]
async fn a_pass_that_the_past_speaks_against_waits() {
    let story = Story::with(&TWO_PROOFS).await;
    let ada = story.locked_out("ada.keller");
    assert_eq!(waits_well_proven(&story, "ada.keller", &ada).await, []);
    is_approved(&story, &ada, "daniel.okafor", false).await;
    assert!(ada.claims().await.pass().is_some());
    ada.disowns().await;
    story.run_jobs().await;
    goes_on(&story, DAY).await;
    let again = story.locked_out("ada.keller");
    let risks = waits_well_proven(&story, "ada.keller", &again).await;
    assert_eq!(risks, [Risk::RecoveredLately, Risk::ReportedLately]);
    is_approved(&story, &again, "daniel.okafor", true).await;
}

#[tokio::test]
async fn after_a_change_of_manager_somebody_on_call_is_asked_and_the_pass_waits() {
    let finance = group("Finance").await;
    let settings = [&TWO_PROOFS[..], &[("approval.on_call_group", &finance)]].concat();
    let story = Story::with(&settings).await;
    let ada = story.locked_out("ada.keller");
    assert_eq!(waits_well_proven(&story, "ada.keller", &ada).await, []);
    ada.browser.post("/withdraw", &[]).await;
    let maria = story.id_of("maria.costa").await;
    let promoted = json!({ "managerId": maria.0 });
    story.change("ada.keller", promoted).await;

    let again = story.locked_out("ada.keller");
    let risks = waits_well_proven(&story, "ada.keller", &again).await;
    assert_eq!(risks, [Risk::ManagerChanged]);
    assert_eq!(times_asked(&story, "maria.costa").await, 0);
    assert_eq!(times_asked(&story, "ingrid.solberg").await, 0, "above her");
    let alerts = story.subjects(ADMINS).await;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert!(
        alerts[0].contains("the manager was just changed"),
        "{alerts:?}"
    );
    is_approved(&story, &again, "mei.tanaka", true).await;
}

/// A moment as a clock in Coordinated Universal Time shows it, as TOML.
fn shown(moment: &Zoned) -> String {
    moment.strftime("\"%H:%M\"").to_string()
}

#[tokio::test]
async fn outside_the_hours_of_their_country_others_are_asked_at_once_and_the_pass_waits() {
    let finance = group("Finance").await;
    let now = Story::closed(&[]).await.now().millis();
    let now = jiff::Timestamp::from_millisecond(now).unwrap();
    let now = now.to_zoned(TimeZone::UTC);
    let from = shown(&now.saturating_sub(1.hour()));
    let until = shown(&now.saturating_add(3.hours()));
    let story = Story::with(
        &[
            &TWO_PROOFS[..],
            &[
                ("approval.on_call_group", &finance),
                ("office.time_zone", "\"UTC\""),
                (
                    "office.days",
                    "[\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]",
                ),
                ("office.from", &from),
                ("office.until", &until),
                // The same hours by the clock on another wall, nine hours ahead.
                (
                    "offices",
                    "[{ country = \"JP\", time_zone = \"Asia/Tokyo\" }]",
                ),
            ],
        ]
        .concat(),
    )
    .await;
    let ada = story.locked_out("ada.keller");
    assert_eq!(waits_well_proven(&story, "ada.keller", &ada).await, []);
    assert_eq!(times_asked(&story, "mei.tanaka").await, 0);
    is_approved(&story, &ada, "daniel.okafor", false).await;

    // Whoever is named by somebody else is reminded in their own hours, and those are not before the end.
    let moved = json!({ "usageLocation": "JP" });
    story.change("maria.costa", moved.clone()).await;
    let dana = story.locked_out("dana.petrova");
    waits_well_proven(&story, "dana.petrova", &dana).await;
    let daniel = story.manager("daniel.okafor");
    daniel.opens_mail().await;
    let maria = work_address("maria.costa");
    let named = [("colleague", maria.as_str())];
    daniel.browser.post("/approve/hand-on", &named).await;
    story.run_jobs().await;
    goes_on(&story, 20 * MINUTE).await;
    assert_eq!(mails(&story, "maria.costa").await.len(), 1);
    dana.browser.post("/withdraw", &[]).await;

    story.change("daniel.okafor", moved).await;
    let bo = story.locked_out("bo.nilsson");
    let risks = waits_well_proven(&story, "bo.nilsson", &bo).await;
    assert_eq!(risks, [Risk::OffHours]);
    assert_eq!(times_asked(&story, "daniel.okafor").await, 3);
    assert_eq!(times_asked(&story, "mei.tanaka").await, 1);
    is_approved(&story, &bo, "mei.tanaka", true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_last_approvals_of_a_day_at_once_one_counts() {
    let story = Story::with(&[("approval.approvals_per_day", "2")]).await;
    story
        .locked_out("ada.keller")
        .is_approved_by("daniel.okafor")
        .await;
    let (bo, chidi) = (
        story.locked_out("bo.nilsson"),
        story.locked_out("chidi.eze"),
    );
    let mut desks = Vec::new();
    for person in [&bo, &chidi] {
        person.waits().await;
        let desk = story.manager("daniel.okafor");
        desk.opens_mail().await;
        desks.push((desk, person.contact_code().await));
    }
    // Each is read as below the cap before either is kept.
    at_once(&story, async {
        tokio::join!(
            desks[0].0.approves(&desks[0].1),
            desks[1].0.approves(&desks[1].1)
        )
    })
    .await;
    let mut states = [bo.state().await, chidi.state().await];
    states.sort_unstable_by_key(|state| state.as_str());
    assert_eq!(states, [StateName::AwaitingApproval, StateName::Ready]);
    let refused = [refusals(&story, &bo).await, refusals(&story, &chidi).await].concat();
    assert_eq!(refused, [Refusal::ApproverAtDailyCap]);
}
