//! Coordinates in messages.

use std::fmt;

use base::units::{self, Dimension};

/// A place in m; shown with the unit that suits each coordinate: `x = 1.25 mm, y = 0 m, z = 30 mm`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place(pub [f64; 3]);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Six digits find the place; more would be rounding.
        let [x, y, z] =
            self.0.map(|at| units::format(format!("{at:.5e}").parse().unwrap_or(at), Dimension::LENGTH));
        write!(f, "x = {x}, y = {y}, z = {z}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_read_well() {
        let place = Place([0.1 * 0.0125, 0.0, -12.0 * 1.27e-3]);
        assert_eq!(place.to_string(), "x = 1.25 mm, y = 0 m, z = -15.24 mm");
    }
}
