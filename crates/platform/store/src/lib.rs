//! The versioned entity store and its back ends.
