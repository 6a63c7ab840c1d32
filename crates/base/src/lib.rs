//! Names, ids, units, expressions: what every layer speaks, without I/O.

pub mod identity;
pub mod progress;
