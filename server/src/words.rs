//! Facts in the words that people read, on pages and in mails.

use app::view::{Account, Moment};
use domain::{Approver, ApproverRole, Person, Request, RequestFacts, Timestamp};
use jiff::tz::TimeZone;

/// A moment in words.
pub fn moment(at: Timestamp) -> Moment {
    let at = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or_default();
    let zoned = at.to_zoned(TimeZone::UTC);
    Moment {
        iso: at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        words: zoned.strftime("%-d %B %Y, %H:%M UTC").to_string(),
    }
}

/// A moment within the next minutes, to the second.
pub fn moment_to_the_second(at: Timestamp) -> Moment {
    let zoned = jiff::Timestamp::from_millisecond(at.millis())
        .unwrap_or_default()
        .to_zoned(TimeZone::UTC);
    Moment {
        words: zoned.strftime("%H:%M:%S UTC").to_string(),
        ..moment(at)
    }
}

/// The day of a moment, as clocks in `zone` have it.
pub fn day(at: Timestamp, zone: &TimeZone) -> String {
    let at = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or_default();
    let zoned = at.to_zoned(zone.clone());
    zoned.strftime("%-d %B %Y").to_string()
}

/// Text from elsewhere, for people to read in a line: without control characters and without characters that
/// change the direction of what follows or cannot be seen, so that it can pass for nothing but itself.
pub fn readable(text: &str) -> String {
    let unseen = |c: char| {
        c.is_control()
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    let spaced = text.replace(unseen, " ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    words.join(" ")
}

/// What to call a person in a sentence.
pub fn first_name(person: &Person) -> &str {
    person
        .given_name
        .as_deref()
        .unwrap_or_else(|| person.display_name.split(' ').next().unwrap_or_default())
}

/// What has been done to an account so far.
pub const fn account(request: &Request) -> Account {
    if request.facts.disclosed.is_some() {
        Account::PassShown
    } else if request.touched_account() {
        Account::Touched
    } else {
        Account::Untouched
    }
}

/// What had been done to an account before `at`, for whoever reads late what was so then. Of several passes the request
/// keeps the last: where that is a later one, the attempts before are told of, and no pass.
pub fn account_before(request: &Request, at: Timestamp) -> Account {
    let facts = &request.facts;
    let disclosed = facts.disclosed.as_ref();
    if disclosed.is_some_and(|disclosed| disclosed.at < at) {
        Account::PassShown
    } else if facts.claimed_at.is_some_and(|claimed_at| claimed_at < at) {
        Account::Touched
    } else {
        Account::Untouched
    }
}

/// Why somebody is asked to decide, with the names that it takes to say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhyAsked {
    /// They lead the subject.
    Leads(Lead),
    /// Somebody is away.
    StandsIn {
        /// Who, if the request has them.
        name: Option<String>,
        /// What that one is to the subject.
        lead: Option<Lead>,
    },
    /// They are on call.
    OnCall,
    /// They are of the group that decides about privileged accounts.
    DualControl,
    /// Somebody who was asked named them: who, if the request has them.
    NamedBy(Option<String>),
}

/// How somebody leads the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lead {
    /// Their manager.
    Manager,
    /// The manager of their manager.
    ManagersManager,
}

impl Lead {
    const fn of(role: &ApproverRole) -> Option<Self> {
        match role {
            ApproverRole::Manager => Some(Self::Manager),
            ApproverRole::ManagersManager => Some(Self::ManagersManager),
            _ => None,
        }
    }

    /// As in `Ada’s manager`.
    pub fn words(self, subject: &str) -> String {
        match self {
            Self::Manager => format!("{subject}’s manager"),
            Self::ManagersManager => format!("the manager of {subject}’s manager"),
        }
    }
}

impl WhyAsked {
    /// Of an approver of a request.
    pub fn of(facts: &RequestFacts, approver: &Approver) -> Self {
        let name = |known: &Approver| known.name.clone();
        match &approver.role {
            ApproverRole::Manager => Self::Leads(Lead::Manager),
            ApproverRole::ManagersManager => Self::Leads(Lead::ManagersManager),
            ApproverRole::Delegate { of } => {
                let away = facts.approver(of);
                Self::StandsIn {
                    name: away.map(name),
                    lead: away.and_then(|away| Lead::of(&away.role)),
                }
            }
            ApproverRole::OnCall => Self::OnCall,
            ApproverRole::DualControl => Self::DualControl,
            ApproverRole::HandedOn { by } => Self::NamedBy(facts.approver(by).map(name)),
        }
    }

    /// The sentence that they read, with names as `shown` gives them.
    pub fn sentence(&self, subject: &str, shown: impl Fn(&str) -> String) -> String {
        let colleague = |name: &Option<String>| {
            let shown = name.as_deref().map(&shown);
            shown.unwrap_or_else(|| "a colleague".to_owned())
        };
        let why = match self {
            Self::Leads(lead) => format!("you are {}", lead.words(subject)),
            Self::StandsIn { name, lead } => {
                let lead = lead.map(|lead| format!(", {}", lead.words(subject)));
                let lead = lead.unwrap_or_default();
                format!("you stand in for {}{lead}, who is away", colleague(name))
            }
            Self::OnCall => "you are on call for account recovery".to_owned(),
            Self::DualControl => format!(
                "{subject}’s account has special rights, and you are one of those who decide about such accounts"
            ),
            Self::NamedBy(name) => format!("{} named you", colleague(name)),
        };
        format!("You are asked because {why}.")
    }
}

/// A name that its bearer's colleagues recognise and a stranger cannot use: the first name and an
/// initial.
pub fn masked(name: &str) -> String {
    let mut parts = name.split_whitespace();
    let first = parts.next().unwrap_or_default();
    match parts.next_back().and_then(|last| last.chars().next()) {
        Some(initial) => format!("{first} {initial}."),
        None => first.to_owned(),
    }
}

/// An address that its owner recognises: the first letter, and where it is.
pub fn masked_address(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((name, domain)) => {
            let first: String = name.chars().take(1).collect();
            format!("{first}•••@{domain}")
        }
        None => "•••".to_owned(),
    }
}

/// A browser and its system in words, from what it says about itself. Evidence for people, nothing that
/// a rule trusts.
pub fn browser(user_agent: &str) -> String {
    // Order matters: most browsers also name those that they descend from.
    const BROWSERS: [(&str, &str); 6] = [
        ("Edg", "Microsoft Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 6] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let named = |names: &[(&str, &'static str)]| {
        names
            .iter()
            .find(|(mark, _)| user_agent.contains(mark))
            .map(|(_, name)| *name)
    };
    match (named(&BROWSERS), named(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => "An unknown browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_names_its_zone() {
        let moment = moment(Timestamp::from_millis(1_795_000_000_000));
        assert_eq!(moment.words, "18 November 2026, 11:06 UTC");
        assert_eq!(moment.iso, "2026-11-18T11:06:40Z");
    }

    #[test]
    fn browsers_are_named_by_what_tells_them_apart() {
        for (user_agent, words) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
                "Chrome on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
                "Microsoft Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 Version/19.0 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Android 16; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0",
                "Firefox on Android",
            ),
            ("curl/8.0", "An unknown browser"),
            ("", "An unknown browser"),
        ] {
            assert_eq!(browser(user_agent), words);
        }
    }

    #[test]
    fn a_masked_name_is_the_first_and_an_initial() {
        assert_eq!(masked("Nadia Keller"), "Nadia K.");
        assert_eq!(masked("Ana María de la Cruz"), "Ana C.");
        assert_eq!(masked("Plato"), "Plato");
        assert_eq!(masked(""), "");
    }

    #[test]
    fn a_masked_address_keeps_its_first_letter_and_its_host() {
        assert_eq!(
            masked_address("ada.k@private.example"),
            "a•••@private.example"
        );
        assert_eq!(masked_address("nonsense"), "•••");
    }
}
