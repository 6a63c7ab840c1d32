//! How long work tells how far it is, and is told to stop.
//!
//! Kernels take a [`Progress`] as a parameter and know nothing else of who runs them.

/// Receives progress and answers whether to go on.
pub trait Progress: Sync {
    /// Work is done to the fraction `done` (0 to 1); `what` names the step under way.
    fn report(&self, done: f64, what: &str);

    /// True once the caller no longer wants the result; the kernel then returns its own
    /// `Cancelled` error at the next convenient point.
    fn cancelled(&self) -> bool;
}

/// Listens to nothing and never cancels.
pub struct Silent;

impl Progress for Silent {
    fn report(&self, _done: f64, _what: &str) {}

    fn cancelled(&self) -> bool {
        false
    }
}
