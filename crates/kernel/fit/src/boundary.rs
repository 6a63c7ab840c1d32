//! What closes the grid on each of its six sides.

use crate::error::{Error, Result};
use crate::grid::{Axis, Grid};

/// A side of the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Side {
    /// Axis normal to the side.
    pub axis: Axis,
    /// True on the side of the largest coordinate.
    pub high: bool,
}

impl Side {
    /// All sides in the order x-min, x-max, y-min, y-max, z-min, z-max.
    pub fn all() -> impl Iterator<Item = Side> {
        Axis::ALL.into_iter().flat_map(|axis| [false, true].map(|high| Side { axis, high }))
    }

    /// `x-min` and so on.
    pub fn name(self) -> &'static str {
        const NAMES: [&str; 6] = ["x-min", "x-max", "y-min", "y-max", "z-min", "z-max"];
        NAMES[self.index()]
    }

    fn index(self) -> usize {
        2 * self.axis.index() + usize::from(self.high)
    }
}

/// Grading of the absorbing layer (CPML, Roden and Gedney 2000) of an open side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Absorber {
    /// Thickness in cells. The layer occupies the *outermost cells of the given grid*: leave
    /// room for it when meshing.
    pub cells: usize,
    /// Exponent m of the polynomial grading of σ and κ.
    pub order: f64,
    /// σ_max as a multiple of (m+1)/(η Δ), the optimum being near 0.8.
    pub sigma: f64,
    /// κ at the outer wall, at least 1.
    pub kappa: f64,
    /// α at the inner face as a multiple of 2π ε₀ f_mid, falling linearly to 0 outwards.
    pub alpha: f64,
}

impl Default for Absorber {
    fn default() -> Self {
        Self { cells: 8, order: 3.0, sigma: 0.8, kappa: 1.0, alpha: 0.1 }
    }
}

/// Boundary condition of one side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Boundary {
    /// Perfect electric conductor: tangential E is 0 on the outermost nodes.
    Pec,
    /// Perfect magnetic conductor: tangential H is 0 in the plane of the outermost nodes, a
    /// symmetry plane of the electric field.
    Pmc,
    /// Absorbing layer inside the grid, backed by a perfect conductor.
    Open(Absorber),
}

/// The six sides, `[axis][low, high]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Boundaries(pub [[Boundary; 2]; 3]);

impl Boundaries {
    /// The same condition on all sides.
    pub fn all(boundary: Boundary) -> Self {
        Self([[boundary; 2]; 3])
    }

    /// The condition of a side.
    pub fn side(&self, side: Side) -> Boundary {
        self.0[side.axis.index()][usize::from(side.high)]
    }

    /// The same with one side replaced.
    pub fn with(mut self, axis: Axis, high: bool, boundary: Boundary) -> Self {
        self.0[axis.index()][usize::from(high)] = boundary;
        self
    }

    /// Thickness in cells of the absorbing layer of a side, 0 if it has none.
    pub(crate) fn layer(&self, side: Side) -> usize {
        match self.side(side) {
            Boundary::Open(a) => a.cells.min(u32::MAX as usize),
            _ => 0,
        }
    }

    /// Whether tangential E is held at 0 on a side's outermost nodes.
    pub(crate) fn conducts(&self, axis: usize, high: bool) -> bool {
        !matches!(self.0[axis][usize::from(high)], Boundary::Pmc)
    }

    pub(crate) fn validate(&self, grid: &Grid) -> Result<()> {
        for side in Side::all() {
            let fail = |reason| Err(Error::Boundary { side: side.name(), reason });
            let Boundary::Open(a) = self.side(side) else { continue };
            let cells = grid.cells()[side.axis.index()];
            let other = self.layer(Side { high: !side.high, ..side });
            let both = self.layer(side).saturating_add(other);
            if a.cells < 2 {
                return fail("an absorbing layer needs at least 2 cells; 8 are usual".into());
            }
            if both >= cells {
                return fail(format!(
                    "absorbing layers take {both} of {cells} cells; extend the grid or thin them"
                ));
            }
            let finite = [a.order, a.sigma, a.kappa, a.alpha].iter().all(|v| v.is_finite());
            if !finite || a.order < 1.0 || a.sigma <= 0.0 || a.kappa < 1.0 || a.alpha < 0.0 {
                return fail("grading wants order ≥ 1, sigma > 0, kappa ≥ 1 and alpha ≥ 0".into());
            }
        }
        Ok(())
    }
}
