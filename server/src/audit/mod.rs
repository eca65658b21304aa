//! What guards the audit log from outside the database.

mod checkpoint;

use domain::{PersonId, RequestId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{auth::oidc::SignInRefusal, recovery::Flood, store::SignInKind};

pub use checkpoint::{Checkpoint, CheckpointError, CheckpointTurn, Checkpoints};

/// What happened to the installation, as the audit log has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum InstallationEvent {
    /// The log ends before, or differs from, what a checkpoint knows: the database was replaced by an
    /// older one.
    RolledBack {
        /// The row that the checkpoint names.
        checkpoint_row: i64,
        /// When the checkpoint was made.
        checkpoint_at: Timestamp,
        /// Requests that were ended because of it.
        ended: u64,
    },
    /// There was a log, and no checkpoint of it: whether it was rolled back before cannot be told.
    CheckpointBegun {
        /// The last row of the log.
        row: i64,
    },
    /// An answer of the organisation's identity provider was refused.
    SignInRefused {
        /// What somebody tried to sign in for.
        kind: SignInKind,
        /// The request that it was to prove, or to decide about, if there is one. Its own log says at most that a proof
        /// failed, but not why.
        request: Option<RequestId>,
        /// Why it was refused.
        refusal: SignInRefusal,
    },
    /// Somebody called back about a Verified ID without a key that we gave out.
    ForeignMessages {
        /// How many there were since the log was last told.
        count: u64,
    },
    /// An operator put a backup in the place of the database.
    Restored {
        /// Requests that were ended because of it.
        ended: u64,
    },
    /// An employee made saved recovery codes.
    SavedCodesMade {
        /// Whose codes.
        person: PersonId,
        /// How many.
        count: u8,
        /// Whether they took the place of others, which are void since then.
        replaced: bool,
    },
    /// The saved recovery codes of an employee were made void.
    SavedCodesVoided {
        /// Whose codes.
        person: PersonId,
        /// The request that one was used for and that was reported; none when their owner says that they did not make
        /// them.
        request: Option<RequestId>,
    },
    /// The saved recovery codes of somebody who is not in the directory any more were forgotten.
    SavedCodesForgotten {
        /// Whose codes.
        person: PersonId,
    },
    /// A saved recovery code was used up.
    SavedCodeUsed {
        /// Whose code.
        person: PersonId,
        /// Its number on paper.
        position: u8,
        /// What for.
        request: RequestId,
    },
    /// An employee says when they are away, and who stands in.
    AbsencePlanned {
        /// Who is away.
        person: PersonId,
        /// From when on.
        from: Timestamp,
        /// Until before when.
        until: Timestamp,
        /// Who stands in, if anybody does.
        delegate: Option<PersonId>,
    },
    /// An employee takes that back.
    AbsenceRemoved {
        /// Who is not away.
        person: PersonId,
    },
    /// Whoever was to stand in for an employee does not.
    DelegateStepsBack {
        /// Who is away.
        person: PersonId,
        /// Who was to stand in.
        delegate: PersonId,
    },
    /// Microsoft refuses to say who is out of office, so everybody counts as present.
    MailboxSettingsRefused,
    /// The group whose members decide about privileged people is not one that roles can be assigned to, or is gone, so
    /// nobody of it decides.
    ApproversGroupUnguarded {
        /// Its object id.
        group: String,
    },
    /// Who leads whom, and who is in the groups that approve, was not seen as a whole for far too long.
    DirectoryUnseen {
        /// Since when.
        since: Timestamp,
    },
    /// Far more proofs fail for one person than one person gets wrong, over several requests.
    ProofsKeepFailing {
        /// Whose account it is.
        person: PersonId,
        /// The request of the last one.
        request: RequestId,
    },
    /// An operator has paused it: nothing is opened, approved or given out.
    Paused {
        /// Why, in their words.
        reason: Option<String>,
    },
    /// An operator lets it go on.
    Resumed,
    /// Too much was going on, so nothing is opened for a while.
    OpeningPaused {
        /// Too much of what.
        flood: Flood,
        /// Until when, if it ends by then.
        until: Timestamp,
    },
}
