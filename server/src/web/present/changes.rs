//! What an approval leads to on the account, by the types of its methods.

use app::view::Changes;
use domain::{MethodKind, Removal};

use crate::recovery::Ahead;

/// What could be removed of anybody.
const KINDS: [MethodKind; 9] = [
    MethodKind::Authenticator,
    MethodKind::MobilePhone,
    MethodKind::SoftwareOath,
    MethodKind::Fido2,
    MethodKind::WindowsHello,
    MethodKind::PlatformCredential,
    MethodKind::Email,
    MethodKind::External,
    MethodKind::TemporaryAccessPass,
];

/// What people call the methods of a type: one, and several.
const fn names(kind: &MethodKind) -> (&'static str, &'static str) {
    match kind {
        MethodKind::Password => ("Password", "passwords"),
        MethodKind::MobilePhone | MethodKind::AlternateMobilePhone | MethodKind::OfficePhone => {
            ("Phone number", "phone numbers")
        }
        MethodKind::Authenticator => ("Microsoft Authenticator", "Microsoft Authenticator apps"),
        MethodKind::SoftwareOath => (
            "Codes from an authenticator app",
            "authenticator apps that show codes",
        ),
        MethodKind::Fido2 => ("Passkey or security key", "passkeys or security keys"),
        MethodKind::WindowsHello => (
            "Windows Hello for Business",
            "devices with Windows Hello for Business",
        ),
        MethodKind::PlatformCredential => ("Platform credential", "platform credentials"),
        MethodKind::Email => (
            "Email address for password reset",
            "email addresses for password reset",
        ),
        MethodKind::External => ("External method", "external methods"),
        MethodKind::TemporaryAccessPass => ("Temporary Access Pass", "Temporary Access Passes"),
        MethodKind::Unknown(_) => ("A method of an unknown type", "methods of unknown types"),
    }
}

/// What is removed and what stays, or that it stops, as read; without a reading what could be, for anybody.
pub fn changes(removal: Removal, ahead: Option<&Ahead>) -> Changes {
    if let Some(ahead) = ahead {
        if ahead.stops() {
            return Changes::Stop;
        }
        return Changes::Removal {
            removes: counted(&ahead.goes),
            keeps: counted(&ahead.stays),
            as_read: true,
        };
    }
    let goes = KINDS.iter().filter(|kind| removal.covers(kind));
    Changes::Removal {
        removes: goes.map(|kind| names(kind).0.to_owned()).collect(),
        keeps: vec![names(&MethodKind::Password).0.to_owned()],
        as_read: false,
    }
}

/// Each type once, with how many there are of it.
fn counted(kinds: &[MethodKind]) -> Vec<String> {
    let mut types: Vec<((&str, &str), usize)> = Vec::new();
    for kind in kinds {
        let named = names(kind);
        match types.iter_mut().find(|(known, _)| *known == named) {
            Some((_, count)) => *count += 1,
            None => types.push((named, 1)),
        }
    }
    let words = types
        .into_iter()
        .map(|((one, several), count)| match count {
            1 => one.to_owned(),
            count => format!("{count} {several}"),
        });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(changes: Changes) -> (Vec<String>, Vec<String>, bool) {
        match changes {
            Changes::Removal {
                removes,
                keeps,
                as_read,
            } => (removes, keeps, as_read),
            Changes::Stop => panic!("nothing stops it"),
        }
    }

    #[test]
    fn methods_are_counted_by_type() {
        let ahead = Ahead {
            goes: vec![
                MethodKind::MobilePhone,
                MethodKind::Authenticator,
                MethodKind::AlternateMobilePhone,
            ],
            stays: vec![MethodKind::Password],
        };
        let (removes, keeps, as_read) = parts(changes(Removal::All, Some(&ahead)));
        assert_eq!(removes, ["2 phone numbers", "Microsoft Authenticator"]);
        assert_eq!(keeps, ["Password"]);
        assert!(as_read);
    }

    #[test]
    fn a_method_that_cannot_be_removed_matters_only_if_it_had_to_go() {
        let unknown = || MethodKind::Unknown("#microsoft.graph.newAuthenticationMethod".to_owned());
        let goes = Ahead {
            goes: vec![MethodKind::MobilePhone, unknown()],
            stays: vec![MethodKind::Password],
        };
        assert_eq!(changes(Removal::All, Some(&goes)), Changes::Stop);
        let stays = Ahead {
            goes: vec![MethodKind::MobilePhone],
            stays: vec![MethodKind::Password, unknown()],
        };
        let (_, keeps, _) = parts(changes(Removal::Portal, Some(&stays)));
        assert_eq!(keeps, ["Password", "A method of an unknown type"]);
    }

    #[test]
    fn without_a_reading_the_policy_says_what_could_go() {
        let (removes, _, as_read) = parts(changes(Removal::All, None));
        assert!(removes.contains(&"Passkey or security key".to_owned()));
        assert!(!as_read);
        let (removes, _, _) = parts(changes(Removal::Portal, None));
        assert_eq!(
            removes,
            [
                "Microsoft Authenticator",
                "Phone number",
                "Codes from an authenticator app"
            ]
        );
    }
}
