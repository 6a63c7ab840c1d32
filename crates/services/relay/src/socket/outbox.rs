//! What waits to be sent on one socket: bounded, and thinned where a newer frame makes an older one worthless.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Beyond this calls wait before they add more, and so do the services behind them.
const LARGEST: usize = 1 << 20;

/// Frames at once, since small ones cost more than their bytes.
const MOST: usize = 4096;

/// A queue between the calls of a socket and its writer.
#[derive(Default)]
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    filled: Notify,
    drained: Notify,
}

#[derive(Default)]
struct Queue {
    frames: VecDeque<Frame>,
    bytes: usize,
}

/// A frame, and the key of the frames that supersede each other.
struct Frame {
    text: String,
    key: Option<(u64, String)>,
}

impl Outbox {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a frame as soon as there is room.
    pub(crate) async fn push(&self, text: String) {
        self.add(Frame { text, key: None }).await;
    }

    /// Adds a frame of call `id`, in place of the one with the same key that still waits. It goes to the end
    /// of the queue, so that events stay in the order of their numbers.
    pub(crate) async fn push_newest(&self, id: u64, key: String, text: String) {
        self.add(Frame { text, key: Some((id, key)) }).await;
    }

    async fn add(&self, mut frame: Frame) {
        loop {
            // Told of room that comes between the look and the wait, too.
            let room = self.drained.notified();
            match self.lock().offer(frame) {
                None => return self.filled.notify_one(),
                Some(refused) => frame = refused,
            }
            room.await;
        }
    }

    /// The next frame.
    pub(crate) async fn next(&self) -> String {
        loop {
            let next = self.lock().take();
            if let Some(frame) = next {
                self.drained.notify_waiters();
                return frame.text;
            }
            self.filled.notified().await;
        }
    }
}

impl Queue {
    fn offer(&mut self, frame: Frame) -> Option<Frame> {
        if frame.key.is_some()
            && let Some(at) = self.frames.iter().position(|waiting| waiting.key == frame.key)
            && let Some(old) = self.frames.remove(at)
        {
            self.bytes -= old.text.len();
        } else if !self.frames.is_empty()
            && (self.bytes + frame.text.len() > LARGEST || self.frames.len() >= MOST)
        {
            return Some(frame);
        }
        self.bytes += frame.text.len();
        self.frames.push_back(frame);
        None
    }

    fn take(&mut self) -> Option<Frame> {
        let frame = self.frames.pop_front()?;
        self.bytes -= frame.text.len();
        Some(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    #[tokio::test]
    async fn a_newer_frame_takes_the_place_of_an_older_one_and_order_stays() {
        let outbox = Outbox::default();
        outbox.push_newest(1, "p".into(), "old".into()).await;
        outbox.push("event".into()).await;
        outbox.push_newest(2, "p".into(), "other call".into()).await;
        outbox.push_newest(1, "p".into(), "new".into()).await;
        for expected in ["event", "other call", "new"] {
            assert_eq!(outbox.next().await, expected);
        }
        assert!(outbox.next().now_or_never().is_none());
    }

    #[tokio::test]
    async fn a_full_outbox_makes_calls_wait_and_lets_them_go_on() {
        let outbox = Outbox::default();
        outbox.push("x".repeat(LARGEST)).await;
        assert!(outbox.push("more".into()).now_or_never().is_none());
        let (_, taken) = tokio::join!(outbox.push("more".into()), outbox.next());
        assert_eq!(taken.len(), LARGEST);
        assert_eq!(outbox.next().await, "more");
        // One larger than all the room goes alone.
        outbox.push("x".repeat(2 * LARGEST)).await;
        assert_eq!(outbox.next().await.len(), 2 * LARGEST);
    }

    #[tokio::test]
    async fn superseded_frames_do_not_wait() {
        let outbox = Outbox::default();
        outbox.push_newest(1, "p".into(), "x".repeat(LARGEST)).await;
        for _ in 0..1000 {
            outbox.push_newest(1, "p".into(), "x".repeat(LARGEST)).await;
        }
        assert_eq!(outbox.lock().bytes, LARGEST);
    }
}
