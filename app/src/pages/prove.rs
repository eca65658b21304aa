//! The code that was mailed to the address on file.

use leptos::prelude::*;

use crate::{
    components::{
        Action, BackLink, Button, ErrorSummary, Field, Input, LabelLook, Look, Reference, Steps,
        problem::Words,
    },
    view::ProveView,
};

pub const QUESTION: &str = "Enter the code from your mail";

pub fn prove(view: ProveView) -> impl IntoView {
    let ProveView {
        reference,
        identifier,
        digits,
        valid_minutes,
        may_resend,
        resent,
        problem,
    } = view;
    view! {
        <BackLink href="/what-happened"/>
        <ErrorSummary problem fields=&["code"]/>
        {resent.then(|| view! {
            <div class="inset" role="status">
                <p>"We have sent another code, if there is an address to send it to. The one before has stopped working."</p>
            </div>
        })}
        <Steps now=3 of=4/>
        <form method="post" action=Action::Prove.path() class="flow" novalidate=true>
            <Field
                name="code"
                label=QUESTION
                look=LabelLook::Heading
                input=Input::SentCode
                hint=format!("If {identifier} has an address outside work on file, we have sent {digits} digits to that address. They work for {valid_minutes} minutes.")
                error=Words::at(problem, "code")
            />
            <Button look=Look::Main>"Continue"</Button>
        </form>
        <p>"We cannot say whether there is such an address: that keeps strangers from finding out."</p>
        <details class="details">
            <summary>"The code does not come"</summary>
            <div class="flow">
                <ul>
                    <li>"Wait two minutes, then look in the junk folder too."</li>
                    <li>"Look in your personal mail, not in your work mail."</li>
                    <li>"Is the address above not yours? "<a href="/what-happened">"Start again"</a>"."</li>
                    <li>"Still nothing? Your organisation may have no address for you. Contact the people named at the bottom of this page."</li>
                </ul>
                {if may_resend {
                    view! {
                        <form method="post" action=Action::Resend.path()>
                            <Button look=Look::Quiet>"Send another code"</Button>
                        </form>
                    }.into_any()
                } else {
                    view! { <p>"We cannot send more codes for this request."</p> }.into_any()
                }}
            </div>
        </details>
        <Reference reference/>
    }
}
