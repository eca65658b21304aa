//! Where passwords and codes are hashed: a few at a time, some that wait, and the rest turned away, so
//! that nobody fills the memory or takes every core by asking often.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Too many wait already; come back in a few seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many secrets are being checked")]
pub struct Busy;

/// So many benches, each with what is needed to work at it, and a queue.
///
/// A `Tool` is made when a bench is first used, and stays there. That bounds the memory: what is
/// allocated and freed by one thread after the other would stay with the allocator, many times over.
pub struct Workshop<Tool> {
    /// Those that work.
    benches: Arc<Semaphore>,
    /// Those that work and those that wait.
    places: Arc<Semaphore>,
    /// The tools of the benches that nobody works at.
    tools: Arc<Mutex<Vec<Tool>>>,
}

/// A place in the queue. Whoever has one is served.
pub struct Place(OwnedSemaphorePermit);

impl<Tool: Default + Send + 'static> Workshop<Tool> {
    /// With so many benches, at least one, and a queue for so many at each.
    pub fn new(benches: usize, queue: usize) -> Self {
        let benches = benches.max(1);
        Self {
            benches: Arc::new(Semaphore::new(benches)),
            places: Arc::new(Semaphore::new(benches * (1 + queue))),
            tools: Arc::default(),
        }
    }

    /// Takes a place in the queue, at once or not at all.
    pub fn enter(&self) -> Result<Place, Busy> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        place.map(Place).map_err(|_| Busy)
    }

    /// Waits for a bench and does `work` there, on a thread of its own.
    ///
    /// # Errors
    /// [`Busy`] when the process is shutting down.
    pub async fn work<T: Send + 'static>(
        &self,
        place: Place,
        work: impl FnOnce(&mut Tool) -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let bench = Arc::clone(&self.benches).acquire_owned().await;
        let bench = bench.map_err(|_| Busy)?;
        let tools = Arc::clone(&self.tools);
        // Place and bench go with the work: it holds its memory even if the caller has gone away.
        let work = move || {
            let _held = (place.0, bench);
            let rest = || tools.lock().unwrap_or_else(PoisonError::into_inner);
            let mut tool = rest().pop().unwrap_or_default();
            let done = work(&mut tool);
            rest().push(tool);
            done
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(done) => Ok(done),
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is shutting down.
                Err(_) => Err(Busy),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            atomic::{AtomicUsize, Ordering},
            mpsc,
        },
        time::Duration,
    };

    use futures::future::join_all;

    use super::*;

    /// Counts how many there are at the same time, and how many there were at most.
    struct Counted;

    static MADE: AtomicUsize = AtomicUsize::new(0);

    impl Default for Counted {
        fn default() -> Self {
            MADE.fetch_add(1, Ordering::Relaxed);
            Self
        }
    }

    #[tokio::test]
    async fn those_who_find_no_place_are_turned_away_and_the_others_are_served() {
        let workshop = Workshop::<Counted>::new(2, 3);
        let places: Vec<_> = (0..10).map(|_| workshop.enter()).collect();
        let (places, refused): (Vec<_>, Vec<_>) = places.into_iter().partition(Result::is_ok);
        assert_eq!((places.len(), refused.len()), (8, 2));
        let works = places
            .into_iter()
            .flatten()
            .map(|place| workshop.work(place, |_| ()));
        assert_eq!(join_all(works).await, [Ok(()); 8]);
        // Each bench has its tool; nobody brings another.
        let made = MADE.load(Ordering::Relaxed);
        assert!((1..=2).contains(&made), "{made}");
        assert!(workshop.enter().is_ok(), "places are given back");
    }

    #[tokio::test]
    async fn whoever_works_holds_nobody_else_up() {
        /// Longer than anybody else takes, and an end for whoever is held up after all.
        const PATIENCE: Duration = Duration::from_secs(10);
        let workshop = Workshop::<()>::new(1, 1);
        let place = workshop.enter().unwrap();
        let (tell, told) = mpsc::channel();
        // There is one thread for everybody else, and they have something to do meanwhile.
        let work = workshop.work(place, move |()| told.recv_timeout(PATIENCE).is_ok());
        let others = async { tell.send(()).unwrap() };
        let (went_on, ()) = tokio::join!(work, others);
        assert_eq!(went_on, Ok(true));
    }
}
