//! The solver.

use base::quantity::{Count, Frequency, Ratio};
use schemars::JsonSchema;
use serde::Deserialize;

/// Drives one port after the other with a Gaussian pulse over a band, follows the fields until their energy has
/// gone, and gives S-parameters.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-rules" = [{"less": ["fmin", "fmax"]}, {"needs": "mesh"}, {"needs": "ports"}]))]
pub struct Solver {
    /// Lowest frequency of the band.
    #[serde(default = "zero")]
    #[schemars(extend("minimum" = 0))]
    pub fmin: Frequency,
    /// Highest frequency of the band.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub fmax: Frequency,
    /// Frequencies at which S-parameters are computed, evenly spaced over the band.
    #[serde(default = "samples")]
    #[schemars(extend("minimum" = 1, "maximum" = 1_000_000))]
    pub samples: Count,
    /// Ports to drive, each in a run of its own; all where nothing is said.
    #[serde(default)]
    #[schemars(length(min = 1), extend("x-reference" = "ports"))]
    pub active_ports: Option<Vec<String>>,
    /// Most time steps of one run.
    #[serde(default = "steps")]
    #[schemars(extend("minimum" = 1))]
    pub max_steps: Count,
    /// A run ends once the energy has fallen to this part of its largest value; 1e-5 is -50 dB.
    #[serde(default = "stop")]
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
    pub energy_stop: Ratio,
    /// Time step as a part of the largest stable one.
    #[serde(default = "courant")]
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1))]
    pub courant: Ratio,
    /// Steps from one checkpoint to the next, besides those that are saved about every 30 s.
    #[serde(default)]
    #[schemars(extend("minimum" = 1))]
    pub checkpoint_interval: Option<Count>,
}

fn zero() -> Frequency {
    Frequency(0.0)
}

fn samples() -> Count {
    Count(1001)
}

fn steps() -> Count {
    Count(100_000)
}

fn stop() -> Ratio {
    Ratio(1e-5)
}

fn courant() -> Ratio {
    Ratio(0.99)
}
