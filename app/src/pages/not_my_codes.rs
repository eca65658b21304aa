//! "Did you make recovery codes?", asked and answered.

use leptos::prelude::*;

use crate::{
    components::{Action, Button, Look, Time},
    view::NotMyCodesView,
};

pub const fn title(view: &NotMyCodesView) -> &'static str {
    if view.is_void {
        "Your recovery codes are void"
    } else {
        "Did you make recovery codes?"
    }
}

pub fn not_my_codes(view: NotMyCodesView) -> AnyView {
    let title = title(&view);
    let NotMyCodesView { made_at, is_void } = view;
    if is_void {
        return view! {
            <h1>{title}</h1>
            <p class="lead">"None of those codes works any more. Everybody who was signed in here with your account is signed out, and the security team has been told. For a day, no codes are made for your account, and it cannot be recovered."</p>
            <div class="warning">
                <p>
                    <strong>"If you did not make them, contact the people named at the bottom of this page now. "</strong>
                    "Whoever made them could sign in with your account. Your password may be known to them: change it."
                </p>
            </div>
            <p>"You can close this window."</p>
        }
        .into_any();
    }
    view! {
        <h1>{title}</h1>
        <p class="lead">
            "On "<Time moment=made_at/>", somebody who was signed in with your account made ten of them. Whoever has one can use it to ask for recovery of your account."
        </p>
        <div class="choices">
            <div class="flow">
                <h2>"It was me"</h2>
                <p>"Close this window. Your codes work."</p>
            </div>
            <div class="flow">
                <h2>"It was not me"</h2>
                <p>"We make all of them void, stop what they were used for, sign everybody out here, and alert the security team. For a day, no others are made, and nobody can recover your account."</p>
                <form method="post" action=Action::NotMyCodes.path()>
                    <Button look=Look::Stop>"This wasn’t me, make them void"</Button>
                </form>
            </div>
        </div>
    }
    .into_any()
}
