//! The fit-td compute service: transient electromagnetics on the Cartesian mesh.
//!
//! It lays ports, boundaries and monitors of a project on the mesh that `cartesian-mesh.mesh` wrote ([`problem`]),
//! runs the `fit` kernel with checkpoints ([`run`]) and writes S-parameters, signals, energy and fields
//! ([`results`]).

pub mod kinds;

mod band;
mod describe;
mod extend;
mod failure;
mod names;
mod problem;
mod resolution;
mod results;
mod run;
mod sides;
mod state;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use api::{Code, Failure};
use bytes::Bytes;
use compute::{Description, Job, Program};
use hexmesh::Mesh;

pub use describe::describe;

/// Solves Maxwell's equations in time.
#[derive(Clone, Copy, Debug, Default)]
pub struct FitTd;

impl Program for FitTd {
    fn describe(&self) -> Description {
        describe()
    }

    fn compute(&self, job: &Job) -> Result<(), Failure> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(job.cores())
            .build()
            .map_err(|e| Code::Internal.because(format!("no threads to compute with: {e}")))?;
        pool.install(|| solve(job))
    }
}

fn solve(job: &Job) -> Result<(), Failure> {
    let entities = job.entities();
    let limit = job.memory_limit().unwrap_or(hexmesh::codec::DECODE_LIMIT);
    let mesh = Mesh::decode_within(&job.blob(entities.get("grid")?, "grid")?, limit)
        .map_err(|e| Code::Corrupt.because(format!("`grid`: {e}")))?;
    let setup = problem::read(entities, job.target(), mesh, job.memory_limit())?;
    job.log(&format!(
        "{} nodes, about {} MiB",
        setup.problem.grid.node_count(),
        setup.problem.memory_estimate() >> 20
    ));
    // Before the run, which may be long: whoever follows it may want to stop it.
    setup.doubts.iter().chain(&setup.unseen).for_each(|warning| job.warn(warning));
    let problem = Arc::new(setup.problem);
    let plan = run::Plan { problem: problem.clone(), target: job.target(), every: setup.checkpoint_interval };
    let (solution, snapshots) = run::drive(&plan, job)?;
    let found = results::doubts(&solution, &problem);
    found.iter().chain(&results::full(&problem, &snapshots)).for_each(|warning| job.warn(warning));
    let doubts = [setup.doubts, found].concat();
    for entity in results::all(&problem, &solution, &snapshots, &doubts, &job.result(), job.inputs())? {
        let blobs = entity.blobs.into_iter().map(|(name, bytes)| (name, Bytes::from(bytes)));
        job.put_with(&entity.path, entity.kind, entity.properties, blobs)?;
    }
    Ok(())
}
