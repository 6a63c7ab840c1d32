//! From when to when a certificate is good.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use crate::Error;

/// How far the beginning of a validity is set back, so that a peer whose clock is behind accepts a
/// certificate made just now.
pub const CLOCK_SKEW: Duration = Duration::from_secs(300);

/// From when to when a certificate is good, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    not_before: i64,
    not_after: i64,
}

impl Validity {
    /// From five minutes ago ([`CLOCK_SKEW`]) for `time` from now.
    pub fn lasting(time: Duration) -> Result<Self, Error> {
        let now = Timestamp::now();
        let refuse = |_| Error::Validity { from: now.to_string(), to: format!("{} s later", time.as_secs()) };
        let from = now.checked_sub(CLOCK_SKEW).map_err(refuse)?;
        let to = now.checked_add(time).map_err(refuse)?;
        Self::between(from, to)
    }

    /// As [`Validity::lasting`], in days of 86 400 s.
    pub fn days(days: u32) -> Result<Self, Error> {
        Self::lasting(Duration::from_secs(u64::from(days) * 86_400))
    }

    /// From one instant to another, both rounded down to the second.
    pub fn between(not_before: Timestamp, not_after: Timestamp) -> Result<Self, Error> {
        let (from, to) = (not_before.as_second(), not_after.as_second());
        if from < 0 || to <= from {
            return Err(Error::Validity { from: not_before.to_string(), to: not_after.to_string() });
        }
        Ok(Self { not_before: from, not_after: to })
    }

    /// The first second.
    pub fn not_before(&self) -> Timestamp {
        Timestamp::from_second(self.not_before).unwrap_or(Timestamp::MIN)
    }

    /// The last second.
    pub fn not_after(&self) -> Timestamp {
        Timestamp::from_second(self.not_after).unwrap_or(Timestamp::MAX)
    }

    /// The middle, when a certificate is to be renewed.
    pub fn half_life(&self) -> Timestamp {
        let middle = self.not_before + (self.not_after - self.not_before) / 2;
        Timestamp::from_second(middle).unwrap_or(Timestamp::MAX)
    }

    /// Whether the certificate is good at that instant.
    pub fn holds(&self, at: Timestamp) -> bool {
        (self.not_before..=self.not_after).contains(&at.as_second())
    }

    /// The same validity, ending no later than `other`.
    pub(crate) fn within(self, other: Self) -> Self {
        Self { not_before: self.not_before, not_after: self.not_after.min(other.not_after) }
    }

    /// From seconds since 1970 as a certificate holds them; nothing is checked, so that what is inside
    /// a certificate can be shown as it is.
    pub(crate) fn of_seconds(not_before: i64, not_after: i64) -> Self {
        Self { not_before, not_after }
    }

    /// Seconds since 1970 of both ends.
    pub(crate) fn seconds(&self) -> (u64, u64) {
        (u64::try_from(self.not_before).unwrap_or(0), u64::try_from(self.not_after).unwrap_or(0))
    }
}

impl fmt::Display for Validity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.not_before(), self.not_after())
    }
}
