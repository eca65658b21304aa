//! Presenting a Verified ID from a wallet.

use leptos::prelude::*;

use crate::{
    components::{Action, BackLink, Button, Inset, Look, Reference, Steps, Time},
    islands::LiveStatus,
    view::{PresentationStage, QrCode, VerifiedIdView},
};

/// Modules of quiet around a QR code (ISO/IEC 18004).
const QUIET: u16 = 4;

pub const fn title(view: &VerifiedIdView) -> &'static str {
    match view.stage {
        PresentationStage::Waiting { .. } => "Show your Verified ID",
        PresentationStage::Opened => "Follow the steps on your phone",
        PresentationStage::Refused => "That did not prove who you are",
        PresentationStage::RanOut => "The time to show it is over",
        PresentationStage::Unavailable => "We cannot ask for your Verified ID now",
    }
}

pub fn verified_id(view: VerifiedIdView) -> impl IntoView {
    let title = title(&view);
    let VerifiedIdView {
        reference,
        stage,
        may_ask_again,
    } = view;
    let shows = stage.name().to_owned();
    let listens = matches!(
        stage,
        PresentationStage::Waiting { .. } | PresentationStage::Opened
    );
    view! {
        <BackLink href="/prove"/>
        <Steps now=3 of=4/>
        <h1>{title}</h1>
        {standing(stage, &reference, may_ask_again)}
        {listens.then(|| view! { <LiveStatus shows page="/prove/verified-id".to_owned()/> })}
        <p><a href="/prove">"Prove who you are in another way"</a></p>
        <Reference reference/>
    }
}

fn standing(stage: PresentationStage, reference: &str, may_ask_again: bool) -> AnyView {
    match stage {
        PresentationStage::Waiting { code, link, until } => view! {
            <p class="lead">
                "Your phone's wallet, such as Microsoft Authenticator, checks your face and shares your Verified ID."
            </p>
            <div class="hand-over">
                <section class="flow" aria-labelledby="on-this-phone">
                    <h2 id="on-this-phone">"On this phone"</h2>
                    <p>"Is the wallet on the device that you are reading this on?"</p>
                    <p><a class="button button-quiet" href=link>"Open on this phone"</a></p>
                </section>
                <section class="flow" aria-labelledby="with-camera">
                    <h2 id="with-camera">"With your phone"</h2>
                    <p>"Open the wallet, choose to scan a QR code, and point the camera here."</p>
                    {picture(&code)}
                </section>
            </div>
            {same_case(reference)}
            <p>"It can be opened until "<Time moment=until/>". We keep only how well your face matched: not your photo, and nothing else of your Verified ID."</p>
        }
        .into_any(),
        PresentationStage::Opened => view! {
            <p class="lead">"Your wallet has opened the request. It asks you to look into the camera, and then to share."</p>
            {same_case(reference)}
            <p>"This page goes on by itself when you have shared."</p>
            {again(may_ask_again, "Start again with a new code")}
        }
        .into_any(),
        PresentationStage::Refused => view! {
            <p class="lead">"What your wallet shared was not a Verified ID that proves this account is yours. Nothing has changed on your account."</p>
            <Inset>
                <p>"Use the Verified ID that your organisation gave you, and look straight into the camera in good light."</p>
            </Inset>
            {again(may_ask_again, "Try again with a new code")}
        }
        .into_any(),
        PresentationStage::RanOut => view! {
            <p class="lead">"Nobody has shared a Verified ID in time. Nothing has changed on your account."</p>
            {again(may_ask_again, "Get a new code")}
        }
        .into_any(),
        PresentationStage::Unavailable => view! {
            <p class="lead">"Microsoft's service does not answer. Your request is kept, and nothing has changed on your account."</p>
            {again(may_ask_again, "Try again")}
        }
        .into_any(),
    }
}

/// Whoever is sent the code of somebody else's request sees another case in their wallet, or none here.
fn same_case(reference: &str) -> impl IntoView + use<> {
    let reference = reference.to_owned();
    view! {
        <Inset>
            <p>
                "Your wallet says what you share it for, and names a case. Share only if it is "
                <strong dir="ltr" translate="no">{reference}</strong>
                ", as on this page, and you opened this page yourself. Nobody who calls or writes to you may ask for it."
            </p>
        </Inset>
    }
}

fn again(may: bool, words: &'static str) -> AnyView {
    if may {
        view! {
            <form method="post" action=Action::ProveVerifiedId.path()>
                <Button look=Look::Quiet>{words}</Button>
            </form>
        }
        .into_any()
    } else {
        view! { <p>"You have asked as often as you can for this request."</p> }.into_any()
    }
}

/// Dark on light in every colour scheme: many cameras read nothing else.
fn picture(code: &QrCode) -> impl IntoView {
    let side = code.size + 2 * QUIET;
    let view_box = format!("-{QUIET} -{QUIET} {side} {side}");
    view! {
        <svg class="qr-code" viewBox=view_box role="img" aria-label="QR code for your wallet" shape-rendering="crispEdges">
            <rect x=format!("-{QUIET}") y=format!("-{QUIET}") width=side height=side fill="#fff"/>
            <path d=code.path.clone() fill="#000"/>
        </svg>
    }
}
