//! Names, ids, units, expressions: what every layer speaks, without I/O.

pub mod bytes;
pub mod common;
pub mod expression;
pub mod identity;
pub mod kind;
pub mod progress;
pub mod quantity;
pub mod rule;
pub mod schema;
pub mod spelling;
pub mod units;
pub mod view;
