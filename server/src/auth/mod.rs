//! Who may use the console.

pub mod password;
pub mod session;
