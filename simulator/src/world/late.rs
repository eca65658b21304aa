//! Calls whose connection was reset before they were carried out.

use uuid::Uuid;

use super::{World, calls::Applied};
use crate::answer::Answer;

/// What carries a call out.
type Work = Box<dyn FnOnce(&mut World) -> Answer + Send>;

/// The calls still to be carried out, oldest first, by their ids in the call log.
#[derive(Default)]
pub struct LateCalls(Vec<(Uuid, Work)>);

impl LateCalls {
    pub fn add(&mut self, id: Uuid, work: impl FnOnce(&mut World) -> Answer + Send + 'static) {
        self.0.push((id, Box::new(work)));
    }
}

impl World {
    /// Carries a late call out, if that was not done yet and the tenant was not reset.
    pub fn carry_out(&mut self, id: Uuid) {
        let waiting = &mut self.late_calls.0;
        if let Some(index) = waiting.iter().position(|(waiting, _)| *waiting == id) {
            let (_, work) = waiting.remove(index);
            let applied = Applied {
                status: work(self).status,
                at: self.now(),
            };
            self.calls.mark_applied(id, applied);
        }
    }

    /// Carries all late calls out, in the order they were made, and says how many there were.
    pub fn carry_out_all(&mut self) -> usize {
        let ids: Vec<Uuid> = self.late_calls.0.iter().map(|(id, _)| *id).collect();
        for id in &ids {
            self.carry_out(*id);
        }
        ids.len()
    }
}
