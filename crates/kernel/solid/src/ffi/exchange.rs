//! Shapes to and from files in memory.

use std::ffi::c_int;
use std::ptr;

use super::make::pointers;
use super::read::items;
use super::{Shape, Trouble, kernel, made, raw, verdict};

impl Shape {
    pub(crate) fn read_step(text: &[u8]) -> Result<Self, Trouble> {
        // SAFETY: the bytes outlive the call, which reads no further than their length.
        made(|out, error| unsafe { raw::solid_step_read(text.as_ptr().cast(), text.len(), out, error) })
    }

    pub(crate) fn read_brep(text: &[u8]) -> Result<Self, Trouble> {
        // SAFETY: the bytes outlive the call, which reads no further than their length.
        made(|out, error| unsafe { raw::solid_brep_read(text.as_ptr().cast(), text.len(), out, error) })
    }

    pub(crate) fn write_brep(&self) -> Result<Vec<u8>, Trouble> {
        // SAFETY: a valid shape; `bytes` gives a place for the answer.
        bytes(|out, error| unsafe { raw::solid_brep_write(self.raw(), out, error) })
    }
}

/// One STEP file with a product for each shape; that of shape `i` is named `@@i@@`.
pub(crate) fn write_step(shapes: &[&Shape]) -> Result<Vec<u8>, Trouble> {
    let shapes = pointers(shapes);
    // SAFETY: the array holds `shapes.len()` valid shapes that outlive the call.
    bytes(|out, error| unsafe { raw::solid_step_write(shapes.as_ptr(), shapes.len(), out, error) })
}

/// Runs a call that gives bytes, copies and frees them.
fn bytes(call: impl FnOnce(*mut raw::Bytes, raw::Text) -> c_int) -> Result<Vec<u8>, Trouble> {
    let _turn = kernel();
    let mut out = raw::Bytes { data: ptr::null_mut(), length: 0 };
    let mut text = ptr::null_mut();
    let status = call(&mut out, &mut text);
    verdict(status, text)?;
    // SAFETY: after success `data` is null or holds `length` bytes; freed once, here.
    unsafe {
        let owned = items(out.data.cast::<u8>(), out.length);
        raw::solid_free(out.data.cast());
        Ok(owned)
    }
}
