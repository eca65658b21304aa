//! The simulator as its clients see it: over HTTP and SMTP, on free ports.

mod calls;
mod faults;
mod graph;
mod mail;
mod methods;
mod oidc;
mod pages;
mod support;
mod token;
mod verified_id;
