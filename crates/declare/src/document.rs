use base::units::DefaultUnits;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A project as its file declares it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// The project's name.
    pub project: String,
    /// What it is about; may be empty.
    pub description: String,
    /// The units that bare numbers mean; also an entity at the path `units` when there are any.
    pub units: DefaultUnits,
    /// The entities in the order of the file.
    pub entities: Vec<Declared>,
    /// The files that properties name, whose bytes belong to the project.
    pub files: Vec<FileReference>,
}

/// One entity of a project file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Declared {
    /// Its kind, such as `modeling.cuboid`.
    pub kind: String,
    /// Its path, such as `geometry/block`, or `mesh` where a section is one entity.
    pub path: String,
    /// Its properties; expressions and quantities stay as they were written.
    pub properties: Value,
    /// Its place in the file, from 0.
    pub order: usize,
}

/// A property that names a file beside the project file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileReference {
    /// The path of the entity.
    pub entity: String,
    /// JSON pointer of the property within the entity's properties.
    pub pointer: String,
    /// The file, relative to the project file, with `/`; never outside of its folder.
    pub file: String,
    /// Where it is named, for messages about a file that is not there.
    pub line: usize,
    /// The character within the line, from 1.
    pub column: usize,
}
