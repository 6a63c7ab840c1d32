//! What is meshed: triangulated solids and their materials. SI units throughout.

use serde::{Deserialize, Serialize};

/// Speed of light in vacuum, m/s (exact by definition of the metre).
pub const LIGHT_SPEED: f64 = 299_792_458.0;

/// A triangulated body, or a sheet, with the coordinates that mesh lines should hit.
#[derive(Debug, Clone, PartialEq)]
pub struct Solid {
    /// Name by which errors and reports speak of it.
    pub name: String,
    /// Corner points, m.
    pub vertices: Vec<[f64; 3]>,
    /// Three vertex indices a triangle. A body is closed: every edge has an even number of
    /// triangles. The sense of rotation does not matter.
    pub triangles: Vec<[u32; 3]>,
    /// For x, y, z: coordinates of axis-normal faces and of axis-parallel edges, m.
    pub snap: [Vec<f64>; 3],
    /// Index into [`Model::materials`].
    pub material: usize,
    /// Where solids overlap the higher priority wins; among equals a conductor before a medium before vacuum, and among
    /// those the later in the list, with a warning.
    pub priority: i32,
    /// An open surface without thickness. Only a perfect conductor can be one.
    pub is_sheet: bool,
}

/// What fills a body.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A linear isotropic medium.
    Volumetric {
        /// Relative permittivity, > 0.
        epsilon_r: f64,
        /// Relative permeability, > 0.
        mu_r: f64,
        /// Electric conductivity, S/m, ≥ 0.
        conductivity: f64,
        /// Magnetic conductivity, Ω/m, ≥ 0.
        magnetic_conductivity: f64,
    },
    /// A perfect electric conductor.
    Pec,
}

impl Kind {
    /// The medium without any property: ε_r = µ_r = 1, no loss.
    pub const VACUUM: Kind =
        Kind::Volumetric { epsilon_r: 1.0, mu_r: 1.0, conductivity: 0.0, magnetic_conductivity: 0.0 };

    /// True for a perfect electric conductor.
    pub fn is_pec(&self) -> bool {
        matches!(self, Kind::Pec)
    }

    /// Speed of a plane wave without loss, c0/√(ε_r µ_r), m/s; none inside a conductor.
    pub fn wave_speed(&self) -> Option<f64> {
        match self {
            Kind::Volumetric { epsilon_r, mu_r, .. } => Some(LIGHT_SPEED / (epsilon_r * mu_r).sqrt()),
            Kind::Pec => None,
        }
    }
}

/// A named filling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Material {
    /// Name by which errors and reports speak of it.
    pub name: String,
    /// Its electromagnetic behaviour.
    pub kind: Kind,
}

/// Everything that is meshed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Model {
    /// Bodies and sheets, in the order of the list.
    pub solids: Vec<Solid>,
    /// Materials; cells refer to them by index.
    pub materials: Vec<Material>,
    /// Index of the material where no solid is.
    pub background: usize,
}
