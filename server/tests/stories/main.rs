//! Recoveries as people live them: a real server over HTTP, a stand-in tenant over HTTP and SMTP, and
//! a clock that the test moves.

mod aftermath;
mod backup;
mod blackout;
mod browser;
mod canary;
mod chain;
mod codes;
mod console;
mod crashes;
mod defence;
mod disk;
mod eligibility;
mod engine;
mod harness;
mod headers;
mod instances;
mod issuing;
mod links;
mod on_postgres;
mod on_sqlite;
mod outages;
mod people;
mod process;
mod program;
mod races;
mod reaper;
mod soak;
mod stopped;
mod storms;
mod tenant;
mod timers;
mod visitor;
