//! Buttons, and the addresses that forms post to.

use leptos::prelude::*;

/// Every action of the product: a form posts to one of these and to nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Names the account.
    Identify,
    /// Answers with typed codes.
    Prove,
    /// Begins a sign-in with the password.
    ProvePassword,
    /// Asks for a Verified ID.
    ProveVerifiedId,
    /// Asks for another code.
    Resend,
    /// Sends the request.
    Submit,
    /// Withdraws the request.
    Withdraw,
    /// Asks for the pass.
    Claim,
    /// Asks for a pass that replaces the one before.
    ClaimAgain,
    /// Clears the pass from this browser.
    Finish,
    /// Approves.
    Approve,
    /// Declines.
    Deny,
    /// Names somebody else who decides.
    HandOn,
    /// Takes a lapsed case up again.
    Reopen,
    /// Reports a request as somebody else's.
    Report,
    /// Opens a review from the approver's own list.
    OpenReview,
    /// Says when somebody is away.
    PlanAbsence,
    /// Takes that back.
    UndoAbsence,
    /// Says "this wasn't me".
    NotMe,
    /// Goes to the organisation's own sign-in.
    SignInEmployee,
    /// Signs an employee out.
    SignOutEmployee,
    /// Makes saved codes.
    MakeCodes,
    /// Makes saved codes in the place of others.
    ReplaceCodes,
    /// Says "I did not make these codes".
    NotMyCodes,
    /// Gives the saved codes of the page back as a file.
    DownloadCodes,
    /// Asks for the code of one of several requests.
    YourCode,
    /// Signs in to the console.
    SignIn,
    /// Signs out of the console.
    SignOut,
}

impl Action {
    /// Its address.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Identify => "/identify",
            Self::Prove => "/prove",
            Self::ProvePassword => "/prove/password",
            Self::ProveVerifiedId => "/prove/verified-id",
            Self::Resend => "/prove/resend",
            Self::Submit => "/submit",
            Self::Withdraw => "/withdraw",
            Self::Claim => "/pass",
            Self::ClaimAgain => "/pass/again",
            Self::Finish => "/finish",
            Self::Approve => "/approve",
            Self::Deny => "/approve/deny",
            Self::HandOn => "/approve/hand-on",
            Self::Reopen => "/approve/reopen",
            Self::Report => "/approve/report",
            Self::OpenReview => "/approvals",
            Self::PlanAbsence => "/approvals/absence",
            Self::UndoAbsence => "/approvals/absence/undo",
            Self::NotMe => "/not-me",
            Self::SignInEmployee => "/sign-in",
            Self::SignOutEmployee => "/sign-out",
            Self::MakeCodes => "/codes",
            Self::ReplaceCodes => "/codes/replace",
            Self::NotMyCodes => "/codes/not-me",
            Self::DownloadCodes => "/codes/download",
            Self::YourCode => "/your-code",
            Self::SignIn => "/console/sign-in",
            Self::SignOut => "/console/sign-out",
        }
    }
}

/// How much weight a button has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// The page's main act.
    Main,
    /// As heavy as the main act, for stopping something.
    Stop,
    /// A lesser act.
    Quiet,
}

impl Look {
    const fn class(self) -> &'static str {
        match self {
            Self::Main => "button button-main",
            Self::Stop => "button button-stop",
            Self::Quiet => "button button-quiet",
        }
    }
}

/// Sends the form around it, or the form of the given id.
#[component]
pub fn Button(
    look: Look,
    /// Id of a form elsewhere on the page.
    #[prop(optional)]
    form: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    view! { <button type="submit" class=look.class() form=form>{children()}</button> }
}

/// A link to another site that looks like the page's main act. It opens beside the page, which may
/// be the only place where something stands.
#[component]
pub fn OutsideButton(#[prop(into)] href: String, children: Children) -> impl IntoView {
    view! {
        <a class=Look::Main.class() href=href target="_blank" rel="noopener noreferrer">
            {children()}
        </a>
    }
}

/// A link to the next page that looks like a button.
#[component]
pub fn LinkButton(look: Look, #[prop(into)] href: String, children: Children) -> impl IntoView {
    view! { <a class=look.class() href=href>{children()}</a> }
}
