//! One module per page; each is a function from its view model to HTML.

mod absence;
mod approvals;
mod approver_sign_in;
mod check;
mod claim;
mod codes;
mod console;
mod decline;
mod employee_sign_in;
mod hand_on;
mod identify;
mod ladder;
mod not_me;
mod not_my_codes;
mod pass;
mod problem;
mod prove;
mod readiness;
mod review;
mod reviewed;
mod sign_in;
mod start;
mod status;
mod verified_id;
mod what_happened;
mod your_code;

#[cfg(test)]
mod tests;

use leptos::prelude::*;

use crate::{
    components::{Layout, Width},
    view::{Frame, Page, Problem},
};

/// The title of a page. One that comes back with a problem says so first.
pub fn title(page: &Page) -> String {
    let title = match page {
        Page::Start(_) => start::TITLE,
        Page::WhatHappened(view) => what_happened::title(view),
        Page::Identify(_) => identify::QUESTION,
        Page::Prove(view) => prove::question(view),
        Page::VerifiedId(view) => verified_id::title(view),
        Page::YourCode(_) => your_code::QUESTION,
        Page::Check(_) => check::TITLE,
        Page::Status(view) => status::title(view),
        Page::Claim(view) => claim::title(view),
        Page::Pass(_) => pass::TITLE,
        Page::Finished => pass::FINISHED,
        Page::ApproverSignIn(view) => approver_sign_in::title(*view),
        Page::OtherApprover(_) => approver_sign_in::OTHER,
        Page::Review(view) => return prefix(view.problem) + &review::title(view),
        Page::Decline(_) => decline::QUESTION,
        Page::HandOn(_) => hand_on::QUESTION,
        Page::Reviewed(view) => reviewed::title(view.outcome),
        Page::Absence(_) => absence::TITLE,
        Page::Approvals(_) => approvals::TITLE,
        Page::NotMe(view) => not_me::title(view),
        Page::EmployeeSignIn(view) => employee_sign_in::title(view),
        Page::Codes(_) => codes::TITLE,
        Page::ReplaceCodes(_) => codes::REPLACE,
        Page::NewCodes(_) => codes::NEW,
        Page::NotMyCodes(view) => not_my_codes::title(view),
        Page::Readiness(_) => readiness::TITLE,
        Page::SignIn(_) => sign_in::TITLE,
        Page::Recoveries(_) => console::LIST_TITLE,
        Page::Recovery(view) => return console::detail_title(view),
        Page::Problem(problem, audience) => problem::title(*problem, *audience),
    };
    prefix(problem(page)) + title
}

/// The body of a page.
pub fn body(page: Page, frame: &Frame) -> AnyView {
    let width = match page {
        Page::Recoveries(_) | Page::Recovery(_) => Width::Wide,
        _ => Width::Reading,
    };
    view! { <Layout frame=frame.clone() width>{content(page)}</Layout> }.into_any()
}

/// Whether something moves on this page, so that it needs its scripts.
pub const fn has_islands(page: &Page) -> bool {
    match page {
        Page::VerifiedId(_)
        | Page::Status(_)
        | Page::Claim(_)
        | Page::Pass(_)
        | Page::NewCodes(_) => true,
        Page::Identify(view) => view.work.is_some(),
        _ => false,
    }
}

fn content(page: Page) -> AnyView {
    match page {
        Page::Start(view) => start::start(&view).into_any(),
        Page::WhatHappened(view) => what_happened::what_happened(&view),
        Page::Identify(view) => identify::identify(view).into_any(),
        Page::Prove(view) => prove::prove(view).into_any(),
        Page::VerifiedId(view) => verified_id::verified_id(view).into_any(),
        Page::YourCode(view) => your_code::your_code(view).into_any(),
        Page::Check(view) => check::check(view).into_any(),
        Page::Status(view) => status::status(view).into_any(),
        Page::Claim(view) => claim::claim(view).into_any(),
        Page::Pass(view) => pass::pass(view).into_any(),
        Page::Finished => pass::finished().into_any(),
        Page::ApproverSignIn(view) => approver_sign_in::approver_sign_in(view).into_any(),
        Page::OtherApprover(view) => approver_sign_in::other_approver(view).into_any(),
        Page::Review(view) => review::review(*view).into_any(),
        Page::Decline(view) => decline::decline(view).into_any(),
        Page::HandOn(view) => hand_on::hand_on(view).into_any(),
        Page::Reviewed(view) => reviewed::reviewed(view).into_any(),
        Page::Absence(view) => absence::absence(view).into_any(),
        Page::Approvals(view) => approvals::approvals(view).into_any(),
        Page::NotMe(view) => not_me::not_me(view),
        Page::EmployeeSignIn(view) => employee_sign_in::employee_sign_in(&view).into_any(),
        Page::Codes(view) => codes::codes(view).into_any(),
        Page::ReplaceCodes(view) => codes::replace(view).into_any(),
        Page::NewCodes(view) => codes::new_codes(view).into_any(),
        Page::NotMyCodes(view) => not_my_codes::not_my_codes(view),
        Page::Readiness(view) => readiness::readiness(view).into_any(),
        Page::SignIn(view) => sign_in::sign_in(view).into_any(),
        Page::Recoveries(view) => console::list(view).into_any(),
        Page::Recovery(view) => console::detail(*view).into_any(),
        Page::Problem(problem, audience) => problem::problem(problem, audience).into_any(),
    }
}

const fn problem(page: &Page) -> Option<Problem> {
    match page {
        Page::Absence(view) => view.problem,
        Page::Decline(view) => view.problem,
        Page::HandOn(view) => view.problem,
        Page::Approvals(view) => view.problem,
        Page::Reviewed(view) => view.problem,
        Page::WhatHappened(view) => view.problem,
        Page::Identify(view) => view.problem,
        Page::Prove(view) => view.problem,
        Page::YourCode(view) => view.problem,
        Page::Check(view) => view.problem,
        Page::Status(view) => view.problem,
        Page::Review(view) => view.problem,
        Page::Codes(view) => view.problem,
        Page::Readiness(view) => view.problem,
        Page::SignIn(view) => view.problem,
        Page::Start(_)
        | Page::VerifiedId(_)
        | Page::Claim(_)
        | Page::Pass(_)
        | Page::Finished
        | Page::ApproverSignIn(_)
        | Page::OtherApprover(_)
        | Page::NotMe(_)
        | Page::EmployeeSignIn(_)
        | Page::ReplaceCodes(_)
        | Page::NewCodes(_)
        | Page::NotMyCodes(_)
        | Page::Recoveries(_)
        | Page::Recovery(_)
        | Page::Problem(..) => None,
    }
}

fn prefix(problem: Option<Problem>) -> String {
    problem.map_or_else(String::new, |_| "Error: ".to_owned())
}
