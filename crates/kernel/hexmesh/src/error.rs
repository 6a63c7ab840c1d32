//! What can be wrong, each with its own variant.

use crate::settings::Axis;
use base::bytes::size;

/// Why there is no mesh.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting has a value that cannot be met.
    #[error("setting {key} is {value}: it must be {must}")]
    Setting {
        /// Key of the setting.
        key: String,
        /// Its value.
        value: f64,
        /// What is allowed.
        must: &'static str,
    },
    /// The domain has no thickness along an axis.
    #[error(
        "the domain has no thickness along {axis}: give an absolute boundary distance on one of its sides"
    )]
    ZeroThickness {
        /// The flat axis.
        axis: Axis,
    },
    /// There is neither a solid nor a distance or line that would make a domain.
    #[error("there is nothing to mesh: add a solid or give absolute boundary distances")]
    Nothing,
    /// A coordinate is not a finite number.
    #[error("{what} of {name:?} is not a finite number: repair its geometry")]
    NotFinite {
        /// Owner.
        name: String,
        /// Which coordinate.
        what: String,
    },
    /// A triangle refers to a vertex that is not there.
    #[error(
        "triangle {triangle} of solid {solid:?} names vertex {vertex}, but there are {vertices}: triangulate it anew"
    )]
    VertexIndex {
        /// Owner.
        solid: String,
        /// Which triangle.
        triangle: usize,
        /// Index found in it.
        vertex: u32,
        /// Number of vertices.
        vertices: usize,
    },
    /// A solid has no triangles.
    #[error("solid {solid:?} has no triangles: triangulate it or leave it out")]
    Empty {
        /// Its name.
        solid: String,
    },
    /// A solid refers to a material that is not there.
    #[error("{name:?} names material {index}, but there are {materials}: correct the index")]
    MaterialIndex {
        /// The solid, or "background".
        name: String,
        /// Index found in it.
        index: usize,
        /// Number of materials.
        materials: usize,
    },
    /// A property of a material is out of its range.
    #[error("{property} of material {material:?} is {value}: it must be {must}")]
    Material {
        /// Its name.
        material: String,
        /// Which property.
        property: &'static str,
        /// Its value.
        value: f64,
        /// What is allowed.
        must: &'static str,
    },
    /// More materials or solids than the mesh can number.
    #[error("{found} {what} are more than a mesh can number ({limit}): join some of them")]
    TooMany {
        /// Materials or solids.
        what: &'static str,
        /// How many.
        found: usize,
        /// How many may be.
        limit: usize,
    },
    /// A body of zero thickness that is no conductor.
    #[error(
        "solid {solid:?} has no thickness but its material {material:?} is volumetric: only a pec can be a sheet; give it a thickness or a pec material"
    )]
    VolumetricSheet {
        /// Its name.
        solid: String,
        /// Its material.
        material: String,
    },
    /// A ray enters a solid but does not leave it.
    #[error(
        "solid {solid:?} is open: a ray along {axis} through ({}, {}, {}) m crosses its surface an odd number of times; close the surface", at[0], at[1], at[2]
    )]
    Open {
        /// Its name.
        solid: String,
        /// Direction of the ray.
        axis: Axis,
        /// A point on the ray.
        at: [f64; 3],
    },
    /// A fixed line is not in the domain.
    #[error(
        "fixed line {name:?} at {axis} = {at} m is outside of the domain ({low} to {high} m): move it or enlarge the boundary distance"
    )]
    LineOutside {
        /// Who asks for it.
        name: String,
        /// Its axis.
        axis: Axis,
        /// Its coordinate.
        at: f64,
        /// Low end of the domain.
        low: f64,
        /// High end of the domain.
        high: f64,
    },
    /// Two fixed lines are closer than the smallest step.
    #[error(
        "fixed lines {first:?} and {second:?} on {axis} are {distance} m apart, closer than the smallest step of {smallest} m: move one or raise smallest_mesh_step_ratio"
    )]
    LinesTooClose {
        /// One of them.
        first: String,
        /// The other.
        second: String,
        /// Their axis.
        axis: Axis,
        /// How far apart.
        distance: f64,
        /// How far they must be.
        smallest: f64,
    },
    /// The mesh does not fit.
    #[error(
        "the mesh would have {cells:.0} cells and take {} to make, more than the limit of {}: lower the frequency or steps_per_wavelength, refine less, or compute where a run may take more memory", size(*bytes), size(*limit as f64)
    )]
    TooLarge {
        /// Number of cells (as a float: it may exceed every integer).
        cells: f64,
        /// Bytes that meshing takes.
        bytes: f64,
        /// Bytes allowed.
        limit: u64,
    },
    /// The caller no longer wants the mesh.
    #[error("meshing was cancelled")]
    Cancelled,
    /// Bytes are not an encoded mesh.
    #[error("mesh data is damaged at byte {offset}: {reason}; make the mesh anew")]
    Encoding {
        /// Where.
        offset: usize,
        /// What is wrong.
        reason: String,
    },
}
