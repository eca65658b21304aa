//! Presenting a Verified ID.

use super::Moment;

/// The code to scan, and what became of it (`GET /prove/verified-id`; `POST` asks anew). It is the same for every
/// identifier.
#[derive(Clone, Debug)]
pub struct VerifiedIdView {
    /// Public reference of the request.
    pub reference: String,
    /// Where the presentation stands.
    pub stage: PresentationStage,
    /// Whether another may be asked for.
    pub may_ask_again: bool,
}

/// Where a presentation stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PresentationStage {
    /// No wallet has opened the code.
    Waiting {
        /// The code to scan.
        code: QrCode,
        /// What the code holds: opens the wallet of the phone that the page is on.
        link: String,
        /// Until when it can be opened.
        until: Moment,
    },
    /// A wallet has opened it.
    Opened,
    /// It does not hold; why is not said.
    Refused,
    /// Nobody opened it in time, or it was not finished.
    RanOut,
    /// Microsoft's service did not answer.
    Unavailable,
}

impl PresentationStage {
    /// Names what the page shows. When the live status hears another name, it loads the page again.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Waiting { .. } => "waiting",
            Self::Opened => "opened",
            Self::Refused => "refused",
            Self::RanOut => "ran-out",
            Self::Unavailable => "unavailable",
        }
    }
}

/// A QR code as an SVG path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QrCode {
    /// Modules on a side, without the quiet zone.
    pub size: u16,
    /// The dark modules, in units of one module.
    pub path: String,
}
