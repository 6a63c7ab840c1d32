//! Amounts of data as people read them.

/// An amount of bytes with a unit that suits it, such as `2.7 GiB`; below 1 KiB exactly.
pub fn size(bytes: f64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024.0 {
        return format!("{bytes:.0} B");
    }
    let mut size = bytes / 1024.0;
    let mut unit = UNITS[0];
    for next in &UNITS[1..] {
        if size < 1024.0 {
            break;
        }
        (size, unit) = (size / 1024.0, next);
    }
    format!("{size:.1} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_suit_the_amount() {
        for (bytes, text) in
            [(1000.0, "1000 B"), (1024.0, "1.0 KiB"), (2.925e12, "2.7 TiB"), (1e30, "867361737988.4 EiB")]
        {
            assert_eq!(size(bytes), text);
        }
    }
}
