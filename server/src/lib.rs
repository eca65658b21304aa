//! Latchkey's server: configuration, store, Graph client, mail, jobs and web.

#[cfg(all(debug_assertions, unix))]
#[macro_use]
pub mod failpoint;
#[cfg(not(all(debug_assertions, unix)))]
macro_rules! failpoint {
    ($place:ident) => {};
}

pub mod audit;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;
pub mod countries;
pub mod graph;
pub mod jobs;
pub mod limits;
pub mod logging;
pub mod mail;
pub mod recovery;
pub mod run;
pub mod secret;
pub mod store;
pub mod upkeep;
pub mod web;
mod words;
