//! Declarative projects: one YAML format, its schema, its errors with line and column.
//!
//! The format knows sections, names, units and parameters; what may stand in a section comes from the
//! [`Kinds`] that the services declare, so that a new service needs no change here.
//!
//! ```yaml
//! opentwin: 1
//! project: wr90-iris
//! units: {length: mm, frequency: GHz}
//! parameters: {a: 22.86 mm, l: 2*a}
//! geometry:
//!   block: {cuboid: {min: [0, 0, 0], max: [a, 10.16, l]}}
//! mesh: {maximum_frequency: 12}
//! ```
//!
//! [`parse`] reads a file and tells every problem in it, not only the first; [`render`] writes a project
//! back; [`schema()`] is the published JSON Schema of the file and [`reference()`] its documentation.

mod across;
mod check;
mod document;
mod error;
mod exports;
mod name;
mod reading;
mod reference;
mod render;
mod scalar;
mod schema;
mod sections;
mod tree;

pub use base::kind::{Arrangement, KindDescriptor, ResultKind};
pub use document::{Declared, Document, FileReference};
pub use error::Error;
pub use reading::{parse, parse_draft};
pub use reference::reference;
pub use render::render;
pub use schema::schema;

/// What the services of a site declare.
#[derive(Clone, Debug, Default)]
pub struct Kinds {
    /// What may stand in a project file.
    pub inputs: Vec<KindDescriptor>,
    /// What is computed and can be written to files; where there is nothing, the file may ask for anything.
    pub results: Vec<ResultKind>,
}

/// The version of the format that this crate reads and writes, the file's key `opentwin`.
pub const FORMAT: u64 = 1;

/// The section that holds the parameters which expressions refer to.
pub const PARAMETERS: &str = "parameters";

/// The section that holds the default units of bare numbers.
pub const UNITS: &str = "units";

/// The kind of the entity that keeps the default units, where no service declares one for the section.
pub const UNITS_KIND: &str = "project.units";

/// The longest file that is read, in bytes.
pub const MAX_BYTES: usize = 8 << 20;

#[cfg(test)]
mod tests;
