//! The shim's C interface, as `shim/*.cpp` declares it. Lengths are millimetres.

use std::ffi::{c_char, c_int, c_void};

/// A shape that the shim owns; only ever behind a pointer.
#[repr(C)]
pub(super) struct Shape {
    _opaque: [u8; 0],
}

#[repr(C)]
pub(super) struct Watch {
    pub cancelled: extern "C" fn(*const c_void) -> c_int,
    pub context: *const c_void,
}

#[repr(C)]
pub(super) struct Bytes {
    pub data: *mut c_char,
    pub length: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Properties {
    pub volume: f64,
    pub area: f64,
    pub min: [f64; 3],
    pub max: [f64; 3],
    pub solids: u32,
    pub faces: u32,
    pub edges: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Face {
    pub kind: u32,
    pub area: f64,
    pub center: [f64; 3],
    pub normal: [f64; 3],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Edge {
    pub kind: u32,
    pub faces: u32,
    pub smooth: u32,
    pub length: f64,
    pub start: [f64; 3],
    pub middle: [f64; 3],
    pub end: [f64; 3],
}

#[repr(C)]
pub(super) struct Mesh {
    pub vertices: *mut f64,
    pub vertex_count: usize,
    pub triangles: *mut u32,
    pub faces: *mut u32,
    pub triangle_count: usize,
    pub lines: *mut u32,
    pub line_count: usize,
    pub line_ends: *mut u32,
    pub edge_count: usize,
}

pub(super) type Out = *mut *mut Shape;
pub(super) type Text = *mut *mut c_char;

unsafe extern "C" {
    pub(super) fn solid_free(memory: *mut c_void);
    pub(super) fn solid_start(error: Text) -> c_int;
    pub(super) fn solid_drop(shape: *mut Shape);

    pub(super) fn solid_box(min: *const f64, max: *const f64, out: Out, error: Text) -> c_int;
    pub(super) fn solid_cylinder(
        origin: *const f64,
        axis: *const f64,
        x: *const f64,
        radius: f64,
        height: f64,
        out: Out,
        error: Text,
    ) -> c_int;
    pub(super) fn solid_cone(
        origin: *const f64,
        axis: *const f64,
        x: *const f64,
        radius_from: f64,
        radius_to: f64,
        height: f64,
        out: Out,
        error: Text,
    ) -> c_int;
    pub(super) fn solid_sphere(center: *const f64, radius: f64, out: Out, error: Text) -> c_int;
    pub(super) fn solid_torus(
        center: *const f64,
        axis: *const f64,
        x: *const f64,
        major: f64,
        minor: f64,
        out: Out,
        error: Text,
    ) -> c_int;
    pub(super) fn solid_polygon(points: *const f64, count: usize, out: Out, error: Text) -> c_int;
    pub(super) fn solid_prism(
        points: *const f64,
        count: usize,
        by: *const f64,
        out: Out,
        error: Text,
    ) -> c_int;
    pub(super) fn solid_revolve(
        points: *const f64,
        count: usize,
        origin: *const f64,
        axis: *const f64,
        angle: f64,
        full: c_int,
        out: Out,
        error: Text,
    ) -> c_int;
    pub(super) fn solid_polyhedron(
        points: *const f64,
        point_count: usize,
        corners: *const u32,
        sizes: *const u32,
        shells: *const u32,
        facet_count: usize,
        solids: *const u32,
        shell_count: usize,
        solid_count: usize,
        out: Out,
        error: Text,
    ) -> c_int;

    pub(super) fn solid_boolean(
        kind: c_int,
        arguments: *const *const Shape,
        argument_count: usize,
        tools: *const *const Shape,
        tool_count: usize,
        watch: *const Watch,
        out: Out,
        error: Text,
    ) -> c_int;
    pub(super) fn solid_compound(shapes: *const *const Shape, count: usize, out: Out, error: Text) -> c_int;
    pub(super) fn solid_simplify(shape: *const Shape, out: Out, error: Text) -> c_int;
    pub(super) fn solid_move(
        shape: *const Shape,
        kind: c_int,
        a: *const f64,
        b: *const f64,
        amount: f64,
        out: Out,
        error: Text,
    ) -> c_int;
    pub(super) fn solid_round(
        shape: *const Shape,
        kind: c_int,
        size: f64,
        edges: *const u32,
        count: usize,
        out: Out,
        error: Text,
    ) -> c_int;

    pub(super) fn solid_measure(shape: *const Shape, out: *mut Properties, error: Text) -> c_int;
    pub(super) fn solid_face_count(shape: *const Shape, out: *mut u32, error: Text) -> c_int;
    pub(super) fn solid_part(shape: *const Shape, place: u32, out: Out, error: Text) -> c_int;
    pub(super) fn solid_faces(
        shape: *const Shape,
        out: *mut *mut Face,
        count: *mut usize,
        error: Text,
    ) -> c_int;
    pub(super) fn solid_edges(
        shape: *const Shape,
        out: *mut *mut Edge,
        count: *mut usize,
        error: Text,
    ) -> c_int;
    pub(super) fn solid_edge_distances(
        shape: *const Shape,
        point: *const f64,
        out: *mut *mut f64,
        count: *mut usize,
        error: Text,
    ) -> c_int;

    pub(super) fn solid_tessellate(
        shape: *const Shape,
        linear: f64,
        angular: f64,
        watch: *const Watch,
        out: *mut Mesh,
        error: Text,
    ) -> c_int;
    pub(super) fn solid_mesh_drop(mesh: *mut Mesh);

    pub(super) fn solid_step_write(
        shapes: *const *const Shape,
        count: usize,
        out: *mut Bytes,
        error: Text,
    ) -> c_int;
    pub(super) fn solid_step_read(data: *const c_char, length: usize, out: Out, error: Text) -> c_int;
    pub(super) fn solid_brep_write(shape: *const Shape, out: *mut Bytes, error: Text) -> c_int;
    pub(super) fn solid_brep_read(data: *const c_char, length: usize, out: Out, error: Text) -> c_int;
}
