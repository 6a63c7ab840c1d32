//! Touchstone text (IBIS Open Forum, Touchstone File Format Specification 2.0, 2009).

use std::fmt::Write;

use crate::error::{Error, Result};
use crate::sparameters::SParameters;

/// Version of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// 1.1: one reference resistance for all ports.
    V1_1,
    /// 2.0: keywords, a reference resistance for each port.
    V2_0,
}

/// Stands for the wave impedance of a mode, which the format cannot hold.
const NOMINAL: f64 = 50.0;

impl SParameters {
    /// The usual file extension for version 1.1, such as `s2p`.
    pub fn touchstone_extension(&self) -> String {
        format!("s{}p", self.ports.len())
    }

    /// Touchstone text in hertz and real/imaginary form. Waveguide ports are normalised to
    /// their own wave impedance and written with a nominal 50 Ω, as a comment says. Each of `notes` becomes a comment of
    /// its own.
    pub fn touchstone(&self, version: Version, notes: &[String]) -> Result<String> {
        let n = self.ports.len();
        if n == 0 || self.frequencies.is_empty() {
            return Err(Error::Export("no ports or no frequencies to write".into()));
        }
        let z: Vec<f64> = self.z_ref.iter().map(|z| z.unwrap_or(NOMINAL)).collect();
        if version == Version::V1_1 && z.iter().any(|&v| v != z[0]) {
            return Err(Error::Export(format!(
                "Touchstone 1.1 holds one reference resistance but the ports have {z:?} Ω; use \
                 version 2.0"
            )));
        }
        let mut text = String::new();
        for note in notes {
            let clean: String = note.chars().filter(|c| !c.is_control()).collect();
            writeln!(text, "! {clean}").map_err(|_| Error::Export("formatting failed".into()))?;
        }
        self.write(version, &z, &mut text)?;
        Ok(text)
    }

    fn write(&self, version: Version, z: &[f64], text: &mut String) -> Result<()> {
        let n = self.ports.len();
        let broken = |_| Error::Export("formatting failed".into());
        for (i, name) in self.ports.iter().enumerate() {
            let clean: String = name.chars().filter(|c| !c.is_control()).collect();
            let own = match self.z_ref[i] {
                Some(_) => "",
                None => " (normalised to the wave impedance of its mode)",
            };
            writeln!(text, "! port {}: {clean}{own}", i + 1).map_err(broken)?;
        }
        if version == Version::V2_0 {
            writeln!(text, "[Version] 2.0").map_err(broken)?;
        }
        writeln!(text, "# HZ S RI R {}", z[0]).map_err(broken)?;
        if version == Version::V2_0 {
            writeln!(text, "[Number of Ports] {n}").map_err(broken)?;
            if n == 2 {
                writeln!(text, "[Two-Port Data Order] 21_12").map_err(broken)?;
            }
            writeln!(text, "[Number of Frequencies] {}", self.frequencies.len()).map_err(broken)?;
            let list: Vec<String> = z.iter().map(f64::to_string).collect();
            writeln!(text, "[Reference] {}", list.join(" ")).map_err(broken)?;
            writeln!(text, "[Network Data]").map_err(broken)?;
        }
        for f in 0..self.frequencies.len() {
            self.write_matrix(f, text)?;
        }
        if version == Version::V2_0 {
            writeln!(text, "[End]").map_err(broken)?;
        }
        Ok(())
    }

    /// Two ports stand in one line in the order 11 21 12 22; more ports stand row by row, at most
    /// four pairs a line.
    fn write_matrix(&self, f: usize, text: &mut String) -> Result<()> {
        let broken = |_| Error::Export("formatting failed".into());
        let s = self.matrix(f)?;
        let n = s.len();
        write!(text, "{:.9e}", self.frequencies[f]).map_err(broken)?;
        let turned = |i: usize, j: usize| if n == 2 { s[j][i] } else { s[i][j] };
        for (i, j) in (0..n).flat_map(|i| (0..n).map(move |j| (i, j))) {
            if n > 2 && ((j == 0 && i > 0) || (j > 0 && j % 4 == 0)) {
                text.push('\n');
            }
            let v = turned(i, j);
            write!(text, " {:.9e} {:.9e}", v.re, v.im).map_err(broken)?;
        }
        text.push('\n');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use num_complex::Complex64;

    fn sample(n: usize, z: Vec<Option<f64>>) -> SParameters {
        let cell = |i: usize, j: usize| Complex64::new((10 * (i + 1) + j + 1) as f64, 0.0);
        let s = vec![(0..n).map(|i| (0..n).map(|j| cell(i, j)).collect()).collect()];
        let ports = (0..n).map(|i| format!("p{i}")).collect();
        let (frequencies, columns) = (vec![1e9], (0..n).collect());
        SParameters { frequencies, ports, z_ref: z, cutoffs: vec![0.0; n], columns, s }
    }

    fn numbers(text: &str) -> Vec<f64> {
        let data = text.lines().filter(|l| !l.starts_with(['!', '#', '[']));
        data.flat_map(str::split_whitespace).map(|w| w.parse().unwrap()).collect()
    }

    #[test]
    fn two_ports_keep_their_odd_order() {
        let s = sample(2, vec![Some(50.0); 2]);
        let text = s.touchstone(Version::V1_1, &[]).unwrap();
        assert!(text.contains("# HZ S RI R 50"));
        assert_eq!(numbers(&text), [1e9, 11.0, 0.0, 21.0, 0.0, 12.0, 0.0, 22.0, 0.0]);
    }

    #[test]
    fn three_ports_stand_row_by_row() {
        let s = sample(3, vec![Some(50.0), Some(75.0), None]);
        assert!(matches!(s.touchstone(Version::V1_1, &[]), Err(Error::Export(_))));
        let text = s.touchstone(Version::V2_0, &[]).unwrap();
        assert!(text.contains("[Reference] 50 75 50"));
        assert!(text.ends_with("[End]\n"));
        assert_eq!(numbers(&text)[1..7], [11.0, 0.0, 12.0, 0.0, 13.0, 0.0]);
        assert_eq!(s.touchstone_extension(), "s3p");
    }

    #[test]
    fn missing_columns_are_named() {
        let mut s = sample(2, vec![Some(50.0); 2]);
        s.columns = vec![0];
        let e = s.touchstone(Version::V2_0, &[]).unwrap_err();
        assert!(e.to_string().contains("'p1'"));
    }
}
