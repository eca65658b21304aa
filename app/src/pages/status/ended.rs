//! The ends of a request that are not the good one.

use leptos::prelude::*;

use crate::components::{LinkButton, Look};

/// What the person reads.
pub struct Ended {
    /// What happened, and what has not.
    happened: &'static str,
    /// What to do next.
    next: &'static str,
    /// Whether to offer a new request.
    again: Again,
}

enum Again {
    Offered,
    NotOffered,
}

pub const DENIED: Ended = Ended {
    happened: "Your manager said no, or the code they entered was wrong three times. Nothing has changed on your account.",
    next: "Speak with your manager. If they agree, you can ask again.",
    again: Again::Offered,
};

pub const WITHDRAWN: Ended = Ended {
    happened: "Nothing has changed on your account. You can close this window.",
    next: "If you need a recovery after all, you can ask again.",
    again: Again::Offered,
};

pub const REPORTED: Ended = Ended {
    happened: "Somebody said that this request was not made by the owner of the account. Recovery is locked for a day to protect the account.",
    next: "If the account is yours, contact the people named at the bottom of this page and give them your reference.",
    again: Again::NotOffered,
};

pub const EXPIRED: Ended = Ended {
    happened: "A step was not taken in time, so the request ended by itself. No pass was given out.",
    next: "You can ask again. It helps to reach your manager before you do.",
    again: Again::Offered,
};

pub const ABORTED: Ended = Ended {
    happened: "We could not finish safely, so no pass was given out. You may have been signed out, and some of your ways to sign in may be gone.",
    next: "The people named at the bottom of this page know about it. Contact them and give them your reference.",
    again: Again::NotOffered,
};

pub const LAPSED: Ended = Ended {
    happened: "The pass has stopped working, or no new way to sign in was set up. Your old ways have been removed; your password stays.",
    next: "Contact the people named at the bottom of this page and give them your reference. You can also ask again.",
    again: Again::Offered,
};

pub const REPUDIATED: Ended = Ended {
    happened: "The owner of the account said that this was not them. The pass no longer works, and everybody has been signed out.",
    next: "If the account is yours, contact the people named at the bottom of this page now.",
    again: Again::NotOffered,
};

impl Ended {
    pub fn render(&self) -> AnyView {
        let again = matches!(self.again, Again::Offered).then(|| {
            view! {
                <div class="actions">
                    <LinkButton look=Look::Quiet href="/what-happened">"Ask again"</LinkButton>
                </div>
            }
        });
        view! {
            <p class="lead">{self.happened}</p>
            <p>{self.next}</p>
            {again}
        }
        .into_any()
    }
}
