//! Recoveries as people live them: a real server over HTTP, a stand-in tenant over HTTP and SMTP, and
//! a clock that the test moves.

mod absences;
mod aftermath;
mod approvals;
mod approver_lost;
mod approver_sign_in;
mod backup;
mod blackout;
mod bombing;
mod browser;
mod canary;
mod chain;
mod charts;
mod codes;
mod console;
mod corpus;
mod countries;
mod crashes;
mod defence;
mod disk;
mod disowned_codes;
mod early_proofs;
mod eligibility;
mod engine;
mod enumeration;
mod evidence;
mod fresh_sign_in;
mod guesses;
mod harness;
mod hashing;
mod headers;
mod instances;
mod issuing;
mod leavers;
mod limits;
mod line;
mod links;
mod lost_answers;
mod managers;
mod on_call;
mod on_postgres;
mod on_sqlite;
mod out_of_office;
mod outages;
mod own_codes;
mod password;
mod past;
mod paused;
mod people;
mod policies;
mod pressure;
mod privilege;
mod process;
mod program;
mod races;
mod readiness;
mod reaper;
mod reopening;
mod repeats;
mod reviews;
mod rounds;
mod saved_codes;
mod saved_proofs;
mod security;
mod sign_in;
mod silence;
mod smtp;
mod soak;
mod stopped;
mod store;
mod storms;
mod tenant;
mod timers;
mod trial;
mod verified_ids;
mod visitor;
mod work;

// The rules' own tests lend their people, their commands and their oracle.
#[expect(dead_code, reason = "their tests need more of it")]
#[path = "../../../domain/tests/rules/asked.rs"]
mod asked;
#[expect(dead_code, reason = "their tests need more of it")]
#[path = "../../../domain/tests/rules/kit.rs"]
mod kit;
#[path = "../../../domain/tests/rules/oracle.rs"]
mod oracle;
#[path = "../../../domain/tests/rules/secrets.rs"]
mod secrets;
#[path = "../../../domain/tests/rules/steps.rs"]
mod steps;
