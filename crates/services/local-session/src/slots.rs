//! The queue of runs: so many compute at once, the others wait in the order of their coming and know their place.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

/// A number of slots and the queue before them.
#[derive(Clone)]
pub(crate) struct Slots(Arc<Inner>);

struct Inner {
    total: usize,
    state: Mutex<State>,
    /// Counts up whenever the queue or the slots change.
    changed: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    used: usize,
    waiting: VecDeque<u64>,
    next: u64,
}

/// A slot in use; free again when dropped.
pub(crate) struct Slot(Slots);

/// A place in the queue; given up when dropped.
struct Place {
    slots: Slots,
    ticket: u64,
}

impl Slots {
    pub(crate) fn new(total: usize) -> Self {
        Self(Arc::new(Inner { total, state: Mutex::default(), changed: watch::channel(0).0 }))
    }

    /// Waits for a slot; `moved` is told each new place in the queue, from 1.
    pub(crate) async fn take(&self, mut moved: impl FnMut(u32)) -> Slot {
        let mut changes = self.0.changed.subscribe();
        let place = self.queue();
        let mut told = 0;
        loop {
            match self.advance(place.ticket) {
                None => return Slot(self.clone()),
                Some(position) if position != told => {
                    told = position;
                    moved(position);
                }
                Some(_) => {}
            }
            // The sender lives as long as `self`.
            let _ = changes.changed().await;
        }
    }

    pub(crate) fn total(&self) -> u32 {
        self.0.total as u32
    }

    pub(crate) fn used(&self) -> u32 {
        self.lock().used as u32
    }

    pub(crate) fn queued(&self) -> u32 {
        self.lock().waiting.len() as u32
    }

    fn queue(&self) -> Place {
        let mut state = self.lock();
        state.next += 1;
        let ticket = state.next;
        state.waiting.push_back(ticket);
        Place { slots: self.clone(), ticket }
    }

    /// Takes a slot if it is this ticket's turn; else its place in the queue.
    fn advance(&self, ticket: u64) -> Option<u32> {
        let mut state = self.lock();
        if state.waiting.front() == Some(&ticket) && state.used < self.0.total {
            state.used += 1;
            state.waiting.pop_front();
            drop(state);
            self.tell();
            return None;
        }
        state.waiting.iter().position(|&t| t == ticket).map(|index| index as u32 + 1)
    }

    fn tell(&self) {
        self.0.changed.send_modify(|n| *n += 1);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.lock().used -= 1;
        self.0.tell();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.slots.lock();
        let before = state.waiting.len();
        state.waiting.retain(|&t| t != self.ticket);
        let left = state.waiting.len() != before;
        drop(state);
        if left {
            self.slots.tell();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use tokio::sync::mpsc;

    #[tokio::test]
    async fn runs_wait_in_order_and_see_their_place() {
        let slots = Slots::new(1);
        let first = slots.take(|_| unreachable_place()).await;
        let (sender, mut places) = mpsc::unbounded_channel();
        let waiters: Vec<_> = (0..2)
            .map(|name| {
                let (slots, sender) = (slots.clone(), sender.clone());
                tokio::spawn(async move {
                    let _slot = slots.take(|place| sender.send((name, place)).unwrap()).await;
                    sender.send((name, 0)).unwrap();
                })
            })
            .collect();
        let mut seen = [places.recv().await.unwrap(), places.recv().await.unwrap()];
        seen.sort_unstable();
        assert_eq!(
            seen.iter().map(|&(_, place)| place).collect::<std::collections::BTreeSet<_>>(),
            [1, 2].into()
        );
        assert_eq!((slots.used(), slots.queued()), (1, 2));
        drop(first);
        for waiter in waiters {
            waiter.await.unwrap();
        }
        assert_eq!((slots.used(), slots.queued()), (0, 0));
    }

    fn unreachable_place() {
        panic!("a free slot is taken without waiting");
    }

    #[tokio::test]
    async fn who_gives_up_leaves_the_queue() {
        let slots = Slots::new(1);
        let held = slots.take(|_| {}).await;
        {
            let mut waiting = std::pin::pin!(slots.take(|_| {}));
            assert!(futures::poll!(&mut waiting).is_pending());
            assert_eq!(slots.queued(), 1);
        }
        assert_eq!(slots.queued(), 0);
        drop(held);
        slots.take(|_| {}).await;
    }
}
