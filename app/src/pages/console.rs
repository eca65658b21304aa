//! The console's recoveries.

use leptos::prelude::*;

use crate::{
    components::{BackLink, Inset, SummaryRow, Tag, Time},
    view::{HoldView, Paging, RecoveriesView, RecoveryDetailView, RecoveryRow, TimelineEntry},
};

pub const LIST_TITLE: &str = "Recoveries";

pub fn detail_title(view: &RecoveryDetailView) -> String {
    format!("Recovery {}", view.row.reference)
}

pub fn list(view: RecoveriesView) -> impl IntoView {
    let RecoveriesView {
        rows,
        shown,
        paging,
        hold,
    } = view;
    let filters = [("all", "All"), ("open", "Open"), ("ended", "Ended")].map(|(state, label)| {
        view! {
            <a
                class="filter"
                href=format!("/console?state={state}")
                aria-current=(state == shown).then_some("page")
            >
                {label}
            </a>
        }
    });
    view! {
        <h1>{LIST_TITLE}</h1>
        {hold.map(held)}
        <nav class="flex flex-wrap gap-2" aria-label="Filter">{filters}</nav>
        {if rows.is_empty() {
            view! { <p class="inset">"There are no recoveries to show here."</p> }.into_any()
        } else {
            view! { <Table rows/> }.into_any()
        }}
        <Pages paging/>
    }
}

/// That recovery does not go on, which whoever looks at the list has to know first.
fn held(hold: HoldView) -> impl IntoView {
    let HoldView {
        since,
        until,
        reason,
    } = hold;
    let words = match until {
        Some(until) => view! {
            <p><strong>"No new requests are taken. "</strong>"Far too much has been going on since "<Time moment=since/>"."</p>
            <p>"It goes on by itself at "<Time moment=until/>", and earlier by "<code>"latchkey admin resume"</code>"."</p>
        }
        .into_any(),
        None => view! {
            <p><strong>"Recovery is paused. "</strong>"An operator has paused it at "<Time moment=since/>": nothing is opened, approved or given out."</p>
            {reason.map(|reason| view! { <p>"Their reason: "<span dir="auto">{reason}</span></p> })}
            <p><code>"latchkey admin resume"</code>" lets everything go on."</p>
        }
        .into_any(),
    };
    view! { <Inset>{words}</Inset> }
}

#[component]
fn Table(rows: Vec<RecoveryRow>) -> impl IntoView {
    view! {
        <div class="table-frame" role="region" aria-label=LIST_TITLE tabindex="0">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Reference"</th>
                        <th scope="col">"Person"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"Approver"</th>
                        <th scope="col">"Asked"</th>
                        <th scope="col">"Last change"</th>
                    </tr>
                </thead>
                <tbody>{rows.into_iter().map(|row| view! { <Row row/> }).collect_view()}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(row: RecoveryRow) -> impl IntoView {
    let RecoveryRow {
        id,
        reference,
        subject,
        state,
        tone,
        approver,
        opened_at,
        changed_at,
    } = row;
    view! {
        <tr>
            <th scope="row">
                <a class="reference" href=format!("/console/recoveries/{id}")>{reference}</a>
            </th>
            <td dir="auto">{subject}</td>
            <td><Tag tone text=state/></td>
            <td dir="auto">{approver.unwrap_or_else(|| "Nobody asked yet".to_owned())}</td>
            <td><Time moment=opened_at/></td>
            <td><Time moment=changed_at/></td>
        </tr>
    }
}

#[component]
fn Pages(paging: Paging) -> impl IntoView {
    let Paging { newer, older } = paging;
    (newer.is_some() || older.is_some()).then(|| {
        view! {
            <nav class="actions" aria-label="Pages">
                {newer.map(|href| view! { <a rel="prev" href=href>"Newer"</a> })}
                {older.map(|href| view! { <a rel="next" href=href>"Older"</a> })}
            </nav>
        }
    })
}

pub fn detail(view: RecoveryDetailView) -> impl IntoView {
    let RecoveryDetailView {
        row,
        facts,
        methods,
        timeline,
    } = view;
    view! {
        <BackLink href="/console"/>
        <h1>"Recovery "<span class="whitespace-nowrap" dir="ltr" translate="no">{row.reference}</span></h1>
        <p class="flex flex-wrap items-center gap-3">
            <strong class="text-xl" dir="auto">{row.subject}</strong>
            <Tag tone=row.tone text=row.state/>
        </p>
        <div class="mt-8 grid gap-x-12 gap-y-8 lg:grid-cols-2">
            <section class="flow">
                <h2>"Facts"</h2>
                <dl class="summary">
                    <SummaryRow label="Asked"><Time moment=row.opened_at/></SummaryRow>
                    <SummaryRow label="Last change"><Time moment=row.changed_at/></SummaryRow>
                    <SummaryRow label="Approver">
                        {row.approver.unwrap_or_else(|| "Nobody asked yet".to_owned())}
                    </SummaryRow>
                    {facts.into_iter().map(|(label, value)| view! {
                        <SummaryRow label>{value}</SummaryRow>
                    }).collect_view()}
                </dl>
                {(!methods.is_empty()).then(|| view! {
                    <h2>"Removed methods"</h2>
                    <ul>
                        {methods.into_iter().map(|method| view! { <li dir="auto">{method}</li> }).collect_view()}
                    </ul>
                })}
            </section>
            <section class="flow">
                <h2>"What happened"</h2>
                <ol class="timeline">
                    {timeline.into_iter().map(|entry| view! { <Entry entry/> }).collect_view()}
                </ol>
            </section>
        </div>
    }
}

#[component]
fn Entry(entry: TimelineEntry) -> impl IntoView {
    let TimelineEntry {
        at,
        actor,
        what,
        sequence,
    } = entry;
    view! {
        <li>
            <p class="font-semibold" dir="auto">{what}</p>
            <p class="text-muted text-base">
                <span dir="auto">{actor}</span>" · "<Time moment=at/>{format!(" · entry {sequence}")}
            </p>
        </li>
    }
}
