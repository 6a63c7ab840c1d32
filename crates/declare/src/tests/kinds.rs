//! Kinds as services declare them.
#![allow(dead_code)]

use base::kind::{Arrangement, KindDescriptor, ResultKind};
use base::quantity::{Conductivity, Count, Expression, Frequency, Length, Ratio, Resistance};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::Kinds;

/// A number that expressions use by name.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Parameter {
    value: Expression,
    description: Option<String>,
}

/// What a solid is made of.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Material {
    /// How it fills space.
    #[serde(rename = "type", default)]
    kind: MaterialType,
    /// Relative permittivity.
    #[schemars(extend("exclusiveMinimum" = 0))]
    #[serde(default = "one")]
    epsilon_r: Ratio,
    conductivity: Option<Conductivity>,
}

fn one() -> Ratio {
    Ratio(1.0)
}

#[derive(Default, Deserialize, JsonSchema, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
enum MaterialType {
    /// Fields enter it.
    #[default]
    Volumetric,
    /// A perfect conductor.
    Pec,
}

/// A box along the axes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Cuboid {
    /// One corner.
    min: [Length; 3],
    /// The opposite corner.
    max: [Length; 3],
    #[schemars(extend("x-reference" = "materials", "x-builtin" = ["vacuum", "pec"]))]
    material: Option<String>,
}

/// A round bar.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Cylinder {
    #[schemars(extend("exclusiveMinimum" = 0))]
    radius: Length,
    axis: Axis,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Axis {
    X,
    Y,
    Z,
}

/// Solids without what tools take away.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-rules" = [{"consumes": {"section": "geometry", "unless": "keep"}}]))]
struct Subtract {
    #[schemars(extend("x-reference" = "geometry"))]
    from: String,
    #[schemars(length(min = 1), extend("x-reference" = "geometry"))]
    tools: Vec<String>,
    #[serde(default)]
    keep: bool,
}

/// A solid from a STEP file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Import {
    #[schemars(extend("x-file" = true))]
    file: String,
}

/// How space is cut into cells.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Mesh {
    /// The highest frequency of interest.
    #[schemars(extend("exclusiveMinimum" = 0))]
    maximum_frequency: Frequency,
    #[schemars(range(min = 2, max = 1000))]
    #[serde(default)]
    steps_per_wavelength: Option<Count>,
    #[schemars(range(min = 1.0, max = 10.0))]
    equilibration: Option<f64>,
    #[serde(default)]
    boundary: Sides,
    #[schemars(range(min = 0.001, max = 0.5))]
    #[serde(default = "three_millimetres")]
    largest_step: Length,
    conformal: Option<bool>,
    #[schemars(regex(pattern = r"^[a-z]+$"))]
    label: Option<String>,
}

fn three_millimetres() -> Length {
    Length(0.003)
}

#[derive(Default, Deserialize, JsonSchema, serde::Serialize)]
#[serde(deny_unknown_fields)]
struct Sides {
    #[serde(default)]
    x_min: Distance,
    #[serde(default)]
    x_max: Distance,
}

#[derive(Default, Deserialize, JsonSchema, serde::Serialize)]
#[serde(rename_all = "snake_case")]
enum Distance {
    #[default]
    None,
    Absolute(Length),
    Relative(Ratio),
}

/// A port between two points.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Lumped {
    at: [[Length; 3]; 2],
    impedance: Resistance,
    load: Option<Load>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
enum Load {
    Resistor { value: Resistance },
    Line { length: Length },
}

/// A port in a plane across a guide.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-rules" = [
    {"level": {"points": ["min", "max"], "along": "direction"}},
    {"ordered": ["min", "max"]},
]))]
struct Guide {
    min: [Length; 3],
    max: [Length; 3],
    direction: String,
}

/// A port between two points.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-rules" = [{"apart": {"points": ["start", "end"], "along": "axis"}}]))]
struct Gap {
    start: [Length; 3],
    end: [Length; 3],
    axis: Option<Axis>,
}

/// What is recorded.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-rules" = [
    {"exactly-one": ["frequencies", "interval"]},
    {"at-most-one": ["plane", "box"]},
    {"at-most": {"property": "frequencies", "kind": "fit-td.solver", "limit": "fmax"}},
]))]
struct Monitor {
    frequencies: Option<Vec<Frequency>>,
    interval: Option<Count>,
    plane: Option<Plane>,
    #[serde(rename = "box")]
    within: Option<[Length; 3]>,
}

/// A plane across an axis.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-rules" = [{"exactly-one": ["x", "y", "z"]}]))]
struct Plane {
    x: Option<Length>,
    y: Option<Length>,
    z: Option<Length>,
}

/// What computes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-rules" = [{"less": ["fmin", "fmax"]}, {"needs": "mesh"}, {"needs": "ports"}, {"needs": "elsewhere"}]))]
struct Solver {
    #[serde(default = "one_hertz")]
    fmin: Frequency,
    fmax: Frequency,
}

fn one_hertz() -> Frequency {
    Frequency(1.0)
}

/// A result that is written to a file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Export {
    #[schemars(extend("x-result" = true))]
    of: String,
    #[schemars(extend("x-format-of" = "of"))]
    format: String,
}

pub(super) fn kinds() -> Kinds {
    let result = |kind: &str, path: &str, formats: &[&str]| ResultKind {
        kind: kind.to_owned(),
        title: format!("What is at {path}"),
        path: path.to_owned(),
        formats: formats.iter().map(|&format| format.to_owned()).collect(),
    };
    let results = vec![
        result("modeling.model", "model", &["step", "stl"]),
        result("modeling.body", "model/{modeling.}", &["step"]),
        result("fit-td.s-parameters", "results/{fit-td.solver}/s-parameters", &["touchstone", "csv"]),
        result("fit-td.field", "results/{fit-td.solver}/fields/{fit-td.monitor}", &["vtr"]),
    ];
    Kinds { inputs: inputs(), results }
}

fn inputs() -> Vec<KindDescriptor> {
    use Arrangement::{Map, MapOfKinds, Single};
    let cuboid = json!({"min": [0, 0, 0], "max": ["a", "10 mm", "2*a"], "material": "teflon"});
    vec![
        KindDescriptor::of::<Parameter>("project.parameter", "parameters", Map, "parameter", "Parameter")
            .with_shorthand("value")
            .with_example(json!({"value": "22.86 mm"})),
        KindDescriptor::of::<Material>("project.material", "materials", Map, "material", "Material"),
        KindDescriptor::of::<Cuboid>("modeling.cuboid", "geometry", MapOfKinds, "cuboid", "Cuboid")
            .with_example(cuboid),
        KindDescriptor::of::<Cylinder>("modeling.cylinder", "geometry", MapOfKinds, "cylinder", "Cylinder"),
        KindDescriptor::of::<Subtract>("modeling.subtract", "geometry", MapOfKinds, "subtract", "Subtract"),
        KindDescriptor::of::<Import>("modeling.import", "geometry", MapOfKinds, "import", "STEP import"),
        KindDescriptor::of::<Mesh>("cartesian-mesh.settings", "mesh", Single, "mesh", "Mesh settings")
            .with_example(json!({"maximum_frequency": "12 GHz"})),
        KindDescriptor::of::<Lumped>("fit-td.lumped-port", "ports", MapOfKinds, "lumped", "Lumped port"),
        KindDescriptor::of::<Guide>("fit-td.guide", "ports", MapOfKinds, "guide", "Guide"),
        KindDescriptor::of::<Gap>("fit-td.gap", "ports", MapOfKinds, "gap", "Gap"),
        KindDescriptor::of::<Monitor>("fit-td.monitor", "monitors", Map, "monitor", "Monitor"),
        KindDescriptor::of::<Solver>("fit-td.solver", "solvers", MapOfKinds, "fit-td", "Solver"),
        KindDescriptor::of::<Export>("project.export", "exports", Map, "export", "Export"),
    ]
}
