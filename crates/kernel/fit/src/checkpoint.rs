//! Saving and restoring a run, bit for bit.
//!
//! Little-endian: magic, version, fingerprint of the problem (32 bytes), body, CRC-32 of all
//! before. Every array carries its length, which must match the problem's before it is read.

use std::sync::Arc;

use num_complex::Complex32;

use crate::energy::EnergySample;
use crate::error::{Error, Result};
use crate::problem::Problem;
use crate::simulation::Simulation;

const MAGIC: &[u8; 8] = b"OTFITCK\n";
const VERSION: u32 = 2;

/// Appends values.
pub(crate) struct Writer {
    out: Vec<u8>,
    /// Where the checkpoint begins.
    start: usize,
}

impl Writer {
    /// Writes behind what `out` holds.
    pub fn new(problem: &Problem, mut out: Vec<u8>) -> Self {
        let start = out.len();
        out.extend(MAGIC);
        out.extend(VERSION.to_le_bytes());
        out.extend(problem.fingerprint());
        Self { out, start }
    }

    pub fn word(&mut self, v: u64) {
        self.out.extend(v.to_le_bytes());
    }

    pub fn f32s(&mut self, v: &[f32]) {
        self.word(v.len() as u64);
        self.out.reserve(4 * v.len());
        v.iter().for_each(|x| self.out.extend(x.to_le_bytes()));
    }

    pub fn f64s(&mut self, v: &[f64]) {
        self.word(v.len() as u64);
        self.out.reserve(8 * v.len());
        v.iter().for_each(|x| self.out.extend(x.to_le_bytes()));
    }

    pub fn finish(mut self) -> Vec<u8> {
        let sum = crc32(&self.out[self.start..]);
        self.out.extend(sum.to_le_bytes());
        self.out
    }
}

/// Takes values back, refusing what does not fit.
pub(crate) struct Reader<'a>(&'a [u8]);

fn bad<T>(reason: &str) -> Result<T> {
    Err(Error::Checkpoint(format!("{reason}; start the run anew")))
}

impl<'a> Reader<'a> {
    pub fn new(problem: &Problem, data: &'a [u8]) -> Result<Self> {
        let Some((body, sum)) = data.split_last_chunk::<4>() else { return bad("it is cut off") };
        if !body.starts_with(MAGIC) {
            return bad("it is not a checkpoint of this solver");
        }
        let mut r = Self(&body[MAGIC.len()..]);
        let version = u32::from_le_bytes(r.array()?);
        if version != VERSION {
            return bad(&format!("it has version {version}, this program reads {VERSION}"));
        }
        if crc32(body) != u32::from_le_bytes(*sum) {
            return bad("its check sum is wrong, so it is damaged");
        }
        if r.array::<32>()? != problem.fingerprint() {
            return bad("it belongs to another problem");
        }
        Ok(r)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        match self.0.split_first_chunk::<N>() {
            Some((head, rest)) => {
                self.0 = rest;
                Ok(*head)
            }
            None => bad("it is cut off"),
        }
    }

    pub fn word(&mut self) -> Result<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn take(&mut self, size: usize) -> Result<&'a [u8]> {
        let n = self.word()?;
        let bytes = usize::try_from(n).ok().and_then(|n| n.checked_mul(size));
        match bytes.filter(|&b| b <= self.0.len()) {
            Some(b) => {
                let (head, rest) = self.0.split_at(b);
                self.0 = rest;
                Ok(head)
            }
            None => bad("it is cut off"),
        }
    }

    /// Reads into an array whose length must be the one stored.
    pub fn f32s(&mut self, into: &mut [f32]) -> Result<()> {
        let (chunks, _) = self.take(4)?.as_chunks::<4>();
        if chunks.len() != into.len() {
            return bad("an array has another length than the problem gives");
        }
        into.iter_mut().zip(chunks).for_each(|(x, c)| *x = f32::from_le_bytes(*c));
        Ok(())
    }

    pub fn f64s(&mut self) -> Result<Vec<f64>> {
        let (chunks, _) = self.take(8)?.as_chunks::<8>();
        Ok(chunks.iter().map(|c| f64::from_le_bytes(*c)).collect())
    }

    /// Reads complex numbers, whose count must be as given.
    pub fn complexes(&mut self, count: usize) -> Result<Vec<Complex32>> {
        let (chunks, _) = self.take(4)?.as_chunks::<4>();
        if chunks.len() != 2 * count {
            return bad("an array has another length than the problem gives");
        }
        let value = |c: &[u8; 4]| f32::from_le_bytes(*c);
        Ok(chunks.as_chunks::<2>().0.iter().map(|[re, im]| Complex32::new(value(re), value(im))).collect())
    }

    pub fn end(&self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { bad("it is longer than it should be") }
    }
}

impl Simulation {
    /// The whole state: fields, absorbers, monitors, signals, energy history.
    pub fn checkpoint(&self) -> Vec<u8> {
        let mut w = Writer::new(&self.problem, Vec::new());
        self.save(&mut w);
        w.finish()
    }

    /// Goes on where a checkpoint of the same problem was taken; the results are those of an
    /// unbroken run, bit for bit, on any number of threads.
    pub fn resume(problem: Arc<Problem>, data: &[u8]) -> Result<Self> {
        let mut r = Reader::new(&problem, data)?;
        let simulation = Self::load(problem, &mut r)?;
        r.end()?;
        Ok(simulation)
    }

    pub(crate) fn save(&self, w: &mut Writer) {
        w.word(self.driven.map_or(0, |d| d as u64 + 1));
        w.word(self.step);
        w.f64s(&[self.peak]);
        let flat: Vec<f64> = self.history.iter().flat_map(|s| [s.step as f64, s.time, s.energy]).collect();
        w.f64s(&flat);
        for f in self.fields.e.iter().chain(&self.fields.h) {
            w.f32s(f);
        }
        for psi in self.psi_e.iter().chain(&self.psi_h) {
            w.f32s(psi);
        }
        for port in &self.ports {
            w.f64s(&port.signals.v);
            w.f64s(&port.signals.i);
            w.f64s(&port.memory());
        }
        for monitor in &self.monitors {
            let flat: Vec<f32> = monitor.sums.iter().flat_map(|c| [c.re, c.im]).collect();
            w.f32s(&flat);
        }
    }

    pub(crate) fn load(problem: Arc<Problem>, r: &mut Reader<'_>) -> Result<Self> {
        let driven = usize::try_from(r.word()?).unwrap_or(usize::MAX).checked_sub(1);
        let mut s = Self::new(problem, driven)?;
        s.step = r.word()?;
        s.peak = r.f64s()?.first().copied().unwrap_or(0.0);
        let history = r.f64s()?;
        for t in history.as_chunks::<3>().0 {
            s.history.push(EnergySample { step: t[0] as u64, time: t[1], energy: t[2] });
        }
        for f in s.fields.e.iter_mut().chain(&mut s.fields.h) {
            r.f32s(f)?;
        }
        for psi in s.psi_e.iter_mut().chain(&mut s.psi_h) {
            r.f32s(psi)?;
        }
        for port in &mut s.ports {
            port.signals.v = r.f64s()?;
            port.signals.i = r.f64s()?;
            if !port.restore(&r.f64s()?) {
                return bad("the state of a port does not fit");
            }
        }
        for monitor in &mut s.monitors {
            monitor.sums = r.complexes(monitor.sums.len())?;
        }
        Ok(s)
    }
}

impl Problem {
    /// A 256-bit mark of all that shapes the run: four FNV-1a sums over differing starts. It
    /// tells problems apart by accident, not against intent.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut sums = [0xcbf2_9ce4_8422_2325u64, 0x1234_5678_9abc_def1, 0x9e37_79b9, 0x7f4a_7c15];
        let mut mix = |word: u64| {
            for (lane, sum) in sums.iter_mut().enumerate() {
                *sum = (*sum ^ word.rotate_left(16 * lane as u32)).wrapping_mul(0x100_0000_01b3);
                *sum ^= *sum >> 31;
            }
        };
        for axis in crate::Axis::ALL {
            mix(self.grid.line(axis).len() as u64);
            self.grid.line(axis).iter().for_each(|v| mix(v.to_bits()));
        }
        self.materials.cells.iter().for_each(|&m| mix(u64::from(m)));
        self.materials.pec_edges.iter().for_each(|&m| mix(u64::from(m)));
        // The rest is small; its debug text names every field and prints floats exactly. Limits
        // on steps, energy and memory do not shape the state, so a run may be prolonged.
        let rest = format!(
            "{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}",
            self.materials.table,
            self.boundaries,
            self.excitation,
            self.ports,
            self.monitors,
            self.settings.courant,
            self.settings.energy_interval,
            self.settings.frequency_samples,
        );
        rest.bytes().for_each(|b| mix(u64::from(b)));
        let mut out = [0; 32];
        for (chunk, sum) in out.chunks_exact_mut(8).zip(sums) {
            chunk.copy_from_slice(&sum.to_le_bytes());
        }
        out
    }
}

/// CRC-32 (IEEE 802.3, reflected), by table.
fn crc32(data: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0u32; 256];
        let mut i = 0;
        while i < 256 {
            let mut v = i as u32;
            let mut bit = 0;
            while bit < 8 {
                v = if v & 1 == 1 { 0xedb8_8320 ^ (v >> 1) } else { v >> 1 };
                bit += 1;
            }
            table[i] = v;
            i += 1;
        }
        table
    };
    !data.iter().fold(!0, |sum, &b| TABLE[usize::from(sum as u8 ^ b)] ^ (sum >> 8))
}

#[cfg(test)]
mod tests {
    #[test]
    fn crc_check_value() {
        assert_eq!(super::crc32(b"123456789"), 0xcbf4_3926);
    }
}
