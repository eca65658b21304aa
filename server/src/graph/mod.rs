//! The only code that calls Microsoft Graph.
//!
//! [`Graph`] answers in the words of the domain. What it could not do is a [`GraphError`], whose
//! variants are the classes that callers branch on: try again, refused by policy, gone, and so on.

mod client;
mod directory;
mod error;
mod methods;
mod passes;
mod privilege;
mod request;
mod settings;
mod token;
mod transport;
mod wire;

#[cfg(test)]
mod tests;

pub use client::Graph;
pub use error::{CallRecord, GraphError, Transient};
pub use passes::{CreatedPass, LivePass, PassUsability};
pub use settings::{Credential, Settings, SettingsError};
