//! Messages of the contract as JSON (proto3's mapping) and back, by their descriptors: no message needs code
//! of its own for it.

use std::sync::LazyLock;

use prost::{Message, Name};
use prost_reflect::{
    DescriptorPool, DeserializeOptions, DynamicMessage, MessageDescriptor, MethodDescriptor, SerializeOptions,
};
use serde_json::Value;

use crate::{Code, Failure};

// The descriptors are written by this crate's own build; that they decode is tested below. An empty pool
// would answer every look-up with `not-found`.
static POOL: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(crate::DESCRIPTORS).unwrap_or_default());

/// The contract's descriptors.
pub fn pool() -> &'static DescriptorPool {
    &POOL
}

/// The method of `Service/Method`.
pub fn method(service: &str, method: &str) -> Result<MethodDescriptor, Failure> {
    POOL.get_service_by_name(&format!("opentwin.v1.{service}"))
        .and_then(|found| found.methods().find(|m| m.name() == method))
        .ok_or_else(|| {
            Code::NotFound
                .because(format!("`{service}/{method}` is no method of the contract"))
                .remedy("see the contract's reference in the documentation")
        })
}

/// A message as JSON. Fields that have their default value are written too, so that readers need no table of
/// defaults.
pub fn to_value<M: Message + Name>(message: &M) -> Result<Value, Failure> {
    bytes_to_value(&descriptor::<M>()?, &message.encode_to_vec())
}

/// A message from JSON; unknown keys are refused by name.
pub fn from_value<M: Message + Name + Default>(value: &Value) -> Result<M, Failure> {
    let bytes = value_to_bytes(&descriptor::<M>()?, value)?;
    M::decode(bytes.as_slice()).map_err(|e| Code::Internal.because(format!("cannot decode {}: {e}", M::NAME)))
}

/// An encoded message as JSON.
pub fn bytes_to_value(kind: &MessageDescriptor, bytes: &[u8]) -> Result<Value, Failure> {
    let message = DynamicMessage::decode(kind.clone(), bytes)
        .map_err(|e| Code::Internal.because(format!("cannot decode {}: {e}", kind.full_name())))?;
    message
        .serialize_with_options(
            serde_json::value::Serializer,
            &SerializeOptions::new().skip_default_fields(false),
        )
        .map_err(|e| Code::Internal.because(format!("cannot write {} as JSON: {e}", kind.full_name())))
}

/// JSON as an encoded message.
pub fn value_to_bytes(kind: &MessageDescriptor, value: &Value) -> Result<Vec<u8>, Failure> {
    DynamicMessage::deserialize_with_options(
        kind.clone(),
        value,
        &DeserializeOptions::new().deny_unknown_fields(true),
    )
    .map(|message| message.encode_to_vec())
    .map_err(|e| Code::Invalid.because(format!("this is no {}: {e}", kind.name())))
}

fn descriptor<M: Name>() -> Result<MessageDescriptor, Failure> {
    POOL.get_message_by_name(&M::full_name())
        .ok_or_else(|| Code::Internal.because(format!("{} is not in the contract", M::NAME)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::v1::{ProjectInfo, Right};
    use serde_json::json;

    #[test]
    fn messages_survive_json() {
        let info = ProjectInfo {
            name: "iris".into(),
            right: Right::Editor.into(),
            created_ms: 1 << 60,
            ..Default::default()
        };
        let value = to_value(&info).unwrap();
        assert_eq!(value["right"], "RIGHT_EDITOR");
        assert_eq!(value["createdMs"], (1u64 << 60).to_string());
        assert_eq!(from_value::<ProjectInfo>(&value).unwrap(), info);
    }

    #[test]
    fn unknown_keys_are_refused_by_name() {
        let failure = from_value::<ProjectInfo>(&json!({"nmae": "x"})).unwrap_err();
        assert_eq!(failure.code, Code::Invalid);
        assert!(failure.message.contains("nmae"), "{failure}");
    }

    #[test]
    fn methods_are_found_by_name() {
        assert!(method("Project", "Watch").unwrap().is_server_streaming());
        assert_eq!(method("Project", "Nothing").unwrap_err().code, Code::NotFound);
    }
}
