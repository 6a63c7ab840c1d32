//! The handshakes under way, of which the oldest gives way.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

/// The handshakes under way, at most a fixed number.
pub(crate) struct Handshakes {
    slots: Mutex<Slots>,
    limit: usize,
}

struct Slots {
    next: u64,
    /// By number, hence by age.
    running: BTreeMap<u64, CancellationToken>,
}

/// A place among the handshakes, given back when dropped.
pub(crate) struct Place {
    all: Arc<Handshakes>,
    number: u64,
    given_up: CancellationToken,
}

impl Handshakes {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { slots: Mutex::new(Slots { next: 0, running: BTreeMap::new() }), limit: limit.max(1) })
    }

    /// Enters a new handshake; when all places are taken, the oldest is given up for it.
    pub(crate) fn enter(self: &Arc<Self>) -> Place {
        let mut slots = self.lock();
        if slots.running.len() >= self.limit {
            slots.give_up_oldest();
        }
        let number = slots.next;
        slots.next += 1;
        let given_up = CancellationToken::new();
        slots.running.insert(number, given_up.clone());
        drop(slots);
        Place { all: self.clone(), number, given_up }
    }

    /// Gives up the oldest handshake, to have its descriptor back.
    pub(crate) fn give_up_oldest(&self) {
        self.lock().give_up_oldest();
    }

    fn lock(&self) -> MutexGuard<'_, Slots> {
        // Nothing under the lock can panic halfway, so a poisoned map is a whole one.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slots {
    fn give_up_oldest(&mut self) {
        if let Some((_, oldest)) = self.running.pop_first() {
            oldest.cancel();
        }
    }
}

impl Place {
    /// Waits until this handshake has to give way.
    pub(crate) async fn given_up(&self) {
        self.given_up.cancelled().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.all.lock().running.remove(&self.number);
    }
}
