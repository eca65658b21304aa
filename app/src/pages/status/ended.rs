//! The ends of a request that are not the good one.

use leptos::prelude::*;

use crate::{
    components::{LinkButton, Look},
    view::Account,
};

/// What the person reads.
pub struct Ended {
    /// What happened, and what has not.
    happened: &'static str,
    /// What to do next.
    next: &'static str,
    /// Whether to offer a new request.
    again: Again,
    says_account: SaysAccount,
}

/// Where the words about the account come from.
enum SaysAccount {
    /// The end's own sentences.
    Itself,
    /// What has been done so far.
    ByState,
}

enum Again {
    Offered,
    NotOffered,
}

pub const DENIED: Ended = Ended {
    happened: "Your manager said no, or the code they entered was wrong three times.",
    next: "Speak with your manager. If they agree, you can ask again.",
    again: Again::Offered,
    says_account: SaysAccount::ByState,
};

pub const WITHDRAWN: Ended = Ended {
    happened: "The request has ended.",
    next: "If you need a recovery after all, you can ask again.",
    again: Again::Offered,
    says_account: SaysAccount::ByState,
};

pub const REPORTED: Ended = Ended {
    happened: "Somebody said that this request was not made by the owner of the account. Recovery is locked for a day to protect the account.",
    next: "If the account is yours, contact the people named at the bottom of this page and give them your reference.",
    again: Again::NotOffered,
    says_account: SaysAccount::Itself,
};

pub const EXPIRED: Ended = Ended {
    happened: "A step was not taken in time, so the request ended by itself.",
    next: "You can ask again. It helps to reach your manager before you do.",
    again: Again::Offered,
    says_account: SaysAccount::ByState,
};

pub const ABORTED: Ended = Ended {
    happened: "We could not finish safely, so we stopped.",
    next: "The people named at the bottom of this page know about it. Contact them and give them your reference.",
    again: Again::NotOffered,
    says_account: SaysAccount::ByState,
};

pub const RESTORED: Ended = Ended {
    happened: "Our records had to be restored from a backup while your request was open. To be safe, we ended it.",
    next: "Please ask again; it goes the same way. We are sorry that you have to.",
    again: Again::Offered,
    says_account: SaysAccount::ByState,
};

pub const LAPSED: Ended = Ended {
    happened: "The pass has stopped working, or no new way to sign in was set up. Some or all of your old ways to sign in have been removed; your password stays.",
    next: "Contact the people named at the bottom of this page and give them your reference. You can also ask again.",
    again: Again::Offered,
    says_account: SaysAccount::Itself,
};

pub const REPUDIATED: Ended = Ended {
    happened: "The owner of the account said that this was not them. The pass is being deleted, and everybody is being signed out.",
    next: "If the account is yours, contact the people named at the bottom of this page now.",
    again: Again::NotOffered,
    says_account: SaysAccount::Itself,
};

impl Ended {
    /// What has become of the account, unless the end says it itself.
    const fn account_words(&self, account: Account) -> &'static str {
        match (&self.says_account, account) {
            (SaysAccount::Itself, _) => "",
            (SaysAccount::ByState, Account::Untouched) => "Nothing has changed on your account.",
            (SaysAccount::ByState, Account::Touched) => {
                "No pass was given out, but an attempt was made: you may have been signed out, and some of your ways to sign in may be gone. The people named at the bottom of this page can help."
            }
            (SaysAccount::ByState, Account::PassShown) => {
                "A pass was shown before; it does not work any more. Some or all of your old ways to sign in have been removed. The people named at the bottom of this page can help."
            }
        }
    }

    pub fn render(&self, account: Account) -> AnyView {
        let again = matches!(self.again, Again::Offered).then(|| {
            view! {
                <div class="actions">
                    <LinkButton look=Look::Quiet href="/what-happened">"Ask again"</LinkButton>
                </div>
            }
        });
        view! {
            <p class="lead">{self.happened}" "{self.account_words(account)}</p>
            <p>{self.next}</p>
            {again}
        }
        .into_any()
    }
}

/// The end of a trial run: what would have happened, and that it has not.
pub fn rehearsed(methods: Vec<String>) -> AnyView {
    let removed = if methods.is_empty() {
        view! { <p>"No way to sign in would have been removed: there is none but the password."</p> }
            .into_any()
    } else {
        view! {
            <p>"These ways to sign in would have been removed:"</p>
            <ul>
                {methods.into_iter().map(|method| view! { <li dir="auto">{method}</li> }).collect_view()}
            </ul>
        }
        .into_any()
    };
    view! {
        <p class="lead">
            "Nothing has changed on your account. You were not signed out anywhere, and there is no pass."
        </p>
        <h2>"What a real recovery would have done"</h2>
        <p>"You would have been signed out on all your devices."</p>
        {removed}
        <p>"A pass for one sign-in would then have been shown here."</p>
        <p>"Can you really not sign in? Contact the people named at the bottom of this page. You can close this window."</p>
    }
    .into_any()
}
