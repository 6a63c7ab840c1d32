//! The name that was most likely meant.

/// The candidate nearest to `name`, if one is so near that a slip of the keyboard explains it: equal
/// but for case, `-` and `_`, or a third of its length in edits away.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 64;
    if name.len() > LONGEST {
        return None;
    }
    let plain = plain(name);
    let allowed = ((plain.len() + 1) / 3).clamp(1, 4);
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST)
        .map(|candidate| (distance(&plain, &self::plain(candidate)), candidate))
        // A single letter is as near to every other letter as to the right one.
        .filter(|&(distance, _)| distance == 0 || (distance <= allowed && plain.len() > 1))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

fn plain(name: &str) -> Vec<char> {
    name.chars().flat_map(char::to_lowercase).map(|c| if c == '-' || c == ' ' { '_' } else { c }).collect()
}

/// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        let known = ["cuboid", "cylinder", "maximum_frequency", "GHz"];
        for (typo, meant) in [
            ("cubiod", Some("cuboid")),
            ("Cuboid", Some("cuboid")),
            ("cilinder", Some("cylinder")),
            ("maximum-frequency", Some("maximum_frequency")),
            ("max_frequency", Some("maximum_frequency")),
            ("ghz", Some("GHz")),
            ("banana", None),
            ("", None),
        ] {
            assert_eq!(nearest(typo, known), meant, "{typo}");
        }
        assert_eq!(nearest("q", ["w", "h"]), None);
    }
}
