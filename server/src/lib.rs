//! Latchkey's server: configuration, store, Graph client, mail, jobs and web.

pub mod clock;
pub mod graph;
