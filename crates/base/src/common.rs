//! The kinds of entities that every project has, whatever services a site runs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

use crate::kind::{Arrangement, KindDescriptor};
use crate::quantity::{Conductivity, Expression, MagneticConductivity, Ratio};

/// A named value. Other parameters and all quantities of the project may use it in expressions.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Number, quantity or expression, such as `22.86 mm` or `2*a`.
    pub value: Expression,
    /// What it stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// How a material fills space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MaterialType {
    /// Has permittivity, permeability and conductivity throughout its volume.
    #[default]
    Volumetric,
    /// Perfect electric conductor.
    Pec,
}

/// A linear isotropic material. Of those that are always there, `vacuum` is empty space and `pec` a perfect electric conductor.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Material {
    /// How it fills space.
    #[serde(default, rename = "type")]
    pub kind: MaterialType,
    /// Relative permittivity, at least 1.
    #[serde(default = "one")]
    #[schemars(extend("minimum" = 1))]
    pub epsilon_r: Ratio,
    /// Relative permeability, at least 1.
    #[serde(default = "one")]
    #[schemars(extend("minimum" = 1))]
    pub mu_r: Ratio,
    /// Electric conductivity.
    #[serde(default = "no_conductivity")]
    #[schemars(extend("minimum" = 0))]
    pub conductivity: Conductivity,
    /// Magnetic conductivity.
    #[serde(default = "no_magnetic_conductivity")]
    #[schemars(extend("minimum" = 0))]
    pub magnetic_conductivity: MagneticConductivity,
    /// Where solids overlap, the one of higher priority fills the space; among equals a conductor before a medium before
    /// vacuum.
    #[serde(default)]
    pub mesh_priority: i32,
    /// Colour in views, as `#rrggbb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^#[0-9a-fA-F]{6}$"))]
    pub color: Option<String>,
}

fn one() -> Ratio {
    Ratio(1.0)
}

fn no_conductivity() -> Conductivity {
    Conductivity(0.0)
}

fn no_magnetic_conductivity() -> MagneticConductivity {
    MagneticConductivity(0.0)
}

impl Material {
    /// Empty space.
    pub fn vacuum() -> Self {
        Self {
            kind: MaterialType::Volumetric,
            epsilon_r: one(),
            mu_r: one(),
            conductivity: no_conductivity(),
            magnetic_conductivity: no_magnetic_conductivity(),
            mesh_priority: 0,
            color: None,
        }
    }

    /// A perfect electric conductor.
    pub fn pec() -> Self {
        Self { kind: MaterialType::Pec, ..Self::vacuum() }
    }
}

/// Default units: what a bare number means where a quantity of that dimension is expected.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Units(
    /// Dimension to unit, such as `length: mm`.
    pub BTreeMap<String, String>,
);

/// Characters of a project's name at most.
pub const PROJECT_NAME: usize = 128;

/// Whether a project may be called so: 1 to [`PROJECT_NAME`] characters besides blanks around them, none of them `/` or a
/// control character.
pub fn is_project_name(name: &str) -> bool {
    let length = name.trim().chars().count();
    (1..=PROJECT_NAME).contains(&length) && name.chars().all(|c| !c.is_control() && c != '/')
}

/// A file that `opentwin export` writes when it is asked for all that the project requests.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// Path of the result, such as `results/transient/s-parameters`.
    #[schemars(extend("x-result" = true))]
    pub of: String,
    /// One of its formats, such as `touchstone`, `csv`, `step`, `stl` or `vtr`.
    #[schemars(extend("x-format-of" = "of"))]
    pub format: String,
    /// Name of the file to write; made from path and format if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// The descriptors of these kinds.
pub fn kinds() -> Vec<KindDescriptor> {
    use Arrangement::{Map, Single};
    vec![
        KindDescriptor::of::<Units>("project.units", "units", Single, "units", "Units")
            .with_example(json!({"length": "mm", "frequency": "GHz"})),
        KindDescriptor::of::<Parameter>("project.parameter", "parameters", Map, "parameter", "Parameter")
            .with_shorthand("value")
            .with_example(json!({"value": "22.86 mm", "description": "broad side of the guide"})),
        KindDescriptor::of::<Material>("project.material", "materials", Map, "material", "Material")
            .with_example(json!({"epsilon_r": 4.3, "conductivity": "0.005 S/m"})),
        KindDescriptor::of::<Export>("project.export", "exports", Map, "export", "Export")
            .with_example(json!({"of": "results/transient/s-parameters", "format": "touchstone"})),
    ]
}
