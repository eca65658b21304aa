//! The sign-in between an approver's link and the request that it is about.

use leptos::prelude::*;

use crate::{
    components::{Action, Button, Look},
    view::{ApproverSignInView, OtherApproverView, Place},
};

pub const OTHER: &str = "This request was sent to somebody else";

pub const fn title(view: ApproverSignInView) -> &'static str {
    match view {
        ApproverSignInView::First => "Sign in to review this request",
        ApproverSignInView::Over | ApproverSignInView::AnswerNotTaken => "Please sign in again",
    }
}

pub fn approver_sign_in(view: ApproverSignInView) -> impl IntoView {
    let lead = match view {
        ApproverSignInView::First => {
            "A colleague may need your help. Before we show you the request, we make sure that you are the one whom we asked."
        }
        ApproverSignInView::Over => {
            "You signed in more than 15 minutes ago. Before we show you the request again, we make sure that it is still you."
        }
        ApproverSignInView::AnswerNotTaken => {
            "We did not take your answer, because you have not signed in within the last 15 minutes. No try at a code was counted."
        }
    };
    view! {
        <h1>{title(view)}</h1>
        <p class="lead">{lead}</p>
        <p>"We send you to your organisation’s own sign-in, and you come back here afterwards. Then you have 15 minutes to call your colleague and to answer. If it takes longer, sign in again."</p>
        <p>"Nothing has changed on any account."</p>
        <SignIn>"Continue to sign in"</SignIn>
    }
}

pub fn other_approver(OtherApproverView { name }: OtherApproverView) -> impl IntoView {
    view! {
        <h1>{OTHER}</h1>
        <p class="lead">
            "You are signed in as "<strong dir="auto">{name}</strong>
            ". The link in the mail was made for one other person, and works for nobody else."
        </p>
        <p>"We have not shown you the request, and nothing has changed on any account. We have noted that you came here by this link."</p>
        <p>
            <strong>"Was the mail forwarded to you? "</strong>
            "Do not forward it again. Tell whoever sent it that they have to open it themselves: they can hand the request on there."
        </p>
        <p>"Was it sent to you, at another account of yours? Then sign in with that one."</p>
        <SignIn>"Sign in as somebody else"</SignIn>
    }
}

#[component]
fn SignIn(children: Children) -> impl IntoView {
    view! {
        <form method="post" action=Action::SignInEmployee.path()>
            <input type="hidden" name="to" value=Place::Review.slug()/>
            <Button look=Look::Main>{children()}</Button>
        </form>
    }
}
