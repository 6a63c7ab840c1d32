//! Whether what a quota of the namespace refuses could ever be had.

/// The first thing of which more is asked for than the whole quota gives, as `requests.memory: 5Gi of 4Gi`, in the
/// message of a refusal: `exceeded quota: NAME, requested: A=1,B=2, used: A=3,B=4, limited: A=5,B=6`.
pub(crate) fn beyond(message: &str) -> Option<(String, String)> {
    let requested = list(message, "requested: ");
    let limited = list(message, "limited: ");
    requested.into_iter().find_map(|(name, asked)| {
        let (_, given) = limited.iter().find(|(known, _)| *known == name)?;
        (quantity(asked)? > quantity(given)?)
            .then(|| (name.to_owned(), format!("{name}: {asked} of {given}")))
    })
}

/// Name and quantity of each thing after a word. A list ends where a comma is followed by a blank.
fn list<'a>(message: &'a str, word: &str) -> Vec<(&'a str, &'a str)> {
    let Some((_, rest)) = message.split_once(word) else { return Vec::new() };
    let own = rest.split(", ").next().unwrap_or(rest);
    own.split(',').filter_map(|pair| pair.trim().split_once('=')).collect()
}

/// A quantity as Kubernetes writes it.
fn quantity(text: &str) -> Option<f64> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[number.len()..] {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => 1_048_576.0,
        "Gi" => 1_073_741_824.0,
        "Ti" => 1_099_511_627_776.0,
        "Pi" => 1_125_899_906_842_624.0,
        "Ei" => 1_152_921_504_606_846_976.0,
        _ => return None,
    };
    Some(number.parse::<f64>().ok()? * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_use_passes_and_what_was_never_given_does_not() {
        let used = "exceeded quota: q, requested: pods=1,requests.memory=5Gi, used: pods=9,requests.memory=7Gi, limited: \
                    pods=9,requests.memory=8Gi";
        assert_eq!(beyond(used), None);
        let beyond_it = beyond(&used.replace("requests.memory=5Gi", "requests.memory=8193Mi"));
        let told = beyond_it.map(|(_, told)| told);
        assert_eq!(told.as_deref(), Some("requests.memory: 8193Mi of 8Gi"));
        let none = "exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0";
        assert_eq!(beyond(none).map(|(name, _)| name).as_deref(), Some("pods"));
        assert_eq!(beyond("exceeded quota"), None);
    }

    #[test]
    fn quantities_are_read_as_kubernetes_writes_them() {
        for (text, value) in
            [("500m", 0.5), ("2", 2.0), ("1k", 1e3), ("1e3", 1e3), ("1.5Gi", 1.5 * 1_073_741_824.0)]
        {
            assert_eq!(quantity(text), Some(value), "{text}");
        }
        assert_eq!((quantity("many"), quantity("1X"), quantity("")), (None, None, None));
    }
}
