//! What employees see who sign in with their work account.

/// Where somebody comes back to who was sent to sign in: a closed list, so that no address leads elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The saved codes.
    Codes,
    /// The saved codes, to make them.
    MakeCodes,
    /// The question whether to replace them.
    ReplaceCodes,
    /// The review of the request that an approver's link is about.
    Review,
    /// When somebody is away, and who stands in.
    Absence,
    /// What waits for an approver.
    Approvals,
}

impl Place {
    /// Every place. Of those that an address belongs to, the first is meant.
    pub const ALL: [Self; 6] = [
        Self::Codes,
        Self::MakeCodes,
        Self::ReplaceCodes,
        Self::Review,
        Self::Absence,
        Self::Approvals,
    ];

    /// The word in forms and addresses.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Codes => "codes",
            Self::MakeCodes => "make-codes",
            Self::ReplaceCodes => "replace-codes",
            Self::Review => "review",
            Self::Absence => "absence",
            Self::Approvals => "approvals",
        }
    }

    /// The reverse of [`Self::slug`].
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|place| place.slug() == slug)
    }

    /// Its address.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Codes | Self::MakeCodes => "/codes",
            Self::ReplaceCodes => "/codes/replace",
            Self::Review => "/approve",
            Self::Absence => "/approvals/absence",
            Self::Approvals => "/approvals",
        }
    }

    /// Whether what is done there takes somebody who has shown themselves just now: a session that was left open, here or
    /// at the organisation's sign-in, does not get them in.
    pub const fn needs_fresh_sign_in(self) -> bool {
        match self {
            Self::Codes | Self::Approvals => false,
            Self::MakeCodes | Self::ReplaceCodes | Self::Review | Self::Absence => true,
        }
    }

    /// The place that an address belongs to.
    pub fn at(path: &str) -> Option<Self> {
        let is_within = |place: &Self| {
            path.strip_prefix(place.path())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        Self::ALL.into_iter().find(is_within)
    }
}

/// The way to the organisation's own sign-in (`POST /sign-in`: `to`).
#[derive(Clone, Debug)]
pub struct EmployeeSignInView {
    /// Where the person comes back to.
    pub to: Place,
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Their name.
    pub name: String,
    /// Where they are signed in.
    pub at: SignedInAt,
}

/// Where somebody is signed in, and so how they sign out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedInAt {
    /// The console.
    Console,
    /// The pages for employees.
    OwnPages,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_a_place_lead_back_to_it() {
        for path in ["/codes", "/codes/", "/codes/replace"] {
            assert_eq!(Place::at(path), Some(Place::Codes), "{path}");
        }
        for path in [
            "/",
            "/codesmith",
            "/console",
            "//codes",
            "https://evil.example/codes",
        ] {
            assert_eq!(Place::at(path), None, "{path}");
        }
        for place in Place::ALL {
            assert_eq!(Place::from_slug(place.slug()), Some(place));
        }
    }
}
