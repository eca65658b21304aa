//! Recoveries as people live them: a real server over HTTP, a stand-in tenant over HTTP and SMTP, and
//! a clock that the test moves.

mod browser;
mod chain;
mod codes;
mod defence;
mod eligibility;
mod harness;
mod links;
mod people;
