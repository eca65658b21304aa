//! When somebody is away, and who stands in.

use leptos::prelude::*;

use crate::{
    components::{
        Action, BackLink, Button, ErrorSummary, Field, Input, Inset, LabelLook, Look,
        problem::Words,
    },
    view::{AbsenceForm, AbsenceRow, AbsenceView},
};

pub const TITLE: &str = "When you are away";

pub fn absence(view: AbsenceView) -> impl IntoView {
    let AbsenceView {
        own,
        covered,
        zone,
        form,
        problem,
    } = view;
    let AbsenceForm {
        from,
        until,
        delegate,
    } = form;
    view! {
        <BackLink href="/approvals"/>
        <ErrorSummary problem fields=&["from", "until", "delegate"]/>
        <h1>{TITLE}</h1>
        <p class="lead">
            "When one of your people cannot sign in while you are away, we ask whoever stands in for you at once. We ask you too, and do not wait for you."
        </p>
        <h2>"You are away"</h2>
        {if own.is_empty() {
            view! { <p>"You have not told us of any time."</p> }.into_any()
        } else {
            own.into_iter().map(own_row).collect_view().into_any()
        }}
        {(!covered.is_empty()).then(|| view! {
            <h2>"You stand in for"</h2>
            {covered.into_iter().map(covered_row).collect_view()}
        })}
        <h2>"Add a time"</h2>
        <form method="post" action=Action::PlanAbsence.path() class="flow" novalidate=true>
            <Field
                name="from"
                label="First day"
                look=LabelLook::Plain
                input=Input::Day
                hint=format!("Days begin and end at midnight in {zone}.")
                value=from
                error=Words::at(problem, "from")
            />
            <Field
                name="until"
                label="Last day"
                look=LabelLook::Plain
                input=Input::Day
                hint="From the day after it we wait for you again."
                value=until
                error=Words::at(problem, "until")
            />
            <Field
                name="delegate"
                label="Who stands in for you (optional)"
                look=LabelLook::Plain
                input=Input::Colleague
                hint="The work email address of a colleague who knows your people. We tell them, and they can say that they cannot."
                value=delegate
                error=Words::at(problem, "delegate")
            />
            <Button look=Look::Main>"Add this time"</Button>
        </form>
    }
}

fn own_row(row: AbsenceRow) -> impl IntoView {
    let days = days(&row);
    let stands_in = match row.other {
        Some(name) => {
            view! { <p><strong dir="auto">{name}</strong>" stands in for you."</p> }.into_any()
        }
        None => view! { <p>"Nobody stands in for you."</p> }.into_any(),
    };
    view! {
        <Inset>
            <p><strong>{days.clone()}</strong></p>
            {stands_in}
            <Undo id=row.id>"Remove "<span class="sr-only">{days}</span></Undo>
        </Inset>
    }
}

fn covered_row(row: AbsenceRow) -> impl IntoView {
    let days = days(&row);
    let name = row.other.unwrap_or_default();
    view! {
        <Inset>
            <p><strong dir="auto">{name.clone()}</strong>", "{days}</p>
            <Undo id=row.id>"I cannot stand in "<span class="sr-only">"for "{name}</span></Undo>
        </Inset>
    }
}

#[component]
fn Undo(id: String, children: Children) -> impl IntoView {
    view! {
        <form method="post" action=Action::UndoAbsence.path()>
            <input type="hidden" name="absence" value=id/>
            <Button look=Look::Quiet>{children()}</Button>
        </form>
    }
}

fn days(row: &AbsenceRow) -> String {
    if row.first_day == row.last_day {
        row.first_day.clone()
    } else {
        format!("{} to {}", row.first_day, row.last_day)
    }
}
