//! Where calls wait until they may go on.

use tokio::sync::watch;

/// Holds back the calls that the fault `hold` strikes, and lets all of them through at once.
#[derive(Default)]
pub struct Gate(watch::Sender<()>);

impl Gate {
    /// Ends when the gate opens the next time, or when the tenant is reset.
    pub fn wait(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut opening = self.0.subscribe();
        async move {
            // The other outcome is that the gate is gone, by a reset.
            let _ = opening.changed().await;
        }
    }

    /// Lets every call through that waits; tells how many callers are still there.
    pub fn open(&self) -> usize {
        let waiting = self.0.receiver_count();
        self.0.send_replace(());
        waiting
    }
}
