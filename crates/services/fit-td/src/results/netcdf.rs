//! Fields over time as netCDF, which ParaView animates.
//!
//! The classic format with 64-bit offsets (Unidata, *NetCDF Classic Format Specification*, CDF-2), big-endian: a header,
//! the coordinates, and a record for each moment. Coordinates follow the CF conventions, by which readers know which
//! dimension is time. A vector is three variables, for the format knows numbers only.

/// Types of numbers.
const CHAR: u32 = 2;
const FLOAT: u32 = 5;
const DOUBLE: u32 = 6;

/// Tags of the lists in the header.
const DIMENSIONS: u32 = 10;
const VARIABLES: u32 = 11;
const ATTRIBUTES: u32 = 12;

/// A field as it was at some moments.
pub(super) struct Series<'a> {
    /// Names of its components.
    pub(super) names: [String; 3],
    /// `[moment][point][component]`, x fastest. Where there are fewer than in others, the rest has no values.
    pub(super) moments: Vec<&'a [f32]>,
}

struct Variable {
    name: String,
    /// By their places in the list of dimensions: time, z, y, x.
    dimensions: Vec<u32>,
    attributes: Vec<(&'static str, String)>,
    kind: u32,
    /// All of it, or that of a record.
    bytes: usize,
}

/// A file of fields in `unit` at the points where lines along x, y and z meet, at `times` (s).
pub(super) fn write(lines: &[&[f64]; 3], unit: &str, times: &[f64], fields: &[Series<'_>]) -> Vec<u8> {
    let sizes = lines.map(<[f64]>::len);
    let points: usize = sizes.iter().product();
    let fixed = coordinates(sizes);
    let records = recorded(unit, points, fields);
    let all: Vec<&Variable> = fixed.iter().chain(&records).collect();
    // Offsets are as long whatever they are.
    let start = header(&all, sizes, times.len(), &vec![0; all.len()]).len();
    let mut begins = Vec::with_capacity(all.len());
    let mut end = start;
    for variable in &all {
        begins.push(end as u64);
        end += variable.bytes;
    }
    let record: usize = records.iter().map(|variable| variable.bytes).sum();
    let mut out = header(&all, sizes, times.len(), &begins);
    out.reserve(end - start + record * times.len());
    lines.iter().flat_map(|line| line.iter()).for_each(|x| out.extend(x.to_be_bytes()));
    for (moment, time) in times.iter().enumerate() {
        out.extend(time.to_be_bytes());
        for field in fields {
            for component in 0..3 {
                match field.moments.get(moment) {
                    Some(values) => {
                        values.iter().skip(component).step_by(3).for_each(|v| out.extend(v.to_be_bytes()));
                    }
                    None => (0..points).for_each(|_| out.extend(f32::NAN.to_be_bytes())),
                }
            }
        }
    }
    out
}

fn coordinates(sizes: [usize; 3]) -> Vec<Variable> {
    let one = |(n, (name, axis)): (usize, (&str, &str))| Variable {
        name: name.to_owned(),
        dimensions: vec![3 - n as u32],
        attributes: vec![("units", "m".to_owned()), ("axis", axis.to_owned())],
        kind: DOUBLE,
        bytes: 8 * sizes[n],
    };
    [("x", "X"), ("y", "Y"), ("z", "Z")].into_iter().enumerate().map(one).collect()
}

fn recorded(unit: &str, points: usize, fields: &[Series<'_>]) -> Vec<Variable> {
    let time = Variable {
        name: "time".to_owned(),
        dimensions: vec![0],
        attributes: vec![("units", "s".to_owned()), ("axis", "T".to_owned())],
        kind: DOUBLE,
        bytes: 8,
    };
    let component = |name: &String| Variable {
        name: name.clone(),
        dimensions: vec![0, 1, 2, 3],
        attributes: vec![("units", unit.to_owned())],
        kind: FLOAT,
        bytes: 4 * points,
    };
    std::iter::once(time).chain(fields.iter().flat_map(|field| &field.names).map(component)).collect()
}

fn header(variables: &[&Variable], [nx, ny, nz]: [usize; 3], records: usize, begins: &[u64]) -> Vec<u8> {
    let mut out = b"CDF\x02".to_vec();
    word(&mut out, records);
    list(&mut out, DIMENSIONS, 4);
    // The length of what grows by records is told as none.
    for (name, length) in [("time", 0), ("z", nz), ("y", ny), ("x", nx)] {
        text(&mut out, name);
        word(&mut out, length);
    }
    attributes(&mut out, &[("Conventions", "CF-1.8".to_owned())]);
    list(&mut out, VARIABLES, variables.len());
    for (variable, begin) in variables.iter().zip(begins) {
        text(&mut out, &variable.name);
        word(&mut out, variable.dimensions.len());
        variable.dimensions.iter().for_each(|d| out.extend(d.to_be_bytes()));
        attributes(&mut out, &variable.attributes);
        out.extend(variable.kind.to_be_bytes());
        word(&mut out, variable.bytes);
        out.extend(begin.to_be_bytes());
    }
    out
}

fn attributes(out: &mut Vec<u8>, all: &[(&str, String)]) {
    list(out, ATTRIBUTES, all.len());
    for (name, value) in all {
        text(out, name);
        out.extend(CHAR.to_be_bytes());
        text(out, value);
    }
}

fn list(out: &mut Vec<u8>, tag: u32, count: usize) {
    out.extend(tag.to_be_bytes());
    word(out, count);
}

/// Bytes with their number before them, filled up to whole words.
fn text(out: &mut Vec<u8>, text: &str) {
    word(out, text.len());
    out.extend(text.as_bytes());
    out.resize(out.len().next_multiple_of(4), 0);
}

/// Readers find sizes beyond 32 bits by the dimensions.
fn word(out: &mut Vec<u8>, value: usize) {
    out.extend(u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes());
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Reads the header as the specification has it: for each variable its name, the length of its dimensions (0 for
    /// records) and where it begins.
    fn variables(file: &[u8]) -> Vec<(String, Vec<u32>, usize)> {
        let mut at = 8;
        let word = |at: &mut usize| {
            *at += 4;
            u32::from_be_bytes(file[*at - 4..*at].try_into().unwrap())
        };
        let text = |at: &mut usize| {
            let length = word(at) as usize;
            let text = String::from_utf8(file[*at..*at + length].to_vec()).unwrap();
            *at += length.next_multiple_of(4);
            text
        };
        let attributes = |at: &mut usize| {
            assert_eq!(word(at), ATTRIBUTES);
            for _ in 0..word(at) {
                text(at);
                assert_eq!(word(at), CHAR);
                text(at);
            }
        };
        assert_eq!((&file[..4], word(&mut at)), (&b"CDF\x02"[..], DIMENSIONS));
        let count = word(&mut at);
        let lengths: Vec<u32> = (0..count)
            .map(|_| {
                text(&mut at);
                word(&mut at)
            })
            .collect();
        attributes(&mut at);
        assert_eq!(word(&mut at), VARIABLES);
        let mut found = Vec::new();
        for _ in 0..word(&mut at) {
            let name = text(&mut at);
            let rank = word(&mut at);
            let shape = (0..rank).map(|_| lengths[word(&mut at) as usize]).collect();
            attributes(&mut at);
            let (_kind, _bytes) = (word(&mut at), word(&mut at));
            let begin = u64::from_be_bytes(file[at..at + 8].try_into().unwrap()) as usize;
            at += 8;
            found.push((name, shape, begin));
        }
        assert_eq!(found[0].2, at, "data follow the header");
        found
    }

    fn double(file: &[u8], at: usize) -> f64 {
        f64::from_be_bytes(file[at..at + 8].try_into().unwrap())
    }

    fn float(file: &[u8], at: usize) -> f32 {
        f32::from_be_bytes(file[at..at + 4].try_into().unwrap())
    }

    #[test]
    fn moments_stand_where_the_header_says() {
        let (x, y, z) = ([0.0, 1.0, 4.0], [0.0, 0.5], [3.0]);
        let moments: Vec<Vec<f32>> =
            (0..2).map(|m| (0..18).map(|n| (100 * m + n) as f32).collect()).collect();
        let series = |port: &str, count: usize| Series {
            names: ["x", "y", "z"].map(|axis| format!("E_{axis}_from_{port}")),
            moments: moments[..count].iter().map(Vec::as_slice).collect(),
        };
        let file = write(&[&x, &y, &z], "V/m", &[1e-9, 2e-9], &[series("1", 2), series("2", 1)]);
        assert_eq!(u32::from_be_bytes(file[4..8].try_into().unwrap()), 2);
        let all = variables(&file);
        let names: Vec<&str> = all.iter().map(|v| v.0.as_str()).collect();
        assert_eq!(names[..5], ["x", "y", "z", "time", "E_x_from_1"]);
        assert_eq!((all.len(), &all[4].1[..]), (10, &[0, 1, 2, 3][..]));
        assert_eq!(double(&file, all[0].2 + 16), 4.0);
        assert_eq!(double(&file, all[2].2), 3.0);
        // A record: the time and six numbers of six variables.
        let record = 8 + 6 * 6 * 4;
        assert_eq!(file.len(), all[3].2 + 2 * record);
        assert_eq!(double(&file, all[3].2 + record), 2e-9);
        // The y component of the fifth point at the second moment.
        let (name, _, begin) = &all[5];
        assert_eq!(name, "E_y_from_1");
        assert_eq!(float(&file, begin + record + 4 * 4), 113.0);
        assert_eq!(float(&file, all[9].2 + 4 * 5), 17.0);
        assert!(float(&file, all[9].2 + record).is_nan(), "the run of the second port was over");
    }
}
