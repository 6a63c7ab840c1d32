//! Shapes from files.

use base::progress::Progress;

use crate::build::{factor_of, joined, parts_meet};
use crate::check;
use crate::error::Fault;
use crate::feature::Format;
use crate::ffi::{Motion, Shape, Trouble};
use crate::stl;

pub(crate) fn import(
    bytes: &[u8],
    format: Format,
    scale: f64,
    progress: &dyn Progress,
) -> Result<Shape, Fault> {
    match format {
        Format::Stl => stl::import(bytes, stl_scale(scale)?, progress),
        Format::Step => step(bytes, scale, progress),
    }
}

fn stl_scale(scale: f64) -> Result<f64, Fault> {
    if scale.is_finite() && (1e-12..=1e6).contains(&scale) {
        Ok(scale)
    } else {
        Err(check::fault(
            "scale",
            scale,
            "it must be between 1e-12 and 1e6 (metres for each unit of the file)",
        ))
    }
}

fn step(bytes: &[u8], scale: f64, progress: &dyn Progress) -> Result<Shape, Fault> {
    let factor = factor_of(scale)?;
    // A reader that begins with nonsense reads all of it; the first line tells.
    if !bytes.trim_ascii_start().starts_with(b"ISO-10303-21") {
        return Err(Fault::File { format: "STEP", reason: "it does not begin with ISO-10303-21".to_owned() });
    }
    let shape = Shape::read_step(bytes).map_err(|trouble| match trouble {
        Trouble::Failed(reason) => Fault::File { format: "STEP", reason },
        Trouble::Cancelled => Fault::Cancelled,
    })?;
    let shape = if factor == 1.0 {
        shape
    } else {
        let center = [0.0; 3];
        shape.moved(Motion::Scale { center, factor })?
    };
    // Parts that touch or overlap are one body only once they are joined.
    let parts = shape.solids()?;
    let parts: Vec<&Shape> = parts.iter().collect();
    if parts.len() > 1 && !parts_meet(&parts)?.is_empty() {
        // Only solids can be joined; what else the file holds must not be lost in silence.
        let loose = shape.face_count()?.saturating_sub(Shape::compound(&parts)?.face_count()?);
        if loose > 0 {
            let reason = format!(
                "{loose} of its faces belong to no solid, and its solids touch, so that they cannot be imported as one body: \
                 write the sheets to a file of their own"
            );
            return Err(Fault::File { format: "STEP", reason });
        }
        return joined(&parts, progress);
    }
    Ok(shape)
}
