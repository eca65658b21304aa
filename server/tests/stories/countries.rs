//! From which country somebody asks.

use domain::{Risk, StateName};

use crate::harness::Story;

#[tokio::test]
async fn a_request_keeps_the_country_that_it_was_opened_from() {
    let table = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/countries.mmdb");
    let table = format!("\"{table}\"");
    let settings = [
        ("countries.table", table.as_str()),
        ("server.trusted_proxies", "1"),
    ];
    let story = Story::with(&settings).await;
    for (alias, address, country) in [
        ("ada.keller", "89.160.20.112", Some("SE")),
        ("bo.nilsson", "2001:218::1", Some("JP")),
        ("chidi.eze", "203.0.113.9", None),
    ] {
        let person = story.locked_out(alias);
        person.browser.comes_from(address);
        person.asks().await.proves().await;
        let origin = person.request().await.facts.origin;
        assert_eq!(origin.address, address);
        assert_eq!(origin.country.as_deref(), country, "{address}");
    }
    let sweden = story.recovery().country_of("89.160.20.112").unwrap();
    assert_eq!(sweden.name, "Sweden");
}

#[tokio::test]
async fn the_approver_reads_the_country_and_a_new_one_delays_the_pass() {
    let table = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/countries.mmdb");
    let table = format!("\"{table}\"");
    let settings = [
        ("countries.table", table.as_str()),
        ("server.trusted_proxies", "1"),
        ("proofs.required", "2"),
        ("proofs.accepted", "[\"email_code\", \"password\"]"),
        ("recovery.risk_cool_off_minutes", "60"),
    ];
    let story = Story::with(&settings).await;
    for (alias, home, new) in [("ada.keller", "SE", false), ("bo.nilsson", "NO", true)] {
        let usual = serde_json::json!({ "usageLocation": home });
        story.change(alias, usual).await;
        let person = story.locked_out(alias);
        person.browser.comes_from("89.160.20.112");
        person.asks().await;
        person.signs_in_as(&story, alias).await;
        person.proves().await.submits().await;
        let daniel = story.manager("daniel.okafor");
        daniel
            .opens_mail()
            .await
            .shows(200, "89.160.20.112 , Sweden");
        daniel.approves(&person.contact_code().await).await;
        story.run_jobs().await;
        story.run_timers().await;
        let (state, risks) = (person.state().await, person.request().await.facts.risks);
        if new {
            assert_eq!(risks, [Risk::NewCountry]);
            assert_eq!(state, StateName::CoolingOff);
        } else {
            assert!(risks.is_empty(), "{risks:?}");
            assert_eq!(state, StateName::Ready);
        }
    }
}

#[tokio::test]
async fn without_a_table_no_country_is_known() {
    let story = Story::with(&[("server.trusted_proxies", "1")]).await;
    let ada = story.locked_out("ada.keller");
    ada.browser.comes_from("89.160.20.112");
    ada.asks().await.proves().await;
    assert_eq!(ada.request().await.facts.origin.country, None);
}
