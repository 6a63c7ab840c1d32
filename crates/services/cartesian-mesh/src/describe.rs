//! What the service declares.

use base::kind::{Arrangement, KindDescriptor};
use compute::{Action, Amount, Description, View};
use serde_json::json;

use crate::settings::Settings;

/// Raised whenever the same inputs may give another mesh.
const REVISION: u32 = 1;

/// What the service declares.
pub fn describe() -> Description {
    let version = format!("{}+{REVISION}", env!("CARGO_PKG_VERSION"));
    Description::new("cartesian-mesh", "Cartesian mesh", &version)
        .about("Divides space into cells along x, y and z, fine where the geometry or the wavelength asks for it.")
        .kind("mesh", settings())
        .result_kind(
            "mesh",
            "cartesian-mesh.mesh",
            "Cartesian mesh",
            "Lines along the axes, the material of every cell, and the edges that are perfect conductors.",
        )
        .files("cartesian-mesh.mesh", "grid", &["grid"])
        .units(
            "cartesian-mesh.mesh",
            &[
                ("/lines", "m"),
                ("/statistics/smallest_step", "m"),
                ("/statistics/largest_step", "m"),
                ("/statistics/step_limit", "m"),
                ("/statistics/step_floor", "m"),
                ("/statistics/time_step", "s"),
                ("/statistics/solids/*/volume", "m³"),
                ("/statistics/solids/*/meshed_volume", "m³"),
                ("/quality/worst_ratio/at", "m"),
            ],
        )
        .action(
            Action::new("cartesian-mesh.mesh", "Mesh")
                .about("Divides the model and the space around it into cells.")
                .ribbon("mesh", "Mesh", "Mesh", 10)
                .requires(&["modeling.build"])
                .reads(&[
                    "cartesian-mesh.settings",
                    "project.material",
                    "project.parameter",
                    "project.units",
                    // Whatever marks places where a line shall be, whoever declares it.
                    "@x-mesh-line",
                ])
                .result("grid")
                // How many cells there will be is what it finds out.
                .memory(Amount::of(192.0 * 1024.0 * 1024.0)),
        )
        .view(View::new("cartesian-mesh.mesh", "scene", "Mesh"))
        .view(View::new("cartesian-mesh.mesh", "table", "Statistics"))
}

fn settings() -> KindDescriptor {
    KindDescriptor::of::<Settings>(
        "cartesian-mesh.settings",
        "mesh",
        Arrangement::Single,
        "mesh",
        "Mesh settings",
    )
    .with_example(json!({
        "maximum_frequency": "12 GHz",
        "steps_per_wavelength": 15,
        "boundary_distance": {"all": "10 mm", "z_min": 0, "x_max": {"relative": 0.2}},
        "lines": {"z": ["5 mm"]},
        "refinements": {
            "slot": {"min": [0, 0, 0], "max": ["1 mm", "1 mm", "1 mm"], "maximum_edge_length": "0.1 mm"}
        }
    }))
}
