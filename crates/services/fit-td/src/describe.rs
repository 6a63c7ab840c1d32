//! What the service declares.

use base::kind::{Arrangement, KindDescriptor};
use compute::{Action, Amount, Description, View};
use serde_json::json;

use crate::kinds::{Boundaries, LumpedPort, Monitor, Solver, WaveguidePort};

/// Raised whenever the same inputs may give other results.
const REVISION: u32 = 4;

/// Bytes that the program takes whatever the mesh is.
const MEMORY: f64 = 128.0 * 1024.0 * 1024.0;

/// Bytes for each cell: fields (24) and as much again while a checkpoint is saved, materials and conductors (4), coefficients
/// where one row in four along x is unlike all others (12). What is reckoned too low is known once the mesh is read.
const MEMORY_PER_CELL: f64 = 64.0;

/// Bytes for each face on the outside: eight cells of an absorbing layer behind it, with two numbers at each of 15 places
/// deep (120), and as much again in a checkpoint. Field monitors come on top.
const MEMORY_PER_FACE: f64 = 8.0 * MEMORY_PER_CELL + 240.0;

/// A small problem is done in seconds: it need not have a core of its own.
const LEAST_CORES: f64 = 0.2;

/// Below this share of a core for each cell, threads wait for each other longer than they compute.
const CORES_PER_CELL: f64 = 1.0 / 250_000.0;

/// More cores find no more memory bandwidth on most machines.
const MOST_CORES: f64 = 16.0;

/// What the service declares.
pub fn describe() -> Description {
    let version = format!("{}+{REVISION}", env!("CARGO_PKG_VERSION"));
    let description = Description::new("fit-td", "Transient solver (FIT)", &version).about(
        "Solves Maxwell's equations in time on a Cartesian mesh, by the finite integration technique.",
    );
    views(results(inputs(description))).action(
        Action::new("fit-td.solve", "Solve")
            .about("Drives the ports one after the other and computes S-parameters, signals and fields.")
            .ribbon("run", "Solve", "Solver", 10)
            .target(&["fit-td.solver"])
            .requires(&["cartesian-mesh.mesh"])
            .reads(&[
                "fit-td.lumped-port",
                "fit-td.waveguide-port",
                "fit-td.boundaries",
                "fit-td.monitor",
                "project.parameter",
                "project.units",
            ])
            .result("results/{target}")
            .resumable()
            .memory(Amount::of(MEMORY).plus("grid", "/statistics/cells", MEMORY_PER_CELL).plus(
                "grid",
                "/statistics/outer_faces",
                MEMORY_PER_FACE,
            ))
            .cores(
                Amount::of(LEAST_CORES).plus("grid", "/statistics/cells", CORES_PER_CELL).at_most(MOST_CORES),
            ),
    )
}

fn inputs(description: Description) -> Description {
    use Arrangement::{Map, MapOfKinds, Single};
    description
        .kind(
            "port",
            KindDescriptor::of::<LumpedPort>(
                "fit-td.lumped-port",
                "ports",
                MapOfKinds,
                "lumped",
                "Lumped port",
            )
            .with_example(json!({"start": [0, 0, "1.6 mm"], "end": [0, 0, 0], "impedance": "50 ohm"})),
        )
        .kind(
            "waveguide",
            KindDescriptor::of::<WaveguidePort>(
                "fit-td.waveguide-port",
                "ports",
                MapOfKinds,
                "waveguide",
                "Waveguide port",
            )
            .with_example(json!({"min": [0, 0, 0], "max": ["22.86 mm", "10.16 mm", 0],
                                 "direction": "+z", "mode": [1, 0]})),
        )
        .kind(
            "boundaries",
            KindDescriptor::of::<Boundaries>(
                "fit-td.boundaries",
                "boundaries",
                Single,
                "boundaries",
                "Boundaries",
            )
            .with_example(json!({"all": "pec", "z_min": "open", "z_max": "open"})),
        )
        .kind(
            "monitor",
            KindDescriptor::of::<Monitor>("fit-td.monitor", "monitors", Map, "monitor", "Field monitor")
                .with_example(json!({"field": "E", "frequencies": ["10 GHz"], "plane": {"y": "5.08 mm"}})),
        )
        .kind(
            "wave",
            KindDescriptor::of::<Solver>(
                "fit-td.solver",
                "solvers",
                MapOfKinds,
                "fit-td",
                "Transient solver",
            )
            .with_example(json!({"fmin": "8 GHz", "fmax": "12 GHz", "samples": 401, "active_ports": ["1"],
                                 "energy_stop": 1e-6})),
        )
}

fn results(description: Description) -> Description {
    description
        .result_kind("folder", "fit-td.result", "Results", "What a run of the solver gave.")
        .result_kind("plot", "fit-td.s-parameters", "S-parameters", "Scattering parameters over frequency.")
        .result_kind(
            "plot",
            "fit-td.signals",
            "Port signals",
            "Voltages and currents of the ports over time.",
        )
        .result_kind("plot", "fit-td.energy", "Energy", "Energy of the fields over time.")
        .result_kind("field", "fit-td.field", "Field", "The field that a monitor recorded.")
        .files(
            "fit-td.s-parameters",
            "results/{fit-td.solver}/s-parameters",
            &["touchstone", "touchstone2", "csv", "series"],
        )
        .files("fit-td.signals", "results/{fit-td.solver}/signals", &["csv", "series"])
        .files("fit-td.energy", "results/{fit-td.solver}/energy", &["csv", "series"])
        .files("fit-td.field", "results/{fit-td.solver}/fields/{fit-td.monitor}", &["vtr", "nc"])
        .units(
            "fit-td.result",
            &[
                ("/statistics/time", "s"),
                ("/statistics/time_step", "s"),
                ("/statistics/energy_db", "dB"),
                ("/statistics/memory_bytes", "B"),
                ("/statistics/runs/*/time", "s"),
                ("/statistics/runs/*/energy_db", "dB"),
            ],
        )
        .units(
            "fit-td.s-parameters",
            &[
                ("/reference_impedance", "Ω"),
                ("/cutoff", "Hz"),
                ("/frequency_range", "Hz"),
                ("/minima/*/frequency", "Hz"),
                ("/minima/*/db", "dB"),
            ],
        )
        .units("fit-td.signals", &[("/time_step", "s"), ("/series_step", "s")])
        .units(
            "fit-td.field",
            &[
                ("/extent", "m"),
                ("/frequencies", "Hz"),
                ("/times", "s"),
                ("/maximum", "/unit"),
                ("/arrays/*/frequency", "Hz"),
                ("/arrays/*/time", "s"),
                ("/arrays/*/maximum", "/unit"),
            ],
        )
}

fn views(description: Description) -> Description {
    description
        .view(View::new("fit-td.s-parameters", "series", "S-parameters").settings(&json!({"part": "dB"})))
        .view(View::new("fit-td.s-parameters", "smith", "Smith chart"))
        .view(View::new("fit-td.s-parameters", "table", "Table"))
        .view(View::new("fit-td.signals", "series", "Port signals"))
        .view(View::new("fit-td.energy", "series", "Energy"))
        .view(View::new("fit-td.field", "field", "Field"))
        .view(View::new("fit-td.field", "scene", "In 3-D"))
        .view(View::new("fit-td.result", "table", "Statistics"))
}
