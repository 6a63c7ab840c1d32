//! What shapes tell: measures, faces, edges, triangles.

use std::ffi::c_int;
use std::ptr;

use base::progress::Progress;

use super::raw::{Edge, Face, Properties};
use super::{Shape, Trouble, Vec3, kernel, made, raw, verdict, watched};

/// Triangles as OpenCASCADE makes them: no vertex is shared between faces yet.
#[derive(Default)]
pub(crate) struct RawMesh {
    pub vertices: Vec<Vec3>,
    pub triangles: Vec<[u32; 3]>,
    pub faces: Vec<u32>,
    /// Vertices along the edges, one edge after the other.
    pub lines: Vec<u32>,
    /// The end of each edge in `lines`.
    pub line_ends: Vec<u32>,
}

impl Shape {
    pub(crate) fn measure(&self) -> Result<Properties, Trouble> {
        let _turn = kernel();
        let mut out = Properties::default();
        let mut text = ptr::null_mut();
        // SAFETY: a valid shape and a place for the answer.
        let status = unsafe { raw::solid_measure(self.raw(), &mut out, &mut text) };
        verdict(status, text).map(|()| out)
    }

    pub(crate) fn face_count(&self) -> Result<usize, Trouble> {
        let _turn = kernel();
        let mut out = 0;
        let mut text = ptr::null_mut();
        // SAFETY: a valid shape and a place for the answer.
        let status = unsafe { raw::solid_face_count(self.raw(), &mut out, &mut text) };
        verdict(status, text).map(|()| out as usize)
    }

    /// Its solids, each as a shape of its own.
    pub(crate) fn solids(&self) -> Result<Vec<Self>, Trouble> {
        let count = self.measure()?.solids;
        (0..count)
            .map(|place| {
                // SAFETY: a valid shape; the shim checks the place.
                made(|out, text| unsafe { raw::solid_part(self.raw(), place, out, text) })
            })
            .collect()
    }

    pub(crate) fn faces(&self) -> Result<Vec<Face>, Trouble> {
        // SAFETY: a valid shape; `list` gives places for the answer.
        list(|out, count, text| unsafe { raw::solid_faces(self.raw(), out, count, text) })
    }

    pub(crate) fn edges(&self) -> Result<Vec<Edge>, Trouble> {
        // SAFETY: a valid shape; `list` gives places for the answer.
        list(|out, count, text| unsafe { raw::solid_edges(self.raw(), out, count, text) })
    }

    /// Distance from `point` to each edge, negative for poles.
    pub(crate) fn edge_distances(&self, point: Vec3) -> Result<Vec<f64>, Trouble> {
        let at = point.as_ptr();
        // SAFETY: a valid shape and three numbers; `list` gives places for the answer.
        list(|out, count, text| unsafe { raw::solid_edge_distances(self.raw(), at, out, count, text) })
    }

    pub(crate) fn tessellate(
        &self,
        linear: f64,
        angular: f64,
        progress: &dyn Progress,
    ) -> Result<RawMesh, Trouble> {
        let _turn = kernel();
        let mut mesh = raw::Mesh {
            vertices: ptr::null_mut(),
            vertex_count: 0,
            triangles: ptr::null_mut(),
            faces: ptr::null_mut(),
            triangle_count: 0,
            lines: ptr::null_mut(),
            line_count: 0,
            line_ends: ptr::null_mut(),
            edge_count: 0,
        };
        let mut text = ptr::null_mut();
        let status = watched(progress, |watch| {
            // SAFETY: a valid shape, a watch that outlives the call, a place for the answer.
            unsafe { raw::solid_tessellate(self.raw(), linear, angular, watch, &mut mesh, &mut text) }
        });
        // SAFETY: on every status the arrays are null or hold as many items as the counts say.
        let owned = unsafe {
            RawMesh {
                vertices: items(mesh.vertices.cast::<Vec3>(), mesh.vertex_count),
                triangles: items(mesh.triangles.cast::<[u32; 3]>(), mesh.triangle_count),
                faces: items(mesh.faces, mesh.triangle_count),
                lines: items(mesh.lines, mesh.line_count),
                line_ends: items(mesh.line_ends, mesh.edge_count),
            }
        };
        // SAFETY: the shim filled the mesh; its arrays are freed once, here.
        unsafe { raw::solid_mesh_drop(&mut mesh) };
        verdict(status, text).map(|()| owned)
    }
}

/// Runs a call that gives an array, copies and frees the array.
fn list<T: Copy>(call: impl FnOnce(*mut *mut T, *mut usize, raw::Text) -> c_int) -> Result<Vec<T>, Trouble> {
    let _turn = kernel();
    let mut data = ptr::null_mut();
    let mut count = 0;
    let mut text = ptr::null_mut();
    let status = call(&mut data, &mut count, &mut text);
    verdict(status, text)?;
    // SAFETY: after success `data` is null or holds `count` items of the type; freed once, here.
    unsafe {
        let owned = items(data, count);
        raw::solid_free(data.cast());
        Ok(owned)
    }
}

/// Copies an array of the shim.
///
/// # Safety
/// `data` is null or points at `count` initialised items.
pub(super) unsafe fn items<T: Copy>(data: *const T, count: usize) -> Vec<T> {
    if data.is_null() {
        return Vec::new();
    }
    // SAFETY: by the contract above.
    unsafe { std::slice::from_raw_parts(data, count) }.to_vec()
}
