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
    /// Those of them that others can wait for, half of all: the rest is kept for whoever cannot.
    lesser: Arc<Semaphore>,
    /// The tools of the benches that nobody works at.
    tools: Arc<Mutex<Vec<Tool>>>,
}

/// A place in the queue. Whoever has one is served, also several times.
#[derive(Clone)]
pub struct Place {
    _permits: Arc<[OwnedSemaphorePermit]>,
}

impl<Tool: Default + Send + 'static> Workshop<Tool> {
    /// With so many benches, at least one, and a queue for so many at each.
    pub fn new(benches: usize, queue: usize) -> Self {
        let benches = benches.max(1);
        let places = benches * (1 + queue);
        Self {
            benches: Arc::new(Semaphore::new(benches)),
            places: Arc::new(Semaphore::new(places)),
            lesser: Arc::new(Semaphore::new((places / 2).max(1))),
            tools: Arc::default(),
        }
    }

    /// Takes a place in the queue, at once or not at all.
    pub fn enter(&self) -> Result<Place, Busy> {
        Ok(Place {
            _permits: [take(&self.places)?].into(),
        })
    }

    /// As [`Self::enter`], for work that can be done later: it never takes the places that are kept for the rest.
    pub fn enter_as_lesser(&self) -> Result<Place, Busy> {
        Ok(Place {
            _permits: [take(&self.lesser)?, take(&self.places)?].into(),
        })
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
            let _held = (place, bench);
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

fn take(semaphore: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Busy> {
    let permit = Arc::clone(semaphore).try_acquire_owned();
    permit.map_err(|_| Busy)
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

    #[test]
    fn lesser_work_leaves_half_of_the_places() {
        fn all(enter: impl Fn() -> Result<Place, Busy>) -> Vec<Place> {
            std::iter::from_fn(|| enter().ok()).collect()
        }

        let workshop = Workshop::<()>::new(2, 3);
        let lesser = all(|| workshop.enter_as_lesser());
        let others = all(|| workshop.enter());
        assert_eq!((lesser.len(), others.len()), (4, 4));
        // A place that is used twice is given back once, by the last who has it.
        let again = lesser[0].clone();
        drop(lesser);
        assert_eq!(all(|| workshop.enter_as_lesser()).len(), 3);
        drop(again);
        drop(others);
        // Lesser work finds no place either where there is none at all.
        let _others = all(|| workshop.enter());
        assert!(workshop.enter_as_lesser().is_err());
    }
}
