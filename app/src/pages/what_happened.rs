//! "What happened?", and the ladder of things to try first.

use leptos::prelude::*;

use super::ladder;
use crate::{
    components::{BackLink, Button, ErrorSummary, Look, Radios, Steps, problem::Words},
    view::{Problem, Reason, WhatHappenedView},
};

const QUESTION: &str = "What happened?";

pub const fn title(view: &WhatHappenedView) -> &'static str {
    match view.reason {
        Some(reason) => ladder::title(reason),
        None => QUESTION,
    }
}

pub fn what_happened(view: &WhatHappenedView) -> AnyView {
    match view.reason {
        Some(reason) => ladder::ladder(reason).into_any(),
        None => question(view.problem).into_any(),
    }
}

/// A reason as an answer to the question.
pub const fn label(reason: Reason) -> &'static str {
    match reason {
        Reason::LostPhone => "My phone is lost or stolen",
        Reason::NewPhone => "I have a new phone, or my phone was reset",
        Reason::AppFails => "The app shows nothing, or its codes are refused",
        Reason::Throttled => "It says that I have tried too many times",
        Reason::Policy => {
            "It says that my organisation does not allow this, or that I cannot get there from here"
        }
        Reason::Other => "Something else",
    }
}

fn question(problem: Option<Problem>) -> impl IntoView {
    let answers = Reason::ALL
        .into_iter()
        .map(|reason| (reason.slug(), label(reason)))
        .collect();
    view! {
        <BackLink href="/"/>
        <ErrorSummary problem fields=&["reason"]/>
        <Steps now=1 of=4/>
        <form method="get" action="/what-happened" class="flow" novalidate=true>
            // Tells a form without an answer from the first visit.
            <input type="hidden" name="answered" value="yes"/>
            <Radios
                name="reason"
                question=QUESTION
                hint="There may be a quicker way than a recovery. Nothing changes on your account yet."
                answers
                error=Words::at(problem, "reason")
            />
            <Button look=Look::Main>"Continue"</Button>
        </form>
    }
}
