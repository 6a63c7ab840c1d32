//! The service.

use api::Failure;
use base::progress::Progress;
use compute::{Description, Job, Program};
use solid::Error;

use crate::{bodies, describe, failure, inherit, model};

/// Builds models.
#[derive(Clone, Copy, Debug, Default)]
pub struct Modeling;

/// Part of the progress that building the features takes; describing the bodies takes the rest.
const BUILT: f64 = 0.6;

impl Program for Modeling {
    fn describe(&self) -> Description {
        describe()
    }

    fn compute(&self, job: &Job) -> Result<(), Failure> {
        let read = model::read(job.entities(), &|entity| Ok(job.blob(entity, "file")?.to_vec()))?;
        let fail = |error: Error| match error {
            Error::Cancelled => job.cancelled(),
            error => failure::of(&error),
        };
        let solids = solid::evaluate(&read.model, &Span::new(job.progress(), 0.0, BUILT)).map_err(fail)?;
        let fillings = inherit::fillings(&read);
        let mut made = Vec::with_capacity(solids.len());
        for (place, (name, body)) in solids.iter().enumerate() {
            if job.progress().cancelled() {
                return Err(job.cancelled());
            }
            let share = (1.0 - BUILT) / solids.len() as f64;
            let from = BUILT + share * place as f64;
            let span = Span::new(job.progress(), from, from + share);
            let filling = fillings.get(name).cloned().unwrap_or_default();
            let described = bodies::describe(name, body, &filling, &span).map_err(fail)?;
            let names = ["mesh", "view", "stl", "step", "brep"];
            let blobs = names.into_iter().zip(described.files.map(Into::into));
            let path = format!("{}/{name}", job.result());
            job.put_with(&path, "modeling.body", described.properties, blobs)?;
            made.push((name.to_owned(), described.triangles));
        }
        let whole = bodies::whole(&solids, &made).map_err(fail)?;
        let blobs = whole.into_iter().map(|(name, bytes)| (name, bytes.into()));
        job.log(&format!("{} bodies", made.len()));
        job.put_with(&job.result(), "modeling.model", bodies::overview(&solids, job.inputs()), blobs)
    }
}

/// Progress of a part of the work.
pub(crate) struct Span<'a> {
    whole: &'a dyn Progress,
    from: f64,
    to: f64,
}

impl<'a> Span<'a> {
    /// The part between two fractions.
    pub(crate) fn new(whole: &'a dyn Progress, from: f64, to: f64) -> Self {
        Self { whole, from, to }
    }
}

impl Progress for Span<'_> {
    fn report(&self, done: f64, what: &str) {
        self.whole.report(self.from + (self.to - self.from) * done.clamp(0.0, 1.0), what);
    }

    fn cancelled(&self) -> bool {
        self.whole.cancelled()
    }
}
