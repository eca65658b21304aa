//! The rules of account recovery.
//!
//! Everything here is pure: no input or output, no clock, no randomness. [`decide`] is the only way
//! from one state of a [`Request`] to the next; the server carries out what it returns.

mod chain;
mod codes;
mod command;
mod decide;
mod event;
mod guard;
mod hours;
mod identifier;
mod ids;
mod limit;
mod method;
mod person;
mod policy;
mod presentation;
mod proof;
mod request;
mod risk;
mod round;
mod saved_code;
mod state;
mod time;
mod warrant;

pub use chain::{Act, ApproverRole, Control, Line, Schedule, Step};
pub use codes::{CONTACT_CODE_WINDOW, CodeKey, ContactCode, EmailCode, TypedCode, contact_code};
pub use command::{Actor, Command, Seat, Submission};
pub use decide::{Opening, Outcome, Refusal, decide, open};
pub use event::{Alert, CleanUp, Deed, Effect, Event, Notice};
pub use guard::{FREEZE, GuardReading, PassPolicy};
pub use hours::OpenHours;
pub use identifier::{Identifier, MalformedIdentifier};
pub use ids::{Fence, IntentId, PersonId, Reference, RequestId};
pub use limit::{Network, Rate, Taken};
pub use method::{Method, MethodKind, MethodRef, MethodRemoval, RemovalOutcome};
pub use person::{
    Approver, Candidate, Person, PersonRules, PlaceInTree, Subject, TrackRecord, UserKind,
};
pub use policy::{GroupRules, Policies};
pub use presentation::PresentationFault;
pub use proof::{Proof, ProofClass, ProofKind, ProofPolicy, UnusablePolicy};
pub use request::{Origin, Reason, Request, RequestFacts, Terms};
pub use risk::{Risk, is_new_country};
pub use saved_code::{MalformedSavedCode, SavedCode};
pub use state::{
    AbortCause, Approval, Approved, Attestation, AwaitingApproval, Cancellation, Challenge,
    CoolingOff, Decline, DenialReason, Disclosed, Ended, Fault, Issuing, LapseCause, PassRecord,
    Proving, Ready, Removal, ReportedBy, State, StateName,
};
pub use time::Timestamp;
pub use warrant::Warrant;
