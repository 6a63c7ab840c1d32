//! Bodies in OpenCASCADE's own text.

use crate::body::Body;
use crate::error::{Error, Fault};
use crate::ffi::{Shape, Trouble};

/// What the last line begins with; the checksum of all before it follows.
const SEAL: &[u8] = b"\nopentwin-fnv1a64 ";

impl Body {
    /// OpenCASCADE's own text: exact, read back by [`Body::from_brep`] and by other programs.
    ///
    /// A last line, which other readers do not reach, holds a checksum: OpenCASCADE follows damaged
    /// text wherever it leads.
    ///
    /// # Errors
    /// OpenCASCADE's, when it cannot write it.
    pub fn to_brep(&self) -> Result<Vec<u8>, Error> {
        let mut text = self.shape().write_brep()?;
        let sum = checksum(&text);
        text.extend(SEAL);
        text.extend(format!("{sum:016x}\n").as_bytes());
        Ok(text)
    }

    /// Reads what [`Body::to_brep`] wrote.
    ///
    /// # Errors
    /// [`Error::Body`] for anything else, also for text that was changed since.
    pub fn from_brep(bytes: &[u8]) -> Result<Self, Error> {
        let bad = |reason: &str| Fault::File { format: "BREP", reason: reason.to_owned() };
        let start = bytes.len().saturating_sub(SEAL.len() + 17);
        let (text, seal) = bytes.split_at(start);
        let wanted = [SEAL, format!("{:016x}\n", checksum(text)).as_bytes()].concat();
        if seal != wanted {
            return Err(bad("it was not written by this program, or changed since").into());
        }
        let shape = Shape::read_brep(text).map_err(|trouble| match trouble {
            Trouble::Failed(reason) => bad(&reason),
            Trouble::Cancelled => Fault::Cancelled,
        })?;
        Ok(Self::new(shape)?)
    }
}

/// FNV-1a with 64 bits (Fowler, Noll, Vo): against damage, not against intent.
fn checksum(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
