//! Who somebody is: passwords and sessions of the console, sign-ins at the organisation's identity provider, and the
//! secrets that people prove themselves with.

pub mod employee;
pub mod oidc;
pub mod password;
pub mod saved_codes;
pub mod session;
pub mod sign_in;
pub mod verified_id;
pub mod workshop;
