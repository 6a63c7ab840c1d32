//! The only unsafe code: shapes of OpenCASCADE behind a handle that frees itself.
//!
//! Lengths are millimetres on this side of [`crate::scale`]. OpenCASCADE shares sub-shapes between
//! shapes and writes flags into them, and keeps STEP's settings in globals; so one lock is held for
//! every call that reads or makes a shape. Work of several threads is thereby correct and takes
//! turns.

mod exchange;
mod make;
mod raw;
mod read;

use std::ffi::{CStr, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use base::progress::Progress;

pub(crate) use exchange::write_step;
pub(crate) use make::{Facets, Motion, Operation, Rounding};
pub(crate) use raw::{Edge, Face, Properties};
pub(crate) use read::RawMesh;

/// A coordinate triple in millimetres, or a direction.
pub(crate) type Vec3 = [f64; 3];

/// Why the shim made nothing.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// OpenCASCADE's reason, or the shim's.
    Failed(String),
    /// The caller asked to stop.
    Cancelled,
}

static KERNEL: Mutex<()> = Mutex::new(());
static START: Once = Once::new();

/// The turn of this thread; also prepares OpenCASCADE on the first call.
fn kernel() -> MutexGuard<'static, ()> {
    // A panic elsewhere leaves nothing half-changed behind the lock: the shim throws none.
    let turn = KERNEL.lock().unwrap_or_else(PoisonError::into_inner);
    START.call_once(|| {
        let mut text = ptr::null_mut();
        // SAFETY: `text` is a valid place for a pointer; the function wants nothing else.
        let status = unsafe { raw::solid_start(&mut text) };
        // A kernel that chatters is still right, so a failure here is no reason to stop.
        drop(verdict(status, text));
    });
    turn
}

/// Status and text of a call as a result; frees the text.
fn verdict(status: c_int, text: *mut c_char) -> Result<(), Trouble> {
    match status {
        0 => Ok(()),
        2 => Err(Trouble::Cancelled),
        _ => Err(Trouble::Failed(reason(text))),
    }
}

fn reason(text: *mut c_char) -> String {
    if text.is_null() {
        return "out of memory".to_owned();
    }
    // SAFETY: a non-null text is malloc'ed by the shim and zero-terminated; it is freed once, here.
    unsafe {
        let owned = CStr::from_ptr(text).to_string_lossy().into_owned();
        raw::solid_free(text.cast());
        owned
    }
}

/// Runs one call of the shim under the lock and takes what it made.
fn made(call: impl FnOnce(raw::Out, raw::Text) -> c_int) -> Result<Shape, Trouble> {
    let _turn = kernel();
    let mut out = ptr::null_mut();
    let mut text = ptr::null_mut();
    let status = call(&mut out, &mut text);
    verdict(status, text)?;
    NonNull::new(out).map(Shape).ok_or_else(|| Trouble::Failed("the operation made no shape".to_owned()))
}

/// An immutable shape of OpenCASCADE.
pub(crate) struct Shape(NonNull<raw::Shape>);

// SAFETY: the shape is only read or used under the kernel lock, and OpenCASCADE counts references
// to what shapes share atomically, so the last handle may be dropped on any thread.
unsafe impl Send for Shape {}
// SAFETY: as above; `&Shape` offers nothing that does not take the kernel lock.
unsafe impl Sync for Shape {}

impl Shape {
    fn raw(&self) -> *const raw::Shape {
        self.0.as_ptr()
    }
}

impl Drop for Shape {
    fn drop(&mut self) {
        // Without the lock, so that a handle may go even while its thread holds it: this only
        // counts references down, and OpenCASCADE does that atomically.
        // SAFETY: the pointer came from the shim, is owned by this handle alone and dropped once.
        unsafe { raw::solid_drop(self.0.as_ptr()) }
    }
}

impl std::fmt::Debug for Shape {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Shape")
    }
}

/// Calls `work` with a watch through which the shim asks `progress` whether to stop.
fn watched<R>(progress: &dyn Progress, work: impl FnOnce(*const raw::Watch) -> R) -> R {
    let context: *const &dyn Progress = &progress;
    let watch = raw::Watch { cancelled, context: context.cast() };
    work(&watch)
}

extern "C" fn cancelled(context: *const c_void) -> c_int {
    // SAFETY: `context` is the reference on the stack of `watched`, which outlives the call.
    let progress = unsafe { *context.cast::<&dyn Progress>() };
    // A panic must not cross into C++; a caller that panics wants no result.
    let stop = catch_unwind(AssertUnwindSafe(|| progress.cancelled())).unwrap_or(true);
    c_int::from(stop)
}
