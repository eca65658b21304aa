//! Somebody asks for one account ten thousand times. Its owner gets few mails, and their code.

use std::time::Duration;

use futures::{StreamExt, stream};
use reqwest::header::{LOCATION, ORIGIN};
use serde_json::Value;

use crate::{
    harness::Story,
    people::{link, private_address, work_address},
    visitor::reference,
    work::Work,
};

const REQUESTS: usize = 10_000;
/// How many are sent at the same time.
const AT_ONCE: usize = 16;
/// Mails with codes to one address in any hour, as it ships.
const CAP: usize = 6;

/// Opens a request from a network of its own, with whatever work is asked for.
async fn opens(story: &Story, n: usize) {
    let address = format!("10.{}.{}.{}", n >> 16, n >> 8 & 255, n & 255);
    let account = work_address("ada.keller");
    let mut form = vec![("identifier", account)];
    loop {
        let asked = story
            .client
            .post(format!("http://{}/identify", story.address()))
            .header("x-forwarded-for", &address)
            .header("sec-fetch-site", "same-origin")
            .header(ORIGIN, story.base_url().trim_end_matches('/'))
            .form(&form);
        let answer = asked.send().await.unwrap();
        match answer.status().as_u16() {
            303 => return assert_eq!(answer.headers()[LOCATION], "/prove"),
            429 if form.len() == 1 => {
                let work = Work::of(&answer.text().await.unwrap()).unwrap();
                form.extend([("ticket", work.ticket), ("number", work.number)]);
            }
            status => panic!("{status}: {}", answer.text().await.unwrap()),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_requests_fill_no_mailbox_and_keep_nobody_out() {
    let story = Story::guarded(&[("limits.work", "100")]).await;
    stream::iter(0..REQUESTS)
        .for_each_concurrent(AT_ONCE, |n| opens(&story, n))
        .await;
    let ada = story.locked_out("ada.keller");
    ada.browser.comes_from("198.51.100.1");
    let page = ada.types(&work_address("ada.keller")).await;
    let work = Work::of(&page.body).unwrap();
    let page = ada.types_with(&work_address("ada.keller"), &work).await;
    page.shows(200, "has an address outside work on file");
    story.run_jobs().await;

    let private = private_address("ada.keller");
    let mails = story.mails(&private).await;
    assert!((1..=CAP).contains(&mails.len()), "{} mails", mails.len());

    // Her own code is under the link of the last one, and for her browser alone.
    let reader = story.browser();
    let to_codes = |mail: &Value| link(&story, mail, "your-code");
    let page = reader.get(&story.newest(&private, to_codes).await).await;
    page.shows(200, "Which reference does your page show?");
    let own = reference(&ada.browser.get("/prove").await).unwrap();
    for (typed, sentence) in [
        ("", "Enter the reference that your page shows"),
        (
            "LK-0000-0000",
            "no request of yours that waits for a code has this one",
        ),
    ] {
        reader
            .post("/your-code", &[("reference", typed)])
            .await
            .shows(422, sentence);
    }
    let typed = own.to_lowercase().replace('-', " ");
    let page = reader.post("/your-code", &[("reference", &typed)]).await;
    let code = page.element("your-code").expect("the code is shown");
    let page = ada.browser.post("/prove", &[("code", &code)]).await;
    page.shows(200, "Check before you ask");

    // Whoever goes on has one mail more now and then, and no more in any hour.
    for n in 0..6 {
        story.advance(Duration::from_mins(10)).await;
        opens(&story, REQUESTS + n).await;
        story.run_jobs().await;
    }
    let mails = story.mails(&private).await.len();
    assert!(mails <= CAP + 1, "{mails} mails in an hour and a bit");
}
