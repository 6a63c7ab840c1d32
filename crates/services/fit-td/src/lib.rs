//! The fit-td compute service.
