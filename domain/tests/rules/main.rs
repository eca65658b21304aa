//! The rules of recovery: every pair of state and command, every row of the life of a request, and
//! random orders of everything.

mod actors;
mod approval;
mod asked;
mod chain;
mod ending;
mod hours;
mod issuing;
mod kit;
mod oracle;
mod proving;
mod reaping;
mod rehearsal;
mod removals;
mod reopening;
mod report;
mod restored;
mod rounds;
mod secrets;
mod sequences;
mod steps;
mod table;
