//! Frames of the socket, from text and to text.

use api::{Code, Failure};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::reply::failure_value;

/// What a frame asks for.
#[derive(Debug, PartialEq)]
pub(crate) enum Asked {
    Call { id: u64, path: String, body: Value, session: Option<String> },
    Cancel { id: u64 },
}

/// A frame that makes no sense, with its number if it has one.
#[derive(Debug)]
pub(crate) struct Malformed {
    pub(crate) id: Option<u64>,
    pub(crate) failure: Failure,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    id: u64,
    call: Option<String>,
    #[serde(default)]
    body: Value,
    session: Option<String>,
    #[serde(default)]
    cancel: bool,
}

/// Reads a frame.
pub(crate) fn read(text: &str) -> Result<Asked, Malformed> {
    let malformed = |id, why: &dyn std::fmt::Display| Malformed {
        id,
        failure: Code::Invalid
            .because(format!("this frame makes no sense: {why}"))
            .remedy(r#"send {"id":1,"call":"Service/Method","body":{}} or {"id":1,"cancel":true}"#),
    };
    let value: Value = serde_json::from_str(text).map_err(|e| malformed(None, &e))?;
    let id = value.get("id").and_then(Value::as_u64);
    let fields: Fields = serde_json::from_value(value).map_err(|e| malformed(id, &e))?;
    match fields {
        Fields { id, cancel: true, call: None, .. } => Ok(Asked::Cancel { id }),
        Fields { id, cancel: false, call: Some(call), body, session } => {
            let body = if body.is_null() { json!({}) } else { body };
            Ok(Asked::Call { id, path: format!("/opentwin.v1.{call}"), body, session })
        }
        Fields { id, .. } => Err(malformed(Some(id), &"it is neither a call nor a cancel")),
    }
}

/// One answer of a call.
pub(crate) fn item(id: u64, value: &Value) -> String {
    format!(r#"{{"id":{id},"item":{value}}}"#)
}

/// The good end of a call.
pub(crate) fn end(id: u64) -> String {
    format!(r#"{{"id":{id},"end":true}}"#)
}

/// The bad end of a call; without a number where the frame had none.
pub(crate) fn error(id: Option<u64>, failure: &Failure) -> String {
    json!({"id": id, "error": failure_value(failure)}).to_string()
}

/// What a later item of the same call makes worthless: who looks at what, and how far a run is.
pub(crate) fn superseded_by_next(path: &str, item: &Value) -> Option<String> {
    match path {
        "/opentwin.v1.Project/Watch" => {
            if let Some(presence) = item.get("presence").filter(|v| v.is_object()) {
                return Some(format!("presence {}", presence["client"].as_str().unwrap_or_default()));
            }
            let run = item.get("run").filter(|v| v.is_object())?;
            Some(format!("run {}", run["id"].as_str().unwrap_or_default()))
        }
        "/opentwin.v1.LocalSession/FollowRun" => {
            let alone = item["log"].as_str().is_none_or(str::is_empty) && !item["point"].is_object();
            (alone && item["run"].is_object()).then(|| "run".to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn calls_and_cancels_are_read() {
        let call = read(r#"{"id":1,"call":"Project/Watch","body":{"project":"p"},"session":"s"}"#).unwrap();
        let expected = Asked::Call {
            id: 1,
            path: "/opentwin.v1.Project/Watch".into(),
            body: json!({"project": "p"}),
            session: Some("s".into()),
        };
        assert_eq!(call, expected);
        assert_eq!(read(r#"{"id":7,"cancel":true}"#).unwrap(), Asked::Cancel { id: 7 });
    }

    #[test]
    fn what_makes_no_sense_is_told_with_its_number() {
        for (text, id) in [
            ("", None),
            ("{", None),
            ("[]", None),
            ("null", None),
            (r#"{"id":"x","call":"A/B"}"#, None),
            (r#"{"id":-1,"call":"A/B"}"#, None),
            (r#"{"id":2}"#, Some(2)),
            (r#"{"id":3,"call":5}"#, Some(3)),
            (r#"{"id":4,"call":"A/B","cancel":true}"#, Some(4)),
            (r#"{"id":5,"call":"A/B","extra":1}"#, Some(5)),
        ] {
            assert_eq!(read(text).unwrap_err().id, id, "{text}");
        }
        // Nested beyond what the reader follows: an error, not a full stack.
        assert!(read(&format!(r#"{{"id":1,"body":{}"#, "[".repeat(100_000))).is_err());
    }

    #[test]
    fn only_what_is_worthless_later_is_superseded() {
        let watch = "/opentwin.v1.Project/Watch";
        let of = |path: &str, item: Value| superseded_by_next(path, &item);
        assert_eq!(of(watch, json!({"presence": {"client": "a"}})).as_deref(), Some("presence a"));
        assert_eq!(of(watch, json!({"number": "3", "run": {"id": "r"}})).as_deref(), Some("run r"));
        assert_eq!(of(watch, json!({"number": "4", "version": {}})), None);
        let follow = "/opentwin.v1.LocalSession/FollowRun";
        assert_eq!(of(follow, json!({"run": {}, "log": ""})).as_deref(), Some("run"));
        assert_eq!(of(follow, json!({"run": {}, "log": "hello"})), None);
        assert_eq!(of(follow, json!({"point": {"x": 1}})), None);
        assert_eq!(of("/opentwin.v1.Logger/Tail", json!({"run": {}})), None);
    }
}
