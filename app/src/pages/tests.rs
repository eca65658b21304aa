//! What holds for every page, whatever it shows.

mod html;
mod samples;

use std::collections::{BTreeSet, HashSet};

use html::Tag;
use samples::{TRICKY, employee_frame, frame};

use super::has_islands;
use crate::{
    PASS_SLOT, code_slot,
    components::problem::Words,
    render,
    view::{Account, Audience, Page, Problem, ProblemPage, Way},
};

/// The addresses that the server knows.
const ACTIONS: [&str; 27] = [
    "/approvals",
    "/approvals/absence",
    "/approvals/absence/undo",
    "/approve",
    "/approve/deny",
    "/approve/hand-on",
    "/approve/reopen",
    "/approve/report",
    "/codes",
    "/codes/download",
    "/codes/not-me",
    "/codes/replace",
    "/console/sign-in",
    "/console/sign-out",
    "/finish",
    "/identify",
    "/not-me",
    "/pass",
    "/pass/again",
    "/prove",
    "/prove/resend",
    "/prove/verified-id",
    "/sign-in",
    "/sign-out",
    "/submit",
    "/withdraw",
    "/your-code",
];

fn html(page: Page) -> String {
    render(page, frame()).html
}

/// Runs `check` on the HTML and the tags of every sample.
fn on_every_page(check: impl Fn(&str, &str, &[Tag])) {
    for (name, page) in samples::all() {
        let html = html(page);
        check(&name, &html, &html::tags(&html));
    }
}

fn ids(tags: &[Tag]) -> HashSet<&str> {
    tags.iter().filter_map(|tag| tag.get("id")).collect()
}

#[test]
fn what_people_typed_is_never_markup() {
    on_every_page(|name, html, tags| {
        assert!(!html.contains(TRICKY), "{name}");
        assert!(!html.contains("<img src=x"), "{name}");
        assert!(
            tags.iter().all(|tag| tag.get("onerror").is_none()),
            "{name}"
        );
    });
    let shown = samples::all()
        .into_iter()
        .filter(|(_, page)| html(page.clone()).contains("&lt;img src=x"));
    assert!(shown.count() > 10, "the samples carry the tricky text");
}

#[test]
fn the_pass_has_one_place() {
    on_every_page(|name, html, _| {
        let places = html.matches(PASS_SLOT).count();
        assert_eq!(places, usize::from(name == "pass"), "{name}");
        let output =
            format!("<output id=\"pass\" dir=\"ltr\" translate=\"no\">{PASS_SLOT}</output>");
        assert_eq!(html.contains(&output), name == "pass", "{name}");
    });
}

#[test]
fn each_new_code_has_its_line_and_its_place_in_the_download() {
    on_every_page(|name, html, tags| {
        let is_shown = name == "new codes";
        for position in 1..=10 {
            let slot = code_slot(position);
            let line = format!("<code dir=\"ltr\" translate=\"no\">{slot}</code></li>\n");
            assert_eq!(html.contains(&line), is_shown, "{name}");
            assert_eq!(
                html.matches(&slot).count(),
                if is_shown { 2 } else { 0 },
                "{name}"
            );
        }
        let download = tags.iter().find(|tag| tag.get("name") == Some("codes"));
        let codes: Option<Vec<_>> = download.map(|tag| {
            let value = tag.get("value").unwrap_or_default();
            value.split('\u{e000}').skip(1).step_by(2).collect()
        });
        assert_eq!(
            codes.map(|codes| codes.len()),
            is_shown.then_some(10),
            "{name}"
        );
    });
}

#[test]
fn forms_post_to_known_actions() {
    let mut used = BTreeSet::new();
    let employee = render(samples::start(vec![Way::EmailCode], 1), employee_frame()).html;
    let pages = samples::all()
        .into_iter()
        .map(|(name, page)| (name, html(page)))
        .chain([("an employee's".to_owned(), employee)]);
    for (name, html) in pages {
        for form in html::tags(&html)
            .into_iter()
            .filter(|tag| tag.name == "form")
        {
            let action = form.get("action").expect("an action").to_owned();
            if action == "/what-happened" {
                assert_eq!(form.get("method"), Some("get"), "{name}");
                continue;
            }
            assert_eq!(form.get("method"), Some("post"), "{name}");
            used.insert(action);
        }
    }
    assert_eq!(Vec::from_iter(used), ACTIONS);
}

#[test]
fn inputs_have_labels_and_every_reference_has_its_target() {
    on_every_page(|name, _, tags| {
        let ids = ids(tags);
        let labelled: HashSet<_> = tags.iter().filter_map(|tag| tag.get("for")).collect();
        for tag in tags
            .iter()
            .filter(|tag| tag.name == "input" && tag.get("type") != Some("hidden"))
        {
            let id = tag.get("id").expect("an id");
            assert!(labelled.contains(id), "{name}: input {id}");
        }
        for attribute in ["for", "aria-describedby", "aria-labelledby", "form"] {
            for target in tags
                .iter()
                .filter_map(|tag| tag.get(attribute))
                .flat_map(str::split_whitespace)
            {
                assert!(ids.contains(target), "{name}: {attribute}={target}");
            }
        }
        for target in tags
            .iter()
            .filter_map(|tag| tag.get("href")?.strip_prefix('#'))
        {
            assert!(ids.contains(target), "{name}: link to {target}");
        }
    });
}

#[test]
fn ids_are_unique() {
    on_every_page(|name, _, tags| {
        let all = tags.iter().filter_map(|tag| tag.get("id"));
        assert_eq!(all.count(), ids(tags).len(), "{name}");
    });
}

#[test]
fn nothing_is_inline() {
    on_every_page(|name, _, tags| {
        for tag in tags {
            assert_ne!(tag.name, "style", "{name}");
            if tag.name == "script" {
                assert!(
                    tag.get("nonce").is_some_and(|nonce| !nonce.is_empty()),
                    "{name}"
                );
            }
            for (attribute, value) in &tag.attributes {
                assert!(
                    attribute != "style" && !attribute.starts_with("on"),
                    "{name}: {attribute}"
                );
                assert!(!value.starts_with("javascript:"), "{name}: {value}");
            }
        }
    });
}

#[test]
fn scripts_come_with_islands_and_with_nothing_else() {
    for (name, page) in samples::all() {
        let expected = has_islands(&page);
        let tags = html::tags(&html(page));
        let has = |wanted: &str| tags.iter().any(|tag| tag.name == wanted);
        assert_eq!(has("script"), expected, "{name}");
        assert!(expected || !has("leptos-island"), "{name}");
    }
}

#[test]
fn every_page_has_one_heading_a_title_and_help() {
    on_every_page(|name, html, tags| {
        assert_eq!(
            tags.iter().filter(|tag| tag.name == "h1").count(),
            1,
            "{name}"
        );
        assert!(html.contains("· Fabrikam</title>"), "{name}");
        assert!(html.contains("Call the service desk on 4711"), "{name}");
        assert!(
            html.starts_with("<!DOCTYPE html><html lang=\"en\" dir=\"ltr\">"),
            "{name}"
        );
    });
}

#[test]
fn titles_tell_pages_apart() {
    let title = |page: &Page| super::title(page);
    for (name, page) in samples::all() {
        let wrong = samples::problem_of(&page).is_some();
        assert_eq!(title(&page).starts_with("Error: "), wrong, "{name}");
    }
    assert_ne!(
        title(&samples::start(vec![Way::EmailCode], 1)),
        title(&Page::Finished)
    );
}

#[test]
fn every_problem_is_said_at_the_top_and_at_its_field() {
    for problem in samples::PROBLEMS {
        for (name, page) in samples::with_problem(problem) {
            let html = html(page);
            let (said, at_field) = match Words::of(problem) {
                Words::Field { field, sentence } => (sentence, Some((field, sentence))),
                Words::Notice { happened, .. } => (happened, None),
            };
            let said = format!(">{}<", html::escaped(said));
            assert!(html.contains("There is a problem"), "{name}: {problem:?}");
            assert!(html.contains(&said), "{name}: {problem:?}");
            let tags = html::tags(&html);
            if let Some((field, _)) = at_field
                && ids(&tags).contains(field)
            {
                assert!(
                    html.contains(&format!("href=\"#{field}\"")),
                    "{name}: {problem:?}"
                );
                assert!(
                    html.contains(&format!("id=\"{field}-error\"")),
                    "{name}: {problem:?}"
                );
                assert_eq!(html.matches(&said).count(), 2, "{name}: {problem:?}");
            }
        }
    }
}

#[test]
fn nobody_speaks_of_a_request_to_an_employee_who_has_none() {
    for problem in [
        ProblemPage::NotFound,
        ProblemPage::NotAPage,
        ProblemPage::ForeignForm,
        ProblemPage::BadForm,
        ProblemPage::DeadLink,
        ProblemPage::SignInStale,
        ProblemPage::SignInRefused,
        ProblemPage::SignInNotEnough,
        ProblemPage::AccountInactive,
        ProblemPage::Internal,
        ProblemPage::Unavailable,
        ProblemPage::TooMany { minutes: 3 },
    ] {
        let html = html(Page::Problem(problem, Audience::Employee)).to_lowercase();
        let (_, main) = html.split_once("<main").expect("a page has a main part");
        assert!(!main.contains("request"), "{problem:?}");
        assert!(!main.contains("href=\"/status\""), "{problem:?}");
    }
    for (path, audience) in [
        ("/codes", Audience::Employee),
        ("/codes/check", Audience::Employee),
        ("/sign-in/callback", Audience::Employee),
        ("/sign-out", Audience::Employee),
        ("/codesmith", Audience::Anybody),
        ("/", Audience::Anybody),
        ("/prove", Audience::Anybody),
    ] {
        assert_eq!(Audience::at(path), audience, "{path}");
    }
}

#[test]
fn words_end_as_their_place_asks() {
    for problem in samples::PROBLEMS {
        match Words::of(problem) {
            Words::Field { sentence, .. } => assert!(!sentence.ends_with('.'), "{problem:?}"),
            Words::Notice {
                happened,
                unharmed,
                next,
            } => {
                for sentence in [happened, unharmed, next] {
                    assert!(sentence.ends_with('.'), "{problem:?}: {sentence}");
                }
            }
        }
    }
}

#[test]
fn whoever_waits_or_decides_reads_what_was_done_to_the_account() {
    let mut met = 0;
    for (name, page) in samples::all() {
        let Some(account) = samples::account_of(&page) else {
            continue;
        };
        met += 1;
        let html = html(page);
        let says = |sentence| html.contains(sentence);
        let untouched = account == Account::Untouched;
        assert_eq!(says("Nothing has changed on"), untouched, "{name}");
        let attempt = account == Account::Touched;
        assert_eq!(says("An attempt "), attempt, "{name}");
        let shown = account == Account::PassShown;
        assert_eq!(says("does not work any more."), shown, "{name}");
        assert_eq!(says("old ways to sign in were removed"), shown, "{name}");
    }
    assert!(met > 24, "{met} pages");
}

#[test]
fn a_wrong_choice_is_said_at_what_was_chosen() {
    for (problem, field) in [
        (Problem::NextMissing, "to"),
        (Problem::NextAsked, "to"),
        (Problem::NextRefused, "to"),
        (Problem::ColleagueMissing, "colleague"),
        (Problem::ColleagueAsked, "colleague"),
        (Problem::ColleagueRefused, "colleague"),
    ] {
        let pages = samples::with_problem(problem);
        let (_, page) = pages
            .iter()
            .find(|(name, _)| name == "hand on, again")
            .expect("the page");
        let html = html(page.clone());
        let tags = html::tags(&html);
        let error = format!("{field}-error");
        let described = tags.iter().find(|tag| {
            let by = tag.get("aria-describedby").unwrap_or_default();
            by.split(' ').any(|id| id == error)
        });
        let described = described.expect("what the error is about").name.as_str();
        let wanted = if field == "to" { "fieldset" } else { "input" };
        assert_eq!(described, wanted, "{problem:?}");
        let focus = tags.iter().find(|tag| tag.get("id") == Some(field));
        assert_eq!(focus.expect("an answer").name, "input", "{problem:?}");
    }
}

#[test]
fn answers_are_kept_and_codes_are_not() {
    let identify = html(samples::identify(Some(Problem::IdentifierMalformed)));
    assert!(html::tags(&identify).iter().any(|tag| {
        tag.get("id") == Some("identifier")
            && tag.get("value").is_some_and(|value| value.contains("ava"))
    }));
    let review = html(samples::review(Some(Problem::ContactCodeWrong)));
    let tags = html::tags(&review);
    let find = |id: &str| {
        tags.iter()
            .find(|tag| tag.get("id") == Some(id))
            .expect("the field")
    };
    assert!(find("attested").get("checked").is_some());
    assert_eq!(find("code").get("value").unwrap_or_default(), "");
}

#[test]
fn islands_are_given_no_secret() {
    for (name, page) in samples::all() {
        let html = html(page);
        for island in html::tags(&html)
            .iter()
            .filter(|tag| tag.name == "leptos-island")
        {
            let properties = island.get("data-props").unwrap_or_default();
            assert!(
                !properties.contains("482 913") && !properties.contains('\u{e000}'),
                "{name}"
            );
        }
    }
}
