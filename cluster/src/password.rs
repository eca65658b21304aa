//! The superuser's password.

use std::{fmt, fmt::Write as _};

use anyhow::{Result, anyhow};

/// Chosen by chance, in hexadecimal digits.
pub struct Password(String);

impl Password {
    /// A new one.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn choose() -> Result<Self> {
        let mut bytes = [0; 24];
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place here that needs chance"
        )]
        getrandom::fill(&mut bytes).map_err(|error| anyhow!("no random bytes: {error}"))?;
        let mut digits = String::new();
        for byte in bytes {
            write!(digits, "{byte:02x}")?;
        }
        Ok(Self(digits))
    }

    /// The digits.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}
