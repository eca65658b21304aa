//! Who is asked to decide, when, and who comes next.

use serde::{Deserialize, Serialize};

use crate::{Approval, Approver, Candidate, PersonId, Refusal, RequestFacts, Subject, Timestamp};

/// How many decisions a recovery takes, and whose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// One of those who answer for the person.
    #[default]
    Single,
    /// Two members of a named group: the account is privileged.
    Dual,
}

/// Why somebody may decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum ApproverRole {
    /// The subject's manager.
    Manager,
    /// The manager of the subject's manager.
    ManagersManager,
    /// Stands in for somebody who is away.
    Delegate {
        /// For whom.
        of: PersonId,
    },
    /// A member of the group that is asked when nobody else answers, or nobody else may.
    OnCall,
    /// A member of the group that decides about privileged accounts, two of them together.
    DualControl,
    /// Named by an approver who is not the right person.
    HandedOn {
        /// By whom.
        by: PersonId,
    },
}

/// The people whom the directory and the settings name, as read at submission: those of a tier are asked together, one
/// tier after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The first is asked at once.
    pub tiers: Vec<Vec<Candidate>>,
}

/// When the tiers are asked. Office hours are counted in already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Whoever was asked first is reminded.
    pub remind: Timestamp,
    /// When each tier after the first is asked, in their order.
    pub escalate: Vec<Timestamp>,
    /// Until when anybody may answer.
    pub deadline: Timestamp,
    /// Whether it is outside the office hours of those who are asked first: the last tier does not wait.
    pub off_hours: bool,
}

/// A step of the chain that is still to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// What.
    pub act: Act,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// Remind those who were asked first.
    Remind {
        /// Whom.
        approvers: Vec<PersonId>,
    },
    /// Ask more people.
    Ask {
        /// Whom.
        approvers: Vec<PersonId>,
    },
}

impl Control {
    /// How many digits the contact code has.
    pub const fn code_digits(self) -> u8 {
        match self {
            Self::Single => 6,
            Self::Dual => 8,
        }
    }
}

impl Act {
    /// Whom it is about.
    pub fn approvers(&self) -> &[PersonId] {
        match self {
            Self::Remind { approvers } | Self::Ask { approvers } => approvers,
        }
    }

    /// The same, about as many of them as it still makes sense for: a reminder for who was asked and has neither approved
    /// nor stepped aside, a question for who was not asked yet. None if it is about nobody then.
    fn wanted(&self, facts: &RequestFacts, approvals: &[Approval]) -> Option<Self> {
        let has_approved = |id: &PersonId| approvals.iter().any(|given| given.approver == *id);
        let is_wanted = |approver: &Approver| match self {
            Self::Remind { .. } => {
                approver.asked_at.is_some()
                    && !approver.stepped_aside
                    && !has_approved(&approver.id)
            }
            Self::Ask { .. } => approver.asked_at.is_none(),
        };
        let named = self.approvers().iter();
        let approvers: Vec<_> = named
            .filter(|id| facts.approver(id).is_some_and(is_wanted))
            .cloned()
            .collect();
        if approvers.is_empty() {
            return None;
        }
        Some(match self {
            Self::Remind { .. } => Self::Remind { approvers },
            Self::Ask { .. } => Self::Ask { approvers },
        })
    }
}

/// The steps of `plan` that still make sense, in their order: nothing is announced that will not happen, and none is
/// carried out for nobody.
pub(crate) fn wanted(
    plan: impl IntoIterator<Item = Step>,
    facts: &RequestFacts,
    approvals: &[Approval],
) -> Vec<Step> {
    let keep = |Step { at, act }| {
        let act = act.wanted(facts, approvals)?;
        Some(Step { at, act })
    };
    let mut plan: Vec<_> = plan.into_iter().filter_map(keep).collect();
    plan.sort_by_key(|step| step.at);
    plan
}

/// Those of a tier whom the rules allow.
struct Tier {
    ids: Vec<PersonId>,
    someone_is_there: bool,
    /// Of the tier, in the line.
    place: usize,
}

/// The people whom the rules allow, and the steps by which they are asked.
pub(crate) struct Chain {
    pub approvers: Vec<Approver>,
    pub plan: Vec<Step>,
}

impl Line {
    /// Leaves out whom the rules do not allow, whom a tier before names already, and tiers that are empty then. A tier
    /// of people who are all away does not keep the next one waiting.
    pub(crate) fn chain(
        &self,
        subject: &Subject,
        control: Control,
        schedule: &Schedule,
        now: Timestamp,
    ) -> Result<Chain, Refusal> {
        let mut approvers: Vec<Approver> = Vec::new();
        let mut tiers: Vec<Tier> = Vec::new();
        let mut is_only_busy = false;
        for (place, tier) in self.tiers.iter().enumerate() {
            let (mut ids, mut someone_is_there) = (Vec::new(), false);
            for candidate in tier {
                let approver = match candidate.approver_for(subject, control) {
                    Ok(approver) => approver,
                    Err(refusal) => {
                        is_only_busy |= refusal == Refusal::ApproverIsBusy;
                        continue;
                    }
                };
                someone_is_there |= !candidate.is_away;
                if approvers.iter().all(|known| known.id != approver.id) {
                    ids.push(approver.id.clone());
                    approvers.push(approver);
                }
            }
            if !ids.is_empty() {
                tiers.push(Tier {
                    ids,
                    someone_is_there,
                    place,
                });
            }
        }
        if tiers.is_empty() {
            // Whoever asks again later finds somebody.
            return Err(if is_only_busy {
                Refusal::ApproverIsBusy
            } else {
                Refusal::NoApprover
            });
        }

        // Whom nobody keeps waiting: the first tier, and each after one in which nobody is there.
        let mut at_once = 1;
        while at_once < tiers.len() && tiers[..at_once].iter().all(|tier| !tier.someone_is_there) {
            at_once += 1;
        }
        let last = tiers.len() - 1;
        let mut later = tiers.split_off(at_once);
        let mut first: Vec<PersonId> = tiers.into_iter().flat_map(|tier| tier.ids).collect();
        if schedule.off_hours && last >= at_once {
            first.extend(later.pop().into_iter().flat_map(|tier| tier.ids));
        }
        let remind = Step {
            at: schedule.remind,
            act: Act::Remind {
                approvers: first.clone(),
            },
        };
        let asks = later.into_iter().enumerate().filter_map(|(rank, tier)| {
            // Those who come before may be missing: nobody is asked later for that. Whoever is on call may have a time
            // that is earlier than that of the rank, since it does not wait for the office.
            let of_rank = schedule.escalate.get(rank);
            let of_place = schedule.escalate.get(tier.place.checked_sub(1)?);
            let at = of_rank.into_iter().chain(of_place).min()?;
            Some(Step {
                at: *at,
                act: Act::Ask {
                    approvers: tier.ids,
                },
            })
        });
        let mut plan: Vec<Step> = std::iter::once(remind).chain(asks).collect();
        plan.retain(|step| step.at < schedule.deadline);
        plan.sort_by_key(|step| step.at);
        for approver in &mut approvers {
            approver.asked_at = first.contains(&approver.id).then_some(now);
        }
        Ok(Chain { approvers, plan })
    }
}
