//! From features to bodies.

use base::progress::Progress;

use crate::body::{Body, Solids};
use crate::build::{Input, build};
use crate::error::{Error, Fault};
use crate::feature::Model;
use crate::ffi::Shape;
use crate::plan::plan;

/// Builds every feature after those that it uses; the bodies of the result are the features that
/// none consumes, in the order of the list.
///
/// `progress` hears the name of each feature and is asked between features, and during booleans,
/// whether to go on.
///
/// # Errors
/// References that lead nowhere, in rings or twice to the same shape; a feature with impossible
/// parameters or that OpenCASCADE cannot build; [`Error::Cancelled`].
pub fn evaluate(model: &Model, progress: &dyn Progress) -> Result<Solids, Error> {
    let plan = plan(model)?;
    let total = plan.order.len().max(1) as f64;
    let mut shapes: Vec<Option<Shape>> = model.features.iter().map(|_| None).collect();
    for (done, &place) in plan.order.iter().enumerate() {
        let named = &model.features[place];
        if progress.cancelled() {
            return Err(Error::Cancelled);
        }
        progress.report(done as f64 / total, &named.name);
        let inputs: Vec<Input<'_>> =
            plan.uses[place].iter().filter_map(|&used| shapes[used].as_ref()).collect();
        let shape = build(&named.feature, &inputs, progress)
            .map_err(|fault| Error::of(&named.name, named.feature.kind(), fault))?;
        shapes[place] = Some(shape);
    }
    let mut bodies = Vec::new();
    for (place, shape) in shapes.into_iter().enumerate() {
        let named = &model.features[place];
        if let (Some(shape), false) = (shape, plan.consumed[place]) {
            let body = Body::new(shape)
                .map_err(|trouble| Error::of(&named.name, named.feature.kind(), Fault::from(trouble)))?;
            bodies.push((named.name.clone(), body));
        }
    }
    progress.report(1.0, "bodies");
    Ok(Solids::new(bodies))
}
