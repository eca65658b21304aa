//! What has been done to an account, in a sentence.

use crate::view::Account;

/// As its owner reads it.
pub const fn yours(account: Account) -> &'static str {
    match account {
        Account::Untouched => "Nothing has changed on your account.",
        Account::Touched => {
            "An attempt was made before: you may have been signed out, and some of your ways to sign in may be gone."
        }
        Account::PassShown => {
            "The pass that you saw before does not work any more. You were signed out then, and your old ways to sign in were removed; your password stays."
        }
    }
}

/// As somebody else reads it.
pub const fn theirs(account: Account) -> &'static str {
    match account {
        Account::Untouched => "Nothing has changed on the account.",
        Account::Touched => {
            "An attempt had been made before: the person may have been signed out and may have lost ways to sign in."
        }
        Account::PassShown => {
            "A pass was given out before, and does not work any more. The person was signed out then, and their old ways to sign in were removed."
        }
    }
}
