//! Verified IDs that people present as a proof.

use serde::{Deserialize, Serialize};

/// Why a Verified ID that was presented proves nothing. For the audit log; the person who presents is told the same
/// for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum PresentationFault {
    /// The wallet or the service reported an error: nothing was shared, or the face did not match.
    #[error("nothing was presented")]
    NotPresented,
    /// It came after its time, or after the request had gone on.
    #[error("it came too late")]
    TooLate,
    /// What came back is not about what was asked: another state, another presentation, or a message that cannot be
    /// read.
    #[error("the message does not belong to what was asked")]
    NotWhatWasAsked,
    /// None of the accepted issuers has issued it.
    #[error("it was issued by somebody else")]
    OtherIssuer,
    /// It is of another type.
    #[error("it is of another type")]
    OtherType,
    /// It was revoked, or nothing says that it was not.
    #[error("it was revoked")]
    Revoked,
    /// It has run out, or nothing says that it has not.
    #[error("it has expired")]
    CredentialExpired,
    /// No face was compared.
    #[error("no face was compared")]
    FaceNotChecked,
    /// The face was not alike enough.
    #[error("the face was not alike enough")]
    FaceTooUnlike,
    /// It belongs to somebody else than the request is about, or the request is about nobody.
    #[error("it belongs to somebody else")]
    OtherPerson,
}
