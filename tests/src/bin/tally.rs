//! A compute service that lives only in the tests: it counts the features of a geometry.
//!
//! It is also what `docs/add-a-service.md` explains, and the proof that a service can be added without a change of any
//! other: the platform is started with `--service tally=<this program>`, and its kind, its action and its result are there.

use std::collections::BTreeMap;
use std::process::ExitCode;

use api::Failure;
use base::kind::{Arrangement, KindDescriptor};
use base::quantity::Count;
use compute::{Action, Description, Job, Program, View};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

/// What is counted.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// Kinds with fewer features than this are left out.
    #[serde(default = "one")]
    #[schemars(extend("minimum" = 1))]
    at_least: Count,
}

fn one() -> Count {
    Count(1)
}

/// Which features are looked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Find {
    /// Their kind, such as `modeling.cuboid`.
    #[schemars(length(min = 1))]
    kind: String,
}

struct Tally;

impl Program for Tally {
    fn describe(&self) -> Description {
        let settings = KindDescriptor::of::<Settings>(
            "tally.settings",
            "tallies",
            Arrangement::MapOfKinds,
            "tally",
            "Tally",
        )
        .with_example(json!({"at_least": 2}));
        Description::new("tally", "Tally", "1")
            .about("Counts the features of a geometry")
            .kind("hash", settings)
            .result_kind("list", "tally.result", "Count of features", "Features by kind")
            .action(
                Action::new("tally.count", "Count features")
                    .about("Counts the features of each kind")
                    .ribbon("hash", "Tally", "Count", 1)
                    .target(&["tally.settings"])
                    .reads(&["modeling."])
                    .result("results/{target}"),
            )
            .result_kind(
                "list",
                "tally.found",
                "Features found",
                "Paths of the features that were looked for",
            )
            .action(
                Action::new("tally.find", "Find features")
                    .about("Lists the features of one kind")
                    .ribbon("list", "Tally", "Count", 2)
                    .arguments::<Find>()
                    .reads(&["modeling."])
                    .result("found"),
            )
            .view(View::new("tally.result", "table", "Features"))
    }

    fn compute(&self, job: &Job) -> Result<(), Failure> {
        match job.action() {
            "tally.find" => find(job),
            _ => count(job),
        }
    }
}

fn find(job: &Job) -> Result<(), Failure> {
    let Find { kind } = serde_json::from_value(job.arguments()?)
        .map_err(|e| api::Code::Invalid.because(format!("the arguments do not fit: {e}")))?;
    let found: Vec<&str> = job.entities().of_kind(&kind).map(|entity| entity.path.as_str()).collect();
    job.put(&job.result(), "tally.found", json!({"inputs": job.inputs(), "features": found}))
}

fn count(job: &Job) -> Result<(), Failure> {
    let entities = job.entities();
    let settings: Settings = entities.typed(entities.get(job.target())?)?;
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for feature in entities.of_kind("modeling.").filter(|e| e.path.starts_with("geometry/")) {
        *counts.entry(feature.kind.as_str()).or_default() += 1;
    }
    counts.retain(|_, count| *count >= settings.at_least.0);
    job.progress().report(1.0, "counted");
    job.put(&job.result(), "tally.result", json!({"inputs": job.inputs(), "counts": counts}))
}

fn main() -> ExitCode {
    compute::main(Tally)
}
