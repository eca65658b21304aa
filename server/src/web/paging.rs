//! Places in lists, in addresses.

use app::view::ProblemPage;
use uuid::Uuid;

use super::answer::Failure;

/// A moment in milliseconds and an identity, as our links have them: `1795000000000_7f3a…`.
pub fn place(text: &str) -> Result<(i64, Uuid), Failure> {
    let read = || {
        let (at, id) = text.split_once('_')?;
        Some((at.parse().ok()?, Uuid::parse_str(id).ok()?))
    };
    read().ok_or_else(|| ProblemPage::NotFound.into())
}
