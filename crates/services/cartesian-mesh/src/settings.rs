//! Settings of the mesh, as users write them.

use std::collections::BTreeMap;

use api::{Code, Failure};
use base::quantity::{Frequency, Length, Ratio};
use compute::Entities;
use hexmesh::FixedLine;
use schemars::JsonSchema;
use serde::Deserialize;

/// How space is divided into cells: lines on faces and edges of the bodies, fine enough for the wavelength in each
/// material, and with steps that change gradually.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Highest frequency that the mesh resolves; usually the `fmax` of the solver.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub maximum_frequency: Frequency,
    /// Steps per wavelength at that frequency, in the material at the place.
    #[serde(default = "fifteen")]
    #[schemars(extend("minimum" = 1))]
    pub steps_per_wavelength: Ratio,
    /// Upper limit of every step, whatever the wavelength.
    #[serde(default)]
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub maximum_edge_length: Option<Length>,
    /// Largest step divided by the smallest one that details of the geometry may cause. Faces and edges closer
    /// than the smallest step share a line.
    #[serde(default = "ten")]
    #[schemars(extend("minimum" = 1))]
    pub smallest_mesh_step_ratio: Ratio,
    /// Neighbouring steps differ by no more than this factor.
    #[serde(default = "two")]
    #[schemars(extend("minimum" = 1))]
    pub equilibration_ratio: Ratio,
    /// How far the domain reaches beyond the bodies on each side: a length, or `relative` to the extent of all
    /// bodies along that axis. Sides that are not named take `all`, or none.
    #[serde(default)]
    pub boundary_distance: Distances,
    /// Material where there is no body.
    #[serde(default = "vacuum")]
    #[schemars(extend("x-reference" = "materials", "x-builtin" = ["vacuum", "pec"]))]
    pub background: String,
    /// Coordinates where a line has to be, besides those that ports and monitors ask for.
    #[serde(default)]
    pub lines: Lines,
    /// Boxes with finer steps, by a name of your choice.
    #[serde(default)]
    pub refinements: BTreeMap<String, Refinement>,
}

/// Distances of the domain's boundary by side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Distances {
    /// Of all sides that are not named themselves.
    pub all: Option<Distance>,
    /// Of the side of the smallest x.
    pub x_min: Option<Distance>,
    /// Of the side of the largest x.
    pub x_max: Option<Distance>,
    /// Of the side of the smallest y.
    pub y_min: Option<Distance>,
    /// Of the side of the largest y.
    pub y_max: Option<Distance>,
    /// Of the side of the smallest z.
    pub z_min: Option<Distance>,
    /// Of the side of the largest z.
    pub z_max: Option<Distance>,
}

/// A distance from the bodies.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Distance {
    /// A length.
    Absolute(#[schemars(extend("minimum" = 0))] Length),
    /// Part of the extent of all bodies along the axis.
    Relative(Relative),
}

/// Part of the extent of all bodies along the axis.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Relative {
    /// The part, such as 0.2.
    #[schemars(extend("minimum" = 0))]
    pub relative: Ratio,
}

/// Coordinates of lines.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Lines {
    /// Along x.
    pub x: Vec<Length>,
    /// Along y.
    pub y: Vec<Length>,
    /// Along z.
    pub z: Vec<Length>,
}

/// A box with finer steps.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-rules" = [{"ordered": ["min", "max"]}]))]
pub struct Refinement {
    /// One corner.
    pub min: [Length; 3],
    /// The opposite corner.
    pub max: [Length; 3],
    /// Largest step along any axis inside of the box.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub maximum_edge_length: Length,
}

fn fifteen() -> Ratio {
    Ratio(15.0)
}

fn ten() -> Ratio {
    Ratio(10.0)
}

fn two() -> Ratio {
    Ratio(2.0)
}

fn vacuum() -> String {
    "vacuum".to_owned()
}

/// The settings of a project.
pub(crate) fn read(entities: &Entities) -> Result<Settings, Failure> {
    match entities.find("mesh") {
        Some(entity) => entities.typed(entity),
        None => Err(Code::Mesh
            .because("the project has no `mesh` section")
            .remedy("add one with at least `maximum_frequency`")),
    }
}

impl Settings {
    /// As the kernel wants them; lines of ports and the like are not there yet.
    pub(crate) fn to_kernel(&self) -> Result<hexmesh::Settings, Failure> {
        let d = &self.boundary_distance;
        let side = |own: Option<Distance>| match own.or(d.all) {
            None => hexmesh::Distance::Absolute(0.0),
            Some(Distance::Absolute(length)) => hexmesh::Distance::Absolute(length.0),
            Some(Distance::Relative(part)) => hexmesh::Distance::Relative(part.relative.0),
        };
        let boundary_distance =
            [[d.x_min, d.x_max], [d.y_min, d.y_max], [d.z_min, d.z_max]].map(|sides| sides.map(side));
        let named = |list: &[Length], axis| {
            let line = |at: &Length| FixedLine { name: format!("mesh/lines/{axis}"), at: at.0 };
            list.iter().map(line).collect()
        };
        let lines = &self.lines;
        let refinements =
            self.refinements.iter().map(|(name, r)| r.to_kernel(name)).collect::<Result<_, _>>()?;
        Ok(hexmesh::Settings {
            steps_per_wavelength: self.steps_per_wavelength.0,
            maximum_edge_length: self.maximum_edge_length.map(f64::from),
            smallest_mesh_step_ratio: self.smallest_mesh_step_ratio.0,
            equilibration_ratio: self.equilibration_ratio.0,
            boundary_distance,
            fixed_lines: [named(&lines.x, 'x'), named(&lines.y, 'y'), named(&lines.z, 'z')],
            refinements,
            ..hexmesh::Settings::new(self.maximum_frequency.0)
        })
    }
}

impl Refinement {
    fn to_kernel(self, name: &str) -> Result<hexmesh::Refinement, Failure> {
        let (low, high) = (self.min.map(f64::from), self.max.map(f64::from));
        if (0..3).any(|a| low[a] > high[a]) {
            return Err(Code::Mesh
                .because(format!("`mesh/refinements/{name}`: a coordinate of `min` exceeds that of `max`"))
                .remedy("give the corner with the smallest coordinates as `min`"));
        }
        let maximum_step = self.maximum_edge_length.0;
        Ok(hexmesh::Refinement { name: name.to_owned(), low, high, maximum_step })
    }
}
