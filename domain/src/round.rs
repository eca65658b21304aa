//! The rounds of a request: approvers are asked once more when a lapsed case is taken up again. What was promised in an
//! earlier round, and is carried out late, is none of the present one.

use crate::{Approver, PersonId, Request, State, Timestamp};

impl Request {
    /// Whether a notice to the owner that was promised at `at` tells of the present round, so that a mail server's having
    /// taken it counts: each round goes on from the last pass that was given out.
    pub fn notice_counts(&self, at: Timestamp) -> bool {
        let last = self.facts.disclosed.as_ref();
        last.is_none_or(|disclosed| disclosed.at < at)
    }

    /// The approver whose answer is still waited for, as was promised at `at`: in this round, and by somebody who has
    /// neither approved nor named somebody else.
    pub fn waits_for(&self, approver: &PersonId, at: Timestamp) -> Option<&Approver> {
        let State::AwaitingApproval(awaiting) = &self.state else {
            return None;
        };
        let mut given = awaiting.approvals.iter();
        if at < awaiting.asked_at || given.any(|approval| approval.approver == *approver) {
            return None;
        }
        let approver = self.facts.approver(approver)?;
        (approver.asked_at.is_some() && !approver.stepped_aside).then_some(approver)
    }
}
