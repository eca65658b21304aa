//! What has been done to an account, and the sentence that says so: the same on pages and in mails.

/// What attempts to issue a pass have done to an account so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account {
    /// None was made: nothing has changed.
    Untouched,
    /// One was made: sessions may have ended, and methods may be gone.
    Touched,
    /// One succeeded: a pass was shown.
    PassShown,
}

impl Account {
    /// As its owner reads it, who need not be the one who asked for the pass. Not all of their methods were removed where
    /// the policy leaves some.
    pub const fn yours(self) -> &'static str {
        match self {
            Self::Untouched => "Nothing has changed on your account.",
            Self::Touched => {
                "An attempt was made before: you may have been signed out, and some of your ways to sign in may be gone."
            }
            Self::PassShown => {
                "A pass was given out before, and does not work any more. You were signed out then, and some or all of your old ways to sign in were removed; your password stays."
            }
        }
    }

    /// As somebody else reads it.
    pub const fn theirs(self) -> &'static str {
        match self {
            Self::Untouched => "Nothing has changed on the account.",
            Self::Touched => {
                "An attempt was made before: the person may have been signed out and may have lost ways to sign in."
            }
            Self::PassShown => {
                "A pass was given out before, and does not work any more. The person was signed out then, and some or all of their old ways to sign in were removed."
            }
        }
    }
}
