//! Building blocks that pages share.

mod actions;
mod blocks;
mod error_summary;
mod field;
mod layout;
mod mark;
pub mod problem;
mod progress;
mod radios;

pub use actions::{Action, Button, LinkButton, Look, OutsideButton};
pub use blocks::{CodeBox, Inset, Reference, SummaryRow, Tag, Time};
pub use error_summary::ErrorSummary;
pub use field::{Field, Input, LabelLook};
pub use layout::{BackLink, Layout, Width};
pub use progress::{Progress, Steps};
pub use radios::Radios;
