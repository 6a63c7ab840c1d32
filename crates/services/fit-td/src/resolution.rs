//! Whether the mesh is fine enough for the band of the solver.

use base::units::{self, Dimension};
use fit::{Axis, Grid, Materials, Window};

use crate::problem::Domain;

/// Fewest cells per wavelength that nobody need be told of. With ten, waves are too slow by up to 1.7 % of their speed, 6° a
/// wavelength; `docs/theory/fit-td.md` has the reckoning.
const FEWEST: f64 = 10.0;

/// What to say of a mesh too coarse for waves of `fmax` (Hz); `names` are those of its materials.
pub(crate) fn warning(
    grid: &Grid,
    materials: &Materials,
    names: &[String],
    domain: &Domain,
    fmax: f64,
    target: &str,
) -> Option<String> {
    // Layers around the mesh repeat its outermost cells: what is too coarse is named where people can see it.
    let node = |corner: [f64; 3]| Axis::ALL.map(|axis| grid.nearest(axis, corner[axis.index()]));
    let mesh = Window { low: node(domain.min), high: node(domain.max) };
    let found = fit::coarsest(grid, materials, fmax, mesh)?;
    // A mesh made for just ten has ten to rounding.
    if found.cells_per_wavelength > FEWEST * (1.0 - 1e-6) {
        return None;
    }
    Some(format!(
        "`{target}`: the mesh has only {:.1} cells per wavelength at {} in `{}`, along {} near {}, so waves are up to {:.0} % \
         too slow there: raise `maximum_frequency` or `steps_per_wavelength` of `mesh`, or lower `fmax`",
        (found.cells_per_wavelength * 10.0).floor() / 10.0,
        units::format(fmax, Dimension::FREQUENCY),
        names.get(usize::from(found.material)).map_or("", String::as_str),
        found.axis.letter(),
        found.at,
        100.0 * found.slowness(),
    ))
}
