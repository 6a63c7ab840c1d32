//! Point terms that ports add to the updates.

use crate::coefficients::Kind;

/// Adds `weight · value[slot]` to one voltage after its update in each step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Term {
    pub component: usize,
    /// Position in the plane, j·(nx+1) + i.
    pub at: usize,
    pub weight: f64,
    pub slot: usize,
}

/// The terms of all planes.
pub(crate) struct Sources {
    e: Vec<Vec<Term>>,
    h: Vec<Vec<Term>>,
}

impl Sources {
    pub fn new(planes: usize) -> Self {
        Self { e: vec![Vec::new(); planes], h: vec![Vec::new(); planes] }
    }

    pub fn add(&mut self, kind: Kind, plane: usize, term: Term) {
        match kind {
            Kind::E => self.e[plane].push(term),
            Kind::H => self.h[plane].push(term),
        }
    }

    pub fn apply(&self, kind: Kind, plane: usize, values: &[f64], f: &mut [&mut [f32]; 3]) {
        let terms = match kind {
            Kind::E => &self.e[plane],
            Kind::H => &self.h[plane],
        };
        for t in terms {
            f[t.component][t.at] += (t.weight * values[t.slot]) as f32;
        }
    }
}
