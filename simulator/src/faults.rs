//! Faults on demand: what real services do at the worst moment.

use serde::{Deserialize, Serialize};

/// One fault, waiting for calls that match it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// Only calls of this HTTP method; any method when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// A part of the path, without the query. Empty matches every path.
    #[serde(default)]
    pub path: String,
    pub kind: FaultKind,
    /// The status to answer with (`status`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The `Retry-After` header of that answer, as it is; none when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<String>,
    /// How long to hang, or how much later to apply the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub millis: Option<u64>,
    /// How long lists stay stale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<i64>,
    /// How many matching calls it hits; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// How many calls it leaves alone before.
    #[serde(default)]
    pub after: u32,
}

/// What goes wrong.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// Answer with an error status and do nothing.
    Status,
    /// Wait, then answer as usual. Nothing is done for a caller who has left meanwhile.
    Hang,
    /// Wait until `POST /_control/held-calls` lets it go on, then answer as usual. Nothing is done for a caller who has
    /// left meanwhile.
    Hold,
    /// Reset the connection and do nothing.
    Drop,
    /// Do everything, then reset the connection in place of the answer.
    DropAfterWrite,
    /// Reset the connection at once and do everything afterwards: `millis` later, or without it when
    /// `POST /_control/late-calls` says so. Calls made meanwhile overtake it. A token that has expired by then is
    /// refused.
    ApplyLater,
    /// Lists go on showing deleted methods for some seconds, and the list of passes is as it was then.
    StaleList,
    /// The list of methods holds one of a type that no version of the API documents.
    UnknownMethod,
    /// The tenant lacks the licence for this call.
    Premium,
}

impl FaultKind {
    /// The name in the control API and in the call log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Hang => "hang",
            Self::Hold => "hold",
            Self::Drop => "drop",
            Self::DropAfterWrite => "drop-after-write",
            Self::ApplyLater => "apply-later",
            Self::StaleList => "stale-list",
            Self::UnknownMethod => "unknown-method",
            Self::Premium => "premium",
        }
    }

    /// Whether it strikes the call itself; the others colour what a handler answers.
    fn strikes_calls(self) -> bool {
        !matches!(self, Self::StaleList | Self::UnknownMethod)
    }
}

/// All faults in force, in the order they were set.
#[derive(Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    pub fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub fn all(&self) -> &[Fault] {
        &self.0
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The first fault that strikes this call, counted as used.
    pub fn striking(&mut self, method: &str, path: &str) -> Option<Fault> {
        self.take(method, path, FaultKind::strikes_calls)
    }

    /// The first fault of this kind for this call, counted as used.
    pub fn colouring(&mut self, kind: FaultKind, method: &str, path: &str) -> Option<Fault> {
        self.take(method, path, |candidate| candidate == kind)
    }

    fn take(
        &mut self,
        method: &str,
        path: &str,
        wanted: impl Fn(FaultKind) -> bool,
    ) -> Option<Fault> {
        let index = self.0.iter_mut().position(|fault| {
            let meets = wanted(fault.kind)
                && path.contains(&fault.path)
                && fault
                    .method
                    .as_ref()
                    .is_none_or(|only| only.eq_ignore_ascii_case(method));
            let spares = meets && fault.after > 0;
            if spares {
                fault.after -= 1;
            }
            meets && !spares
        })?;
        let fault = self.0[index].clone();
        if let Some(times) = &mut self.0[index].times {
            *times = times.saturating_sub(1);
            if *times == 0 {
                self.0.remove(index);
            }
        }
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(method: Option<&str>, path: &str, times: Option<u32>) -> Fault {
        Fault {
            method: method.map(str::to_owned),
            path: path.to_owned(),
            kind: FaultKind::Drop,
            status: None,
            retry_after: None,
            millis: None,
            seconds: None,
            times,
            after: 0,
        }
    }

    #[test]
    fn faults_match_method_and_path_and_run_out() {
        let mut faults = Faults::default();
        faults.add(fault(Some("POST"), "temporaryAccessPass", Some(2)));
        assert!(
            faults
                .striking("GET", "/users/1/temporaryAccessPassMethods")
                .is_none()
        );
        assert!(faults.striking("POST", "/users/1/phoneMethods").is_none());
        assert!(
            faults
                .striking("POST", "/users/1/temporaryAccessPassMethods")
                .is_some()
        );
        assert!(
            faults
                .striking("POST", "/users/1/temporaryAccessPassMethods")
                .is_some()
        );
        assert!(
            faults
                .striking("POST", "/users/1/temporaryAccessPassMethods")
                .is_none()
        );
        assert!(faults.all().is_empty());
    }

    #[test]
    fn a_fault_leaves_the_first_calls_alone_if_it_is_told_to() {
        let mut faults = Faults::default();
        faults.add(Fault {
            after: 2,
            ..fault(None, "/users", Some(1))
        });
        let mut strikes = |path| faults.striking("GET", path).is_some();
        assert!(!strikes("/users") && !strikes("/groups") && !strikes("/users"));
        assert!(strikes("/users"));
        assert!(!strikes("/users"));
    }
}
