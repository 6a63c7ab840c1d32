//! The one contract: protobuf messages, generated clients and servers, the table of errors.
