//! Who may use the console, and the secrets that people prove themselves with.

pub mod password;
pub mod saved_codes;
pub mod session;
pub mod workshop;
