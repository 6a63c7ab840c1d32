//! The cartesian-mesh compute service: from the bodies of the model to a graded Cartesian mesh.
//!
//! It reads the bodies that `modeling.build` wrote, their materials and the settings of the mesh, and whatever
//! other services' entities mark as a place for a mesh line ([`planes`]); the `hexmesh` kernel does the rest.

pub mod settings;

mod bodies;
mod describe;
mod failure;
mod grid;
mod planes;
mod triangles;

#[cfg(test)]
mod tests;

use api::{Code, Failure};
use compute::{Description, Job, Program};
use hexmesh::Error;

pub use describe::describe;

/// Makes meshes.
#[derive(Clone, Copy, Debug, Default)]
pub struct CartesianMesh;

impl Program for CartesianMesh {
    fn describe(&self) -> Description {
        describe()
    }

    fn compute(&self, job: &Job) -> Result<(), Failure> {
        let entities = job.entities();
        let settings = settings::read(entities)?;
        let model = bodies::model(entities, &settings.background, &|body| job.blob(body, "mesh"))?;
        let mut settings = settings.to_kernel()?;
        planes::add(entities, &mut settings.fixed_lines)?;
        if let Some(limit) = job.memory_limit() {
            settings.memory_limit = limit;
        }
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(job.cores())
            .build()
            .map_err(|e| Code::Internal.because(format!("no threads to mesh with: {e}")))?;
        let made = pool.install(|| hexmesh::generate(&model, &settings, job.progress()));
        let made = made.map_err(|error| match error {
            Error::Cancelled => job.cancelled(),
            error => failure::of(&error),
        })?;
        let warnings: Vec<String> = made.quality.warnings.iter().map(ToString::to_string).collect();
        warnings.iter().for_each(|text| job.warn(text));
        let [nx, ny, nz] = made.mesh.cells();
        job.log(&format!("{} cells ({nx} × {ny} × {nz})", made.statistics.cells));
        let properties = grid::properties(&made, &warnings, job.inputs())?;
        job.put_with(&job.result(), "cartesian-mesh.mesh", properties, [("grid", made.mesh.encode().into())])
    }
}
