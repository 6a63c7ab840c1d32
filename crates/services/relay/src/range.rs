//! Ranges of bytes, as far as they are answered.

/// What part of a file is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All of it: no range, or one of a form that is not answered, which HTTP allows to pass over.
    All,
    /// From a byte, to another one inclusive if given.
    Part {
        /// The first byte.
        from: u64,
        /// The last byte.
        to: Option<u64>,
    },
}

/// Reads `bytes=a-` and `bytes=a-b`. The last n bytes and several ranges at once are answered as a whole.
pub(crate) fn wanted(header: Option<&str>) -> Wanted {
    let parse = || {
        let (from, to) = header?.trim().strip_prefix("bytes=")?.split_once('-')?;
        let from: u64 = digits(from)?;
        let to = if to.is_empty() { None } else { Some(digits(to)?) };
        to.is_none_or(|to| to >= from).then_some(Wanted::Part { from, to })
    };
    match parse() {
        None | Some(Wanted::Part { from: 0, to: None }) => Wanted::All,
        Some(part) => part,
    }
}

fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_ranges_are_read_and_others_passed_over() {
        assert_eq!(wanted(Some("bytes=10-19")), Wanted::Part { from: 10, to: Some(19) });
        assert_eq!(wanted(Some("bytes=10-")), Wanted::Part { from: 10, to: None });
        let others = [
            "bytes=0-",
            "bytes=-5",
            "bytes=5-4",
            "bytes=1-2,5-6",
            "items=1-2",
            "bytes=",
            "bytes=a-b",
            "bytes=+1-2",
            "bytes=99999999999999999999-",
        ];
        for other in others {
            assert_eq!(wanted(Some(other)), Wanted::All, "{other}");
        }
        assert_eq!(wanted(None), Wanted::All);
    }
}
