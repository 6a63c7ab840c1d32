//! View files: what a service writes for the eye, so that a client fetches no more than it can show.
//!
//! A view file is the magic `OTVIEW01`, the length of the header in bytes (`u64`, little-endian), the header
//! as JSON, and the data. The header tells what there is and where it lies in the data; a client reads the
//! header, chooses, and fetches the ranges of bytes that it needs.

use serde_json::Value;

/// How a view file begins.
pub const MAGIC: &[u8; 8] = b"OTVIEW01";

/// Data begin at, and parts are padded to, multiples of this, so that numbers can be read in place.
const ALIGNMENT: usize = 8;

/// Where a part lies, in bytes from the begin of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its first byte.
    pub offset: usize,
    /// How many bytes it has.
    pub bytes: usize,
}

impl Part {
    /// As it stands in a header: `{"offset": …, "bytes": …}`.
    #[must_use]
    pub fn to_json(self) -> Value {
        serde_json::json!({"offset": self.offset, "bytes": self.bytes})
    }
}

/// The data of a view file that is being written.
#[derive(Debug, Default)]
pub struct ViewData {
    bytes: Vec<u8>,
}

impl ViewData {
    /// No data yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what `write` appends, as one part.
    pub fn part(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Part {
        let offset = self.bytes.len();
        write(&mut self.bytes);
        let bytes = self.bytes.len() - offset;
        self.bytes.resize(self.bytes.len().next_multiple_of(ALIGNMENT), 0);
        Part { offset, bytes }
    }

    /// The file with this header.
    #[must_use]
    pub fn finish(self, header: &Value) -> Vec<u8> {
        let mut head = header.to_string();
        while !head.len().is_multiple_of(ALIGNMENT) {
            head.push(' ');
        }
        let mut file = Vec::with_capacity(MAGIC.len() + 8 + head.len() + self.bytes.len());
        file.extend(MAGIC);
        file.extend((head.len() as u64).to_le_bytes());
        file.extend(head.into_bytes());
        file.extend(self.bytes);
        file
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn parts_stand_where_the_header_says() {
        let mut data = ViewData::new();
        let first = data.part(|out| out.extend([1, 2, 3]));
        let second = data.part(|out| out.extend([4; 8]));
        assert_eq!((first, second), (Part { offset: 0, bytes: 3 }, Part { offset: 8, bytes: 8 }));
        let file = data.finish(&json!({"parts": [first.to_json(), second.to_json()]}));
        assert!(file.starts_with(MAGIC));
        let length = u64::from_le_bytes(file[8..16].try_into().unwrap()) as usize;
        let start = 16 + length;
        assert_eq!(start % ALIGNMENT, 0);
        let header: Value = serde_json::from_slice(&file[16..start]).unwrap();
        let offset = header["parts"][1]["offset"].as_u64().unwrap() as usize;
        assert_eq!(file[start + offset..start + offset + 8], [4; 8]);
        assert_eq!(file.len(), start + 16);
    }
}
