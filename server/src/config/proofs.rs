//! `[proofs]` and `[[groups]]`: what people must prove.

use std::{collections::BTreeSet, time::Duration};

use domain::{GroupRules, PersonRules, Policies, ProofKind, ProofPolicy, UnusablePolicy};

use super::{keys::GROUPS, read::Reader, sections::guid};

/// How many proofs of different kinds are needed unless it is said.
const REQUIRED: u8 = 2;

/// The key that sets a way of proving up, without which nobody could go it.
const fn set_up_by(kind: ProofKind) -> Option<&'static str> {
    match kind {
        ProofKind::EmailCode => None,
        // Codes are saved by people who have signed in.
        ProofKind::RecoveryCode => Some("sign_in.client_id"),
        ProofKind::Password => Some("password.client_id"),
        ProofKind::VerifiedId => Some("verified_id.authority"),
    }
}

/// How long answers take that must not tell who somebody is.
pub(super) fn answer_step(reader: &mut Reader) -> Duration {
    Duration::from_millis(reader.number("proofs.answer_milliseconds", 200, 0..=2000))
}

/// After which steps the look-up of an identifier counts as finished.
pub(super) fn look_up_step(reader: &mut Reader) -> Duration {
    Duration::from_millis(reader.number("proofs.look_up_milliseconds", 3000, 0..=30_000))
}

pub(super) fn policies(reader: &mut Reader) -> Option<Policies> {
    let available: BTreeSet<ProofKind> = ProofKind::ALL
        .into_iter()
        .filter(|kind| set_up_by(*kind).is_none_or(|key| reader.has(key)))
        .collect();
    let others = rules(reader, "proofs", &available, None);
    let count = reader.entries(GROUPS);
    let mut groups: Vec<GroupRules> = Vec::with_capacity(count);
    for number in 1..=count {
        let entry = format!("{GROUPS}[{number}]");
        let path = format!("{entry}.id");
        let group = reader.required(&path, guid);
        let rules = rules(reader, &entry, &available, others.as_ref());
        if let Some((group, rules)) = group.zip(rules) {
            if groups.iter().any(|known| known.group == group) {
                reader.problem(
                    &path,
                    "is the same as that of another entry: the first would always decide",
                );
            }
            groups.push(GroupRules { group, rules });
        }
    }
    others.map(|others| Policies { others, groups })
}

/// The rules under `path`. What is not said there is as in `others`.
fn rules(
    reader: &mut Reader,
    path: &str,
    available: &BTreeSet<ProofKind>,
    others: Option<&PersonRules>,
) -> Option<PersonRules> {
    let accepted_path = format!("{path}.accepted");
    let required_path = format!("{path}.required");
    let accepted = if reader.has(&accepted_path) {
        accepted(reader, &accepted_path, available)?
    } else {
        others.map_or_else(
            || available.clone(),
            |others| others.proofs.accepted().collect(),
        )
    };
    let default = others.map_or(REQUIRED, |others| others.proofs.required());
    let most = i64::try_from(ProofKind::ALL.len()).unwrap_or(i64::MAX);
    let required = reader.number(&required_path, default, 1..=most);
    let evaluation = reader.flag(
        &format!("{path}.evaluation"),
        others.is_some_and(|others| others.evaluation),
    );
    match ProofPolicy::new(accepted.iter().copied(), required) {
        Ok(proofs) => Some(PersonRules { proofs, evaluation }),
        Err(unusable) => {
            let problem = explain(unusable, &accepted, available);
            reader.problem(&required_path, problem);
            None
        }
    }
}

fn accepted(
    reader: &mut Reader,
    path: &str,
    available: &BTreeSet<ProofKind>,
) -> Option<BTreeSet<ProofKind>> {
    let list = reader.required_list(path, |entry| {
        let kind = ProofKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == entry)
            .ok_or_else(|| format!("is none of {}", in_words(ProofKind::ALL)))?;
        match set_up_by(kind) {
            Some(key) if !available.contains(&kind) => {
                Err(format!("nobody could give: it needs {key}"))
            }
            _ => Ok(kind),
        }
    })?;
    Some(list.into_iter().collect())
}

/// Why nobody could pass, or the wrong people, and the ways out.
fn explain(
    unusable: UnusablePolicy,
    accepted: &BTreeSet<ProofKind>,
    available: &BTreeSet<ProofKind>,
) -> String {
    let required = match unusable {
        UnusablePolicy::Impossible { required, .. } => required,
        UnusablePolicy::PasswordAlone => {
            return "is 1, so a password alone would do: passwords are phished, and that is what recovery must withstand; \
                    ask for 2, or do not accept password"
                .to_owned();
        }
        UnusablePolicy::NothingRequired => return unusable.to_string(),
    };
    let more = ProofKind::ALL.into_iter().filter_map(|kind| {
        let key = set_up_by(kind).filter(|_| !available.contains(&kind))?;
        Some(format!("{key} (for {})", kind.as_str()))
    });
    let more: Vec<_> = more.collect();
    let set_up = match &more[..] {
        [] => String::new(),
        more => format!("set up {}, ", more.join(" or ")),
    };
    format!(
        "asks for {required} proofs of different kinds, and only {} can be given, so nobody could pass: \
         {set_up}accept more kinds, or ask for fewer",
        in_words(accepted.iter().copied())
    )
}

fn in_words(kinds: impl IntoIterator<Item = ProofKind>) -> String {
    let words: Vec<_> = kinds.into_iter().map(ProofKind::as_str).collect();
    words.join(", ")
}
