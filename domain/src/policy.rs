//! What is asked of whom.

use std::collections::BTreeSet;

use crate::{PersonRules, ProofPolicy};

/// What is asked of the members of a directory group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRules {
    /// Object id of the group.
    pub group: String,
    /// What is asked of its members.
    pub rules: PersonRules,
}

/// What is asked of everybody, and of the members of some groups instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policies {
    /// Whom no group names.
    pub others: PersonRules,
    /// The first group that a person is in decides.
    pub groups: Vec<GroupRules>,
}

impl Policies {
    /// What the policy asks of somebody who is in these of its groups.
    pub fn of_member(&self, memberships: &BTreeSet<String>) -> &PersonRules {
        self.groups
            .iter()
            .find(|rules| memberships.contains(&rules.group))
            .map_or(&self.others, |found| &found.rules)
    }

    /// What is asked of everybody before anybody is known: the same for all, so that nobody learns from it
    /// which group an account is in, or whether there is one.
    pub fn gate(&self) -> ProofPolicy {
        let others = &self.others.proofs;
        let all = self.groups.iter().map(|found| &found.rules.proofs);
        ProofPolicy::common(all.chain([others])).unwrap_or_else(|| others.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ProofKind::{self, EmailCode, Password, RecoveryCode};

    fn rules(accepted: &[ProofKind], required: u8) -> PersonRules {
        PersonRules {
            proofs: ProofPolicy::new(accepted.iter().copied(), required).unwrap(),
            evaluation: false,
        }
    }

    #[test]
    fn the_first_group_that_somebody_is_in_decides() {
        let strict = rules(&[EmailCode, RecoveryCode, Password], 3);
        let usual = rules(&[EmailCode, Password], 2);
        let loose = rules(&[EmailCode], 1);
        let group = |group: &str, rules: &PersonRules| GroupRules {
            group: group.to_owned(),
            rules: rules.clone(),
        };
        let policies = Policies {
            others: usual.clone(),
            groups: vec![group("finance", &strict), group("shops", &loose)],
        };
        for (memberships, expected) in [
            (&[][..], &usual),
            (&["elsewhere"], &usual),
            (&["shops"], &loose),
            (&["shops", "finance"], &strict),
        ] {
            let memberships = memberships.iter().map(|&group| group.to_owned()).collect();
            assert_eq!(
                policies.of_member(&memberships),
                expected,
                "{memberships:?}"
            );
        }
        let gate = policies.gate();
        assert_eq!(
            gate.accepted().collect::<Vec<_>>(),
            [EmailCode, RecoveryCode, Password]
        );
        assert_eq!(gate.required(), 1);
    }
}
