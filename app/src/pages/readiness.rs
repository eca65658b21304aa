//! "Would recovery work for me?"

use leptos::prelude::*;

use crate::{
    components::{BackLink, ErrorSummary, LinkButton, Look, Tag},
    view::{Finding, ReadinessView, Tone, Verdict},
};

pub const TITLE: &str = "Would recovery work for you?";

pub fn readiness(view: ReadinessView) -> impl IntoView {
    let ReadinessView { findings, problem } = view;
    let answer = answer(&findings);
    let looked = !findings.is_empty();
    view! {
        <BackLink href="/codes"/>
        <ErrorSummary problem fields=&[]/>
        <h1>{TITLE}</h1>
        {looked.then(|| view! {
            <p class="lead" role="status">{answer}</p>
            <ul class="plain findings">{findings.into_iter().map(line).collect_view()}</ul>
            <p>"This is how it looks now. Check again when something changes: another manager, another private address."</p>
        })}
        <div class="actions">
            <LinkButton look=Look::Quiet href="/codes/check">"Check again"</LinkButton>
        </div>
    }
}

fn answer(findings: &[Finding]) -> &'static str {
    let count = |verdict| {
        let found = findings.iter().filter(|finding| finding.verdict == verdict);
        found.count()
    };
    match (
        count(Verdict::Missing),
        count(Verdict::Trial),
        count(Verdict::Unknown),
    ) {
        (0, 0, 0) => "Yes. Everything that recovery needs is in place.",
        (0, 0, _) => "Perhaps. What we can check is in place, and the rest we cannot check here.",
        (0, ..) => {
            "Not for real yet. A recovery would be rehearsed, and nothing would change on your account."
        }
        (1, ..) => "No, not yet. One thing is missing.",
        _ => "No, not yet. Some things are missing.",
    }
}

fn line(finding: Finding) -> impl IntoView {
    let Finding {
        verdict,
        found,
        advice,
    } = finding;
    let (tone, word) = match verdict {
        Verdict::Holds => (Tone::Good, "In place"),
        Verdict::Better => (Tone::Waiting, "Could be better"),
        Verdict::Unknown => (Tone::Waiting, "Not checked"),
        Verdict::Trial => (Tone::Waiting, "Trial run"),
        Verdict::Missing => (Tone::Bad, "Missing"),
    };
    view! {
        <li>
            <Tag tone text=word/>" "<span dir="auto">{found}</span>
            {advice.map(|advice| view! { <span class="hint block">{advice}</span> })}
        </li>
    }
}
