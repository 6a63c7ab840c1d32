//! What operating systems do differently, behind one face: files that are their owner's alone, writing that lasts,
//! asking a process to end, children that do not outlive their parent, the memory and load of a host, giving up rights.
//!
//! The rest of the platform names no operating system. `windows` is the one place, besides the binding to
//! OpenCASCADE, that calls foreign functions.

pub mod children;
pub mod confine;
pub mod durable;
pub mod host;
pub mod private;
pub mod stop;
pub mod usage;

// The Windows interface is C: each call says why it is sound.
#[cfg(windows)]
#[allow(unsafe_code)]
mod windows;
