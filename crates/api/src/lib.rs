//! The one contract: protobuf messages, generated clients and servers, the table of errors, and who may call
//! what.

pub mod access;
pub mod error;
pub mod json;
pub mod reads;
mod results;

/// Messages, clients and servers as generated from `proto/opentwin/v1`.
#[allow(missing_docs, clippy::all, rustdoc::all)]
pub mod v1 {
    tonic::include_proto!("opentwin.v1");
}

/// The contract's descriptors (`FileDescriptorSet`, encoded), with its comments.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/contract.bin"));

/// Metadata of an answer with (a part of) a blob: the size of the whole, without which nobody could ask for ranges or
/// tell when all of it will be there.
pub const BLOB_SIZE: &str = "opentwin-size";

pub use error::{Code, Failure};
