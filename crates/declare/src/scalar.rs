use serde_json::{Number, Value};

/// What a plain scalar means in YAML 1.2 (core schema): nothing, a truth value, a number or text.
/// What is no finite number stays text.
pub(crate) fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    if let Some(digits) = text.strip_prefix("0x") {
        return u64::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+')).map(Number::from);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return u64::from_str_radix(digits, 8).ok().filter(|_| !digits.starts_with('+')).map(Number::from);
    }
    let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    if !plain || !text.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    if let Ok(whole) = text.parse::<u64>() {
        return Some(Number::from(whole));
    }
    if let Ok(whole) = text.parse::<i64>() {
        return Some(Number::from(whole));
    }
    Number::from_f64(text.parse::<f64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn scalars_mean_what_yaml_1_2_says() {
        for (text, value) in [
            ("12", json!(12)),
            ("-3", json!(-3)),
            ("0x1F", json!(31)),
            ("1.5e3", json!(1500.0)),
            (".5", json!(0.5)),
            ("true", json!(true)),
            ("~", json!(null)),
            ("", json!(null)),
            ("no", json!("no")),
            ("12 GHz", json!("12 GHz")),
            ("1_000", json!("1_000")),
            (".inf", json!(".inf")),
            ("1e999", json!("1e999")),
            ("-", json!("-")),
            ("e", json!("e")),
            ("1-2", json!("1-2")),
        ] {
            assert_eq!(resolve(text), value, "{text}");
        }
    }
}
