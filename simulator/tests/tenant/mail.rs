//! Delivery by a real SMTP client.

use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor, message::MultiPart};
use reqwest::Method;
use serde_json::json;

use crate::support::Lab;

async fn send(lab: &Lab, to: &str) -> Result<(), lettre::transport::smtp::Error> {
    let mail = Message::builder()
        .from("Latchkey <latchkey@harbourfinch.example>".parse().unwrap())
        .to(to.parse().unwrap())
        .subject("Grüße")
        .multipart(MultiPart::alternative_plain_html(
            "Review: http://localhost:3000/approve/abc.\n.\nEnd".to_owned(),
            "<p><a href=\"http://localhost:3000/approve/abc\">Review</a></p>".to_owned(),
        ))
        .unwrap();
    let address = lab.simulator.smtp_addr();
    AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.ip().to_string())
        .port(address.port())
        .build()
        .send(mail)
        .await
        .map(|_| ())
}

#[tokio::test]
async fn delivered_mail_is_readable_by_hand_and_by_tests() {
    let lab = Lab::start().await;
    send(&lab, "boss@harbourfinch.example").await.unwrap();
    send(&lab, "other@harbourfinch.example").await.unwrap();
    let mails = lab.look("/mailbox?to=boss@harbourfinch.example").await;
    assert_eq!(mails.as_array().unwrap().len(), 1);
    assert_eq!(mails[0]["subject"], "Grüße");
    assert!(
        mails[0]["text"].as_str().unwrap().contains("\n.\r\n")
            || mails[0]["text"].as_str().unwrap().contains("\n.\n")
    );
    assert!(mails[0]["html"].as_str().unwrap().contains("Review"));

    let page = async |path: &str| {
        lab.http
            .get(lab.url(path))
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    };
    let list = page("/mailbox?to=boss@harbourfinch.example").await;
    assert!(list.contains("Grüße") && !list.contains("other@"));
    let shown = page("/mailbox/1").await;
    assert!(shown.contains("href=\"http://localhost:3000/approve/abc\" target=\"_blank\""));
    assert!(shown.contains("sandbox="));
    assert!(page("/mailbox/1/html").await.contains("Review</a>"));
}

#[tokio::test]
async fn deliveries_fail_as_told() {
    let lab = Lab::start().await;
    let to = "boss@harbourfinch.example";
    for (mode, is_permanent) in [
        ("reject-recipient", true),
        ("reject-data", true),
        ("tempfail", false),
    ] {
        let treatment = json!({"mode": mode, "recipient": to});
        lab.control(Method::POST, "/mailbox/mode", treatment).await;
        let error = send(&lab, to).await.unwrap_err();
        assert_eq!(error.is_permanent(), is_permanent, "{mode}");
        send(&lab, "other@harbourfinch.example").await.unwrap();
    }
    lab.control(
        Method::POST,
        "/mailbox/mode",
        json!({"mode": "refuse-connection"}),
    )
    .await;
    assert!(send(&lab, to).await.is_err());
    lab.control(
        Method::POST,
        "/mailbox/mode",
        json!({"mode": "drop-after-data"}),
    )
    .await;
    let error = send(&lab, to).await.unwrap_err();
    assert!(!error.is_permanent() && error.status().is_none(), "{error}");
    lab.control(Method::POST, "/mailbox/mode", json!({"mode": "accept"}))
        .await;
    send(&lab, to).await.unwrap();
    assert_eq!(lab.look("/mailbox").await.as_array().unwrap().len(), 5);
}
