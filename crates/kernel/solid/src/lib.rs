//! Solid modelling: a feature tree evaluated on OpenCASCADE.
#[allow(unsafe_code)]
mod ffi;
#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::ffi::*;
    use base::progress::Silent;
    #[test]
    fn thin() {
        let a = Shape::cuboid([0.0; 3], [10.0, 10.0, 10.0]).unwrap();
        let b = Shape::cuboid([5.0; 3], [15.0, 15.0, 15.0]).unwrap();
        let c = Shape::boolean(Operation::Subtract, &[&a], &[&b], &Silent).unwrap();
        let m = c.measure().unwrap();
        assert!((m.volume - 875.0).abs() < 1e-9, "{}", m.volume);
        let mesh = c.tessellate(0.1, 0.3, &Silent).unwrap();
        assert_eq!(m.faces, 9);
        assert!(mesh.triangles.len() > 12);
    }
}
