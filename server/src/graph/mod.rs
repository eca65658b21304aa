//! The only code that calls Microsoft.
//!
//! [`Graph`] is the tenant's directory, [`RequestService`] asks for Verified IDs. Both answer in the words of the domain. What it could not do is a [`GraphError`], whose
//! variants are the classes that callers branch on: try again, refused by policy, gone, and so on.

mod client;
mod directory;
mod error;
mod mailbox;
mod methods;
mod passes;
mod presentations;
mod privilege;
mod proof;
mod request;
mod roster;
mod settings;
mod token;
mod transport;
mod wire;

#[cfg(test)]
mod tests;

pub use client::Graph;
pub(crate) use directory::absent_as_none;
pub use error::{CallRecord, GraphError, Transient};
pub use mailbox::OutOfOffice;
pub use passes::{CreatedPass, LivePass, PassUsability};
pub use presentations::{Asking, RequestService};
pub(crate) use proof::Prover;
pub use roster::{Led, NextPage};
pub(crate) use settings::check_address;
pub use settings::{Credential, Settings, SettingsError};
pub(crate) use token::refusal;
pub(crate) use transport::{Answer, EXCHANGE_TIME, Transport};
