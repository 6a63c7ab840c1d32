//! What the service declares.

use base::kind::{Arrangement, KindDescriptor};
use compute::{Action, Amount, Description, View};
use schemars::JsonSchema;
use serde_json::{Value, json};

use crate::kinds;

/// Raised whenever the same inputs may give other bodies.
const REVISION: u32 = 3;

/// What the service declares.
pub fn describe() -> Description {
    let version = format!("{}+{REVISION}", env!("CARGO_PKG_VERSION"));
    let description = Description::new("modeling", "Modeling", &version).about(
        "Builds solids from features: primitives, booleans, motions, patterns, rounded edges, imports.",
    );
    let features = derived(primitives(description));
    // By name: `modeling.` would take the bodies that the action writes for inputs.
    let kinds: Vec<String> = features.clone().into_wire().kinds.into_iter().map(|kind| kind.kind).collect();
    let mut reads: Vec<&str> = kinds.iter().map(String::as_str).collect();
    reads.extend(["project.parameter", "project.units"]);
    results(features)
        .action(
            Action::new("modeling.build", "Build")
                .about("Builds all features anew, in the order in which they use each other.")
                .ribbon("build", "Model", "Model", 10)
                .reads(&reads)
                .result("model")
                // What a shape takes is not told by its features.
                .memory(Amount::of(384.0 * 1024.0 * 1024.0)),
        )
        .view(View::new("modeling.model", "scene", "Model"))
        .view(View::new("modeling.body", "scene", "Body"))
        .view(View::new("modeling.body", "table", "Measures"))
}

/// A kind of feature whose name is the word for it.
fn kind<T: JsonSchema>(word: &str, title: &str, example: Value) -> KindDescriptor {
    let name = format!("modeling.{word}");
    KindDescriptor::of::<T>(&name, "geometry", Arrangement::MapOfKinds, word, title).with_example(example)
}

fn primitives(description: Description) -> Description {
    use kinds::{
        Cone, Cuboid, Cylinder, Extrusion, ImportStep, ImportStl, Pyramid, Revolution, Sphere, Torus,
    };
    let zero = [0, 0, 0];
    let above = json!([0, 0, "5 mm"]);
    description
        .kind(
            "cuboid",
            kind::<Cuboid>(
                "cuboid",
                "Cuboid",
                json!({"min": zero, "max": ["a", "a/2", "1.6 mm"], "material": "pec"}),
            ),
        )
        .kind(
            "cylinder",
            kind::<Cylinder>("cylinder", "Cylinder", json!({"from": zero, "to": above, "radius": "2 mm"})),
        )
        .kind(
            "cone",
            kind::<Cone>(
                "cone",
                "Cone",
                json!({"from": zero, "to": above, "radius_from": "2 mm", "radius_to": "1 mm"}),
            ),
        )
        .kind("sphere", kind::<Sphere>("sphere", "Sphere", json!({"center": above, "radius": "2 mm"})))
        .kind(
            "torus",
            kind::<Torus>(
                "torus",
                "Torus",
                json!({"axis": "z", "major_radius": "5 mm", "minor_radius": "1 mm"}),
            ),
        )
        .kind(
            "pyramid",
            kind::<Pyramid>(
                "pyramid",
                "Pyramid",
                json!({"axis": "z", "base": ["4 mm", "4 mm"], "top": ["1 mm", "1 mm"], "height": "3 mm"}),
            ),
        )
        .kind(
            "extrude",
            kind::<Extrusion>(
                "extrusion",
                "Extruded polygon",
                json!({"polygon": [[0, 0], ["4 mm", 0], [0, "3 mm"]], "normal": "z", "height": "1 mm"}),
            ),
        )
        .kind(
            "revolve",
            kind::<Revolution>(
                "revolution",
                "Revolved polygon",
                json!({"polygon": [[0, 0], ["4 mm", 0], [0, "3 mm"]], "axis": "z", "angle": "90 deg"}),
            ),
        )
        .kind("import", kind::<ImportStep>("import-step", "STEP file", json!({"file": "housing.step"})))
        .kind(
            "import",
            kind::<ImportStl>("import-stl", "STL file", json!({"file": "knob.stl", "unit": "1 mm"})),
        )
}

fn derived(description: Description) -> Description {
    use kinds::{
        Add, Blend, Chamfer, CircularPattern, Intersect, LinearPattern, Mirror, Rotate, Scale, Subtract,
        Translate,
    };
    description
        .kind("union", kind::<Add>("add", "Add", json!({"of": ["block", "post"]})))
        .kind(
            "subtract",
            kind::<Subtract>(
                "subtract",
                "Subtract",
                json!({"from": "block", "tools": ["hole"], "keep": false}),
            ),
        )
        .kind("intersect", kind::<Intersect>("intersect", "Intersect", json!({"of": ["block", "ball"]})))
        .kind(
            "translate",
            kind::<Translate>("translate", "Translate", json!({"of": "block", "by": [0, 0, "2*h"]})),
        )
        .kind(
            "rotate",
            kind::<Rotate>("rotate", "Rotate", json!({"of": "block", "axis": "z", "angle": "45 deg"})),
        )
        .kind("scale", kind::<Scale>("scale", "Scale", json!({"of": "block", "factor": 2})))
        .kind(
            "mirror",
            kind::<Mirror>("mirror", "Mirror", json!({"of": "block", "normal": "x", "keep": true})),
        )
        .kind(
            "pattern",
            kind::<LinearPattern>(
                "linear-pattern",
                "Pattern in a row",
                json!({"of": "via", "by": ["1 mm", 0, 0], "count": 5}),
            ),
        )
        .kind(
            "pattern",
            kind::<CircularPattern>(
                "circular-pattern",
                "Pattern about an axis",
                json!({"of": "hole", "axis": [0, 0, 1], "angle": "60 deg", "count": 6}),
            ),
        )
        .kind(
            "chamfer",
            kind::<Chamfer>(
                "chamfer",
                "Chamfer",
                json!({"of": "block", "edges": [["5 mm", 0, "10 mm"]], "distance": "1 mm"}),
            ),
        )
        .kind(
            "blend",
            kind::<Blend>("blend", "Blend", json!({"of": "block", "edges": "all", "radius": "1 mm"})),
        )
}

fn results(description: Description) -> Description {
    description
        .result_kind("folder", "modeling.model", "Model", "All bodies that the features give.")
        .result_kind("cuboid", "modeling.body", "Body", "A body that no other feature consumes.")
        .files("modeling.model", "model", &["step", "stl"])
        .files("modeling.body", "model/{modeling.}", &["step", "stl", "brep"])
        .units("modeling.model", &[("/bounding_box", "m")])
        .units(
            "modeling.body",
            &[
                ("/volume", "m³"),
                ("/area", "m²"),
                ("/bounding_box", "m"),
                ("/snap", "m"),
                ("/faces/*/area", "m²"),
                ("/faces/*/center", "m"),
                ("/edges/*/corner", "m"),
                ("/edges/*/length", "m"),
                ("/edges/*/start", "m"),
                ("/edges/*/middle", "m"),
                ("/edges/*/end", "m"),
            ],
        )
}
