//! Hashing secrets costs memory and cores: how much of them, whoever asks how often.

use std::cell::Cell;

use domain::SavedCode;
use futures::future::join_all;

use crate::{browser::Browser, harness::Story};

/// How many check a code at the same time.
const CHECKS: usize = 500;
/// What the configuration allows, in MiB: two checks at once.
const BUDGET: usize = 38;
/// What their connections and answers take besides.
const BESIDES: usize = 48;

/// A browser with a request for an account that nobody has.
async fn opens(story: &Story) -> Browser<'_> {
    let browser = story.browser();
    let form = [("identifier", "no.body@elsewhere.example")];
    let page = browser.submit("/identify", &form).await;
    assert_eq!((page.status, page.header("location")), (303, "/prove"));
    browser
}

#[tokio::test]
async fn five_hundred_checks_stay_within_the_memory_and_hold_nobody_else_up() {
    let memory = BUDGET.to_string();
    let story = Story::closed(&[
        ("saved_codes.memory_mib", &memory),
        ("proofs.accepted", "[\"recovery_code\"]"),
    ])
    .await;
    let program = story.program().await;
    let mut browsers = Vec::new();
    for _ in 0..CHECKS {
        browsers.push(opens(&story).await);
    }
    let code = SavedCode::new([7; SavedCode::BYTES]).grouped();

    let before = program.peak_memory();
    let meanwhile = Cell::new(0);
    let asked = async {
        let form = [("saved_code", code.as_str())];
        let answers = browsers
            .iter()
            .map(|browser| browser.submit("/prove", &form));
        join_all(answers).await
    };
    // Pages go on while codes are checked, one after the other and as fast as they come.
    let others = async {
        for answered in 0_usize.. {
            let path = ["/", "/healthz"][answered % 2];
            assert_eq!(story.browser().get(path).await.status, 200, "{path}");
            meanwhile.set(answered + 1);
        }
    };
    let answers = tokio::select! {
        answers = asked => answers,
        () = others => unreachable!("there is always another page"),
    };

    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
    let (checked, turned_away) = (count(422), count(503));
    assert_eq!(checked + turned_away, CHECKS, "{statuses:?}");
    assert!(checked >= 2 && turned_away > 0, "{checked} {turned_away}");
    let log = program.log();
    assert!(log.contains("too many secrets are being checked"), "{log}");
    assert!(
        meanwhile.get() > checked,
        "{meanwhile:?} pages beside {checked} checks"
    );
    let grown = program.peak_memory() - before;
    assert!(grown <= BUDGET + BESIDES, "grown by {grown} MiB");
}
