//! Places at which a test makes the process die, stop or wait. They exist in debug builds only: in a
//! release build [`failpoint!`] is nothing, and not even their names are in the program.
//!
//! `LATCHKEY_FAIL_AT=place=kill` lets the process end there as `kill -9` would, `=stop` lets it stop
//! until it gets a SIGCONT, and `=wait:300` lets it wait for so many milliseconds. `place#3=…` means the
//! third time that the place is reached. Besides the configuration this is the only module that reads
//! the environment: fail-points are no matter of an operator, so they are no key.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use rustix::process::{Signal, getpid, kill_process};

/// The variable that says where something happens, and what.
pub const VARIABLE: &str = "LATCHKEY_FAIL_AT";

/// Defines the places with their names. The enum is private to the crate and nothing but
/// [`failpoint!`] makes its values, so the compiler notices a place that is nowhere.
macro_rules! places {
    ($($(#[$doc:meta])+ $place:ident = $name:literal,)+) => {
        #[derive(Clone, Copy, Debug)]
        pub(crate) enum Place {
            $($(#[$doc])+ $place,)+
        }

        /// The names of all places, in the order of the code.
        pub const NAMES: &[&str] = &[$($name),+];
    };
}

places! {
    /// A new request is kept, and nobody knows yet.
    RequestOpened = "request-opened",
    /// A change is decided and not yet kept.
    ChangeDecided = "change-decided",
    /// A change is written, and its transaction is still open.
    ChangeWritten = "change-written",
    /// A change is kept, and nobody knows yet.
    ChangeKept = "change-kept",
    /// The intent of an attempt is kept, and nothing was done under it.
    IntentKept = "intent-kept",
    /// The guards hold.
    GuardsHeld = "guards-held",
    /// What is on the account is kept.
    SnapshotKept = "snapshot-kept",
    /// The sessions are about to be ended.
    SessionsEnding = "sessions-ending",
    /// The sessions are ended.
    SessionsEnded = "sessions-ended",
    /// A method is about to be removed.
    MethodRemoving = "method-removing",
    /// A method is removed.
    MethodRemoved = "method-removed",
    /// What became of the methods is about to be kept.
    RemovalsEnding = "removals-ending",
    /// What became of the methods is kept.
    RemovalsKept = "removals-kept",
    /// Nothing that had to go is left.
    RemovalsConfirmed = "removals-confirmed",
    /// The pass is about to be made.
    PassMaking = "pass-making",
    /// The pass is made, and that is not yet kept.
    PassMade = "pass-made",
    /// The pass is kept, and not yet shown.
    PassKept = "pass-kept",
    /// A pass that nobody has seen is about to be deleted.
    UnseenPassDeleting = "unseen-pass-deleting",
    /// A pass that nobody has seen is deleted.
    UnseenPassDeleted = "unseen-pass-deleted",
    /// An attempt has failed, and that is not yet kept.
    AttemptFailing = "attempt-failing",
    /// The live pass is about to be compared with the recorded one.
    LivePassChecking = "live-pass-checking",
    /// The live pass was compared with the recorded one.
    LivePassChecked = "live-pass-checked",
    /// That a pass is deleted which nobody recorded is kept, and it is still there.
    OrphanKept = "orphan-kept",
    /// A pass that nobody recorded is deleted.
    OrphanDeleted = "orphan-deleted",
    /// The sessions of a repudiated recovery are ended.
    RepudiatedSessionsEnded = "repudiated-sessions-ended",
    /// The pass of a repudiated recovery is deleted.
    RepudiatedPassDeleted = "repudiated-pass-deleted",
    /// A method that came by a repudiated recovery is removed.
    RepudiatedMethodRemoved = "repudiated-method-removed",
    /// A worker holds a job, and has done nothing for it.
    JobLeased = "job-leased",
    /// A job is done, a mail may have left, and that is not yet kept.
    JobDone = "job-done",
}

/// Lets happen here whatever was asked for; usually nothing.
macro_rules! failpoint {
    ($place:ident) => {
        $crate::failpoint::reach($crate::failpoint::Place::$place).await
    };
}

/// A stop takes effect when one of the process's threads gets to see it; until then the task that asked
/// for it must not go on.
const TAKES_EFFECT: Duration = Duration::from_millis(300);

/// What happens at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Kill,
    Stop,
    Wait(Duration),
}

/// A place, which time it counts, and what happens then.
#[derive(Debug)]
struct Plan {
    place: usize,
    time: u32,
    act: Act,
    reached: AtomicU32,
}

static PLAN: OnceLock<Plan> = OnceLock::new();

/// Reads [`VARIABLE`], once, when the program starts.
///
/// # Errors
/// A sentence when its value means nothing.
#[expect(
    clippy::disallowed_methods,
    reason = "fail-points are no matter of the configuration"
)]
pub fn prepare() -> Result<(), String> {
    let Ok(text) = std::env::var(VARIABLE) else {
        return Ok(());
    };
    let plan = Plan::parse(&text).ok_or_else(|| {
        format!(
            "{VARIABLE} is {text:?}, but is written place[#time]=kill|stop|wait:MILLIS, where the place is one of {}",
            NAMES.join(", ")
        )
    })?;
    // A second start in one process keeps the first plan.
    let _ = PLAN.set(plan);
    Ok(())
}

impl Plan {
    fn parse(text: &str) -> Option<Self> {
        let (place, act) = text.split_once('=')?;
        let (name, time) = match place.split_once('#') {
            Some((name, time)) => (name, time.parse().ok().filter(|time| *time > 0)?),
            None => (place, 1),
        };
        let act = match act.split_once(':') {
            None if act == "kill" => Act::Kill,
            None if act == "stop" => Act::Stop,
            Some(("wait", millis)) => Act::Wait(Duration::from_millis(millis.parse().ok()?)),
            _ => return None,
        };
        Some(Self {
            place: NAMES.iter().position(|known| *known == name)?,
            time,
            act,
            reached: AtomicU32::new(0),
        })
    }

    /// What happens at `place` now.
    fn act_at(&self, place: Place) -> Option<Act> {
        let here = self.place == place as usize
            && self.reached.fetch_add(1, Ordering::Relaxed) + 1 == self.time;
        here.then_some(self.act)
    }
}

/// A place is reached. Use [`failpoint!`].
pub(crate) async fn reach(place: Place) {
    let Some(act) = PLAN.get().and_then(|plan| plan.act_at(place)) else {
        return;
    };
    tracing::warn!(?place, ?act, "reached a fail-point");
    match act {
        Act::Kill => signal(Signal::KILL),
        Act::Stop => {
            signal(Signal::STOP);
            tokio::time::sleep(TAKES_EFFECT).await;
        }
        Act::Wait(time) => tokio::time::sleep(time).await,
    }
}

fn signal(signal: Signal) {
    kill_process(getpid(), signal).expect("a process may send itself a signal");
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs, path::Path};

    use super::*;

    #[test]
    fn a_plan_names_a_place_a_time_and_an_act() {
        let plan = Plan::parse("request-opened=kill").unwrap();
        assert_eq!((plan.place, plan.time, plan.act), (0, 1, Act::Kill));
        let plan = Plan::parse("change-decided#3=wait:250").unwrap();
        let quarter = Duration::from_millis(250);
        assert_eq!(
            (plan.place, plan.time, plan.act),
            (1, 3, Act::Wait(quarter))
        );
        for nonsense in [
            "",
            "request-opened",
            "request-opened=",
            "request-opened=sleep",
            "request-opened=wait",
            "request-opened=wait:soon",
            "request-opened=kill:3",
            "request-opened#0=kill",
            "request-opened#x=kill",
            "request-closed=kill",
        ] {
            assert!(Plan::parse(nonsense).is_none(), "{nonsense:?}");
        }
    }

    #[test]
    fn only_the_named_time_counts() {
        let plan = Plan::parse("job-done#2=stop").unwrap();
        let acts: Vec<_> = [
            Place::JobDone,
            Place::JobLeased,
            Place::JobDone,
            Place::JobDone,
        ]
        .map(|place| plan.act_at(place))
        .into();
        assert_eq!(acts, [None, None, Some(Act::Stop), None]);
    }

    /// Counts what stands between `failpoint!(` and `)` in every source file below `folder`.
    fn count(folder: &Path, uses: &mut BTreeMap<String, usize>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                count(&path, uses);
            } else if !path.ends_with("failpoint.rs") {
                let text = fs::read_to_string(&path).unwrap();
                for place in text.split("failpoint!(").skip(1) {
                    let place = place.split_once(')').unwrap().0;
                    *uses.entry(place.to_owned()).or_default() += 1;
                }
            }
        }
    }

    #[test]
    fn every_place_is_one_place() {
        let mut uses = BTreeMap::new();
        count(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("src").as_path(),
            &mut uses,
        );
        assert_eq!(uses.len(), NAMES.len());
        assert!(uses.values().all(|times| *times == 1), "{uses:?}");
    }
}
