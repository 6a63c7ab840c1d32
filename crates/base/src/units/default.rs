use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Dimension, Error, Unit, parse_unit};
use crate::spelling;

/// The units that a project's bare numbers mean, by the name of the dimension: `{length: mm}`.
///
/// Only whole property values take them; inside an expression a unit is always written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct DefaultUnits {
    entries: BTreeMap<String, (String, Unit)>,
}

impl DefaultUnits {
    /// Adds the default of one dimension, replacing an earlier one.
    pub fn set(&mut self, dimension: &str, unit: &str) -> Result<(), Error> {
        let known = Dimension::from_name(dimension).ok_or_else(|| Error::Dimension {
            name: super::shortened(dimension),
            nearest: spelling::nearest(dimension, Dimension::names()).map(str::to_owned),
        })?;
        let parsed = parse_unit(unit)?;
        if parsed.dimension != known {
            return Err(Error::Mismatch {
                unit: unit.to_owned(),
                dimension: dimension.to_owned(),
                example: known.example(),
            });
        }
        self.entries.insert(dimension.to_owned(), (unit.to_owned(), parsed));
        Ok(())
    }

    /// The unit of a bare number where `dimension` is expected.
    pub fn unit(&self, dimension: Dimension) -> Option<Unit> {
        let (_, unit) = self.entries.get(dimension.name()?)?;
        Some(*unit)
    }

    /// True when no default is set, so that every quantity carries its unit.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The dimension names and their units as written.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|(name, (unit, _))| (name.as_str(), unit.as_str()))
    }
}

impl TryFrom<BTreeMap<String, String>> for DefaultUnits {
    type Error = Error;

    fn try_from(map: BTreeMap<String, String>) -> Result<Self, Error> {
        let mut units = Self::default();
        for (dimension, unit) in &map {
            units.set(dimension, unit)?;
        }
        Ok(units)
    }
}

impl From<DefaultUnits> for BTreeMap<String, String> {
    fn from(units: DefaultUnits) -> Self {
        units.entries.into_iter().map(|(name, (unit, _))| (name, unit)).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn defaults_are_checked_when_they_are_set() {
        let mut units = DefaultUnits::default();
        units.set("length", "mm").unwrap();
        assert_eq!(units.unit(Dimension::LENGTH).unwrap().to_si(3.0), 0.003);
        assert_eq!(units.unit(Dimension::TIME), None);
        let said = |result: Result<(), Error>| result.unwrap_err().to_string();
        assert_eq!(said(units.set("lenght", "mm")), "unknown dimension `lenght`: did you mean `length`?");
        assert_eq!(said(units.set("length", "GHz")), "`GHz` is no unit of length: write one such as `mm`");
        assert_eq!(serde_json::to_string(&units).unwrap(), r#"{"length":"mm"}"#);
        assert!(serde_json::from_str::<DefaultUnits>(r#"{"length":"kk"}"#).is_err());
    }
}
