//! The cartesian-mesh compute service.
