//! The mesh as bytes, as it travels between services. All numbers are little-endian.
//!
//! | bytes | type | what |
//! |---|---|---|
//! | 0–7 | `u8[8]` | magic `OTHEXMSH` |
//! | 8–11 | `u32` | version, 1 |
//! | 12–23 | `u32[3]` | number of nodes along x, y, z: nx, ny, nz, each at least 2 |
//! | 24–27 | `u32` | number of materials m, 1 to 65535 |
//! | 28–31 | `u32` | index of the background material, below m |
//! | then, m times | `u8` | kind of the material: 0 volumetric, 1 perfect conductor |
//! | | `u32` | length of its name, bytes |
//! | | `u8[]` | its name, UTF-8 |
//! | | `f64[4]` | kind 0 only: ε_r, µ_r, conductivity S/m, magnetic conductivity Ω/m |
//! | then | `f64[nx+ny+nz]` | node coordinates along x, y, z, m, strictly ascending |
//! | then | `u64` | number of runs of cells |
//! | then, a run | `u32`, `u16` | length ≥ 1, material index; runs sum to (nx−1)(ny−1)(nz−1) |
//! | then | `u64` | number of runs of nodes |
//! | then, a run | `u32`, `u8` | length ≥ 1, mask of conducting edges (bits 0–2); runs sum to nx·ny·nz |
//!
//! Nothing follows. Cells and nodes are in the order of [`Mesh`].

use crate::{
    Error, Mesh,
    model::{Kind, Material},
};

const MAGIC: &[u8; 8] = b"OTHEXMSH";
const VERSION: u32 = 1;

/// Memory a decoded mesh may take unless the caller says otherwise, bytes.
pub const DECODE_LIMIT: u64 = 32 << 30;

impl Mesh {
    /// The mesh as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + 8 * (self.x.len() + self.y.len() + self.z.len()));
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        for n in self.nodes() {
            out.extend_from_slice(&(n as u32).to_le_bytes());
        }
        out.extend_from_slice(&(self.materials.len() as u32).to_le_bytes());
        out.extend_from_slice(&u32::from(self.background).to_le_bytes());
        for material in &self.materials {
            put_material(&mut out, material);
        }
        for x in self.x.iter().chain(&self.y).chain(&self.z) {
            out.extend_from_slice(&x.to_le_bytes());
        }
        put_runs(&mut out, &self.cell_material, |out, m| out.extend_from_slice(&m.to_le_bytes()));
        put_runs(&mut out, &self.pec_edges, |out, mask| out.push(mask));
        out
    }

    /// Reads what [`Mesh::encode`] wrote, if it takes no more than [`DECODE_LIMIT`].
    ///
    /// # Errors
    /// [`Error::Encoding`] with the place of the first byte that cannot be right.
    pub fn decode(bytes: &[u8]) -> Result<Mesh, Error> {
        Mesh::decode_within(bytes, DECODE_LIMIT)
    }

    /// Reads a mesh that takes no more than `limit` bytes of memory. A few bytes of runs can
    /// stand for any number of cells, so the size is checked before anything is allocated.
    ///
    /// # Errors
    /// [`Error::Encoding`] with the place of the first byte that cannot be right.
    pub fn decode_within(bytes: &[u8], limit: u64) -> Result<Mesh, Error> {
        let mut input = Input { bytes, at: 0 };
        if input.array::<8>()? != *MAGIC {
            return Err(input.wrong(0, "this is not a mesh"));
        }
        let version = input.u32()?;
        if version != VERSION {
            return Err(input.wrong(8, format!("version {version} is not known, only {VERSION}")));
        }
        let nodes = [input.u32()?, input.u32()?, input.u32()?].map(|n| n as usize);
        check_size(&input, nodes, limit)?;
        let count = input.u32()?;
        let background = input.u32()?;
        if count == 0 || count > u32::from(u16::MAX) || background >= count {
            return Err(input.wrong(24, "materials are not numbered rightly"));
        }
        let mut materials = Vec::new();
        for _ in 0..count {
            materials.push(input.material()?);
        }
        let [x, y, z] = [input.lines(nodes[0])?, input.lines(nodes[1])?, input.lines(nodes[2])?];
        let cells = nodes.iter().map(|n| n - 1).product();
        let cell_material = input.runs(cells, |input| {
            let material = u16::from_le_bytes(input.array()?);
            (u32::from(material) < count)
                .then_some(material)
                .ok_or_else(|| input.wrong(input.at - 2, format!("material {material} is not there")))
        })?;
        let pec_edges = input.runs(nodes.iter().product(), |input| {
            let [mask]: [u8; 1] = input.array()?;
            (mask < 8)
                .then_some(mask)
                .ok_or_else(|| input.wrong(input.at - 1, "unknown bits in an edge mask"))
        })?;
        if input.at != bytes.len() {
            return Err(input.wrong(input.at, "more bytes than a mesh has"));
        }
        if let Some(node) = leaving(&pec_edges, nodes) {
            return Err(input.wrong(input.at, format!("an edge of node {node} leaves the mesh")));
        }
        // Background was checked to be below a count of 16 bits.
        Ok(Mesh { x, y, z, cell_material, pec_edges, materials, background: background as u16 })
    }
}

fn check_size(input: &Input<'_>, nodes: [usize; 3], limit: u64) -> Result<(), Error> {
    if nodes.iter().any(|n| *n < 2) {
        return Err(input.wrong(12, "an axis has fewer than two nodes"));
    }
    // Two bytes a cell and one a node, and no more cells than nodes.
    let needed = nodes.iter().map(|n| *n as u128).product::<u128>() * 3;
    if needed > u128::from(limit) || needed > isize::MAX as u128 {
        let reason = format!("the mesh would take {needed} bytes, more than the limit of {limit}");
        return Err(input.wrong(12, reason));
    }
    Ok(())
}

/// A node with a marked edge that would leave the mesh.
fn leaving(edges: &[u8], [nx, ny, nz]: [usize; 3]) -> Option<usize> {
    edges.chunks(nx).enumerate().find_map(|(row, masks)| {
        let across = if row % ny == ny - 1 { 2 } else { 0 };
        let upright = if row / ny == nz - 1 { 4 } else { 0 };
        let bad = |i: usize| across | upright | u8::from(i == nx - 1);
        (0..nx).find(|i| masks[*i] & bad(*i) != 0).map(|i| row * nx + i)
    })
}

fn put_material(out: &mut Vec<u8>, material: &Material) {
    out.push(u8::from(material.kind.is_pec()));
    out.extend_from_slice(&(material.name.len() as u32).to_le_bytes());
    out.extend_from_slice(material.name.as_bytes());
    if let Kind::Volumetric { epsilon_r, mu_r, conductivity, magnetic_conductivity } = material.kind {
        for value in [epsilon_r, mu_r, conductivity, magnetic_conductivity] {
            out.extend_from_slice(&value.to_le_bytes());
        }
    }
}

fn put_runs<T: Copy + PartialEq>(out: &mut Vec<u8>, values: &[T], put: fn(&mut Vec<u8>, T)) {
    let start = out.len();
    out.extend_from_slice(&[0; 8]);
    let mut runs = 0u64;
    for run in values.chunk_by(|a, b| a == b) {
        for part in run.chunks(u32::MAX as usize) {
            out.extend_from_slice(&(part.len() as u32).to_le_bytes());
            put(out, part[0]);
            runs += 1;
        }
    }
    out[start..start + 8].copy_from_slice(&runs.to_le_bytes());
}

struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Input<'_> {
    fn wrong(&self, offset: usize, reason: impl Into<String>) -> Error {
        Error::Encoding { offset, reason: reason.into() }
    }

    fn take(&mut self, count: usize) -> Result<&[u8], Error> {
        let rest = &self.bytes[self.at..];
        if rest.len() < count {
            let reason = format!("{count} bytes expected, {} left", rest.len());
            return Err(self.wrong(self.at, reason));
        }
        self.at += count;
        Ok(&rest[..count])
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut out = [0; N];
        out.copy_from_slice(self.take(N)?);
        Ok(out)
    }

    fn u32(&mut self) -> Result<u32, Error> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn f64(&mut self) -> Result<f64, Error> {
        let value = f64::from_le_bytes(self.array()?);
        if value.is_finite() {
            return Ok(value);
        }
        Err(self.wrong(self.at - 8, "a number is not finite"))
    }

    fn material(&mut self) -> Result<Material, Error> {
        let start = self.at;
        let [kind] = self.array()?;
        let length = self.u32()? as usize;
        let name = String::from_utf8(self.take(length)?.to_vec())
            .map_err(|_| self.wrong(start + 5, "a material's name is not UTF-8"))?;
        let kind = match kind {
            0 => Kind::Volumetric {
                epsilon_r: self.f64()?,
                mu_r: self.f64()?,
                conductivity: self.f64()?,
                magnetic_conductivity: self.f64()?,
            },
            1 => Kind::Pec,
            other => return Err(self.wrong(start, format!("material kind {other} is not known"))),
        };
        Ok(Material { name, kind })
    }

    fn lines(&mut self, count: usize) -> Result<Vec<f64>, Error> {
        let left = self.bytes.len() - self.at;
        if left / 8 < count {
            return Err(self.wrong(self.at, format!("{count} coordinates expected")));
        }
        let mut lines = Vec::with_capacity(count);
        for _ in 0..count {
            let value = self.f64()?;
            if lines.last().is_some_and(|last| value <= *last) {
                return Err(self.wrong(self.at - 8, "coordinates do not ascend"));
            }
            lines.push(value);
        }
        Ok(lines)
    }

    fn runs<T: Copy>(
        &mut self,
        count: usize,
        value: impl Fn(&mut Self) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let runs = u64::from_le_bytes(self.array()?);
        let mut out = Vec::new();
        if out.try_reserve_exact(count).is_err() {
            return Err(self.wrong(self.at, format!("no memory for {count} values")));
        }
        for _ in 0..runs {
            let at = self.at;
            let length = self.u32()? as usize;
            let value = value(self)?;
            if length == 0 || length > count - out.len() {
                return Err(self.wrong(at, format!("a run of {length} values does not fit")));
            }
            out.resize(out.len() + length, value);
        }
        if out.len() != count {
            return Err(self.wrong(self.at, format!("{} values, not {count}", out.len())));
        }
        Ok(out)
    }
}
