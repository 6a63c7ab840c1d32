//! Names of ports in order, and of the curves that they make.

use std::cmp::Ordering;

/// Ports in the order that people expect: numbers by their value before other names.
pub(crate) fn order(a: &str, b: &str) -> Ordering {
    let number = |name: &str| name.parse::<u64>().ok();
    match (number(a), number(b)) {
        (Some(m), Some(n)) => m.cmp(&n).then_with(|| a.cmp(b)),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

/// `S21` for ports of one digit, else `S(out,in)`.
pub(crate) fn scattering(to: &str, from: &str) -> String {
    let digit = |name: &str| name.len() == 1 && name.bytes().all(|b| b.is_ascii_digit());
    if digit(to) && digit(from) { format!("S{to}{from}") } else { format!("S({to},{from})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_by_value() {
        let mut names = ["out", "10", "in", "2", "1"];
        names.sort_by(|a, b| order(a, b));
        assert_eq!(names, ["1", "2", "10", "in", "out"]);
        assert_eq!(scattering("2", "1"), "S21");
        assert_eq!(scattering("out", "1"), "S(out,1)");
    }
}
