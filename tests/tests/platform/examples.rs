//! The examples, each applied and run through the real services, and their numbers.
//!
//! Each test states what is expected, from where, and why its tolerance is what it is. The measured differences stand
//! beside the tolerances; they are those of the mesh, hence the same on every machine.

use std::f64::consts::{PI, TAU};
use std::path::Path;

use e2e::{Complex, Curve, Person, Sandbox, example};
use serde_json::Value;

const C_0: f64 = 299_792_458.0;

/// WR-90, broad side.
const A: f64 = 22.86e-3;

/// Applies and runs an example; its S-parameters.
#[track_caller]
fn run(person: &Person, name: &str) -> impl Fn(&str) -> Curve + use<> {
    person.ok(&["apply", &example(name)]);
    person.ok(&["run", &format!("{name}/transient")]);
    let warnings = &person.entity(name, "results/transient/s-parameters")["properties"]["warnings"];
    assert!(warnings.is_array() && !warnings.to_string().contains("wavelength"), "{name}: {warnings}");
    let series = person.series(name, "results/transient/s-parameters");
    move |curve| series.curve(curve).clone()
}

/// Writes all files that an example asks for, and gives them by name.
#[track_caller]
fn exported(sandbox: &Sandbox, name: &str) -> impl Fn(&str) -> Vec<u8> + use<> {
    let folder = sandbox.folder("exports");
    sandbox.admin().ok(&["export", name, "-o", &format!("{}/", folder.display())]);
    move |file| std::fs::read(folder.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

/// Propagation constant of TE10 in WR-90, 1/m.
fn beta(f: f64, epsilon_r: f64) -> f64 {
    let k = TAU * f / C_0;
    (k * k * epsilon_r - (PI / A).powi(2)).sqrt()
}

/// The volume is a sum of elementary ones, since the holes do not touch each other. The kernel integrates exact
/// surfaces: 1e-6 is its quadrature. Triangles of curved faces lie within 0.2 % of the volume of what they bound.
#[test]
fn block_minus_solids() {
    let platform = Sandbox::start(&[]);
    let admin = platform.admin();
    admin.ok(&["apply", &example("block-minus-solids")]);
    admin.ok(&["run", "block-minus-solids", "--action", "cartesian-mesh.mesh"]);
    let part = admin.entity("block-minus-solids", "model/part");
    let volume = part["properties"]["volume"].as_f64().unwrap();

    let block = 60.0 * 40.0 * 20.0;
    let chamfers = 4.0 * (3.0 * 3.0 / 2.0) * 20.0;
    let bore = PI * 4.0 * 4.0 * 20.0;
    let prism = 8.0 * 6.0 / 2.0 * 20.0;
    let countersink = PI * 20.0 / 3.0 * (2.0 * 2.0 + 2.0 * 6.0 + 6.0 * 6.0);
    let pocket = 8.0 * 8.0 * 10.0 / 3.0;
    let dent = 2.0 / 3.0 * PI * 6.0_f64.powi(3);
    // Half of the ring, by symmetry.
    let groove = PI * PI * 6.0 * 2.0 * 2.0;
    let want = (block - chamfers - bore - prism - countersink - pocket - dent - groove) * 1e-9;
    assert!((volume / want - 1.0).abs() < 1e-6, "{volume:e} for {want:e}");
    assert_eq!(part["properties"]["material"], "pec");

    let files = exported(&platform, "block-minus-solids");
    assert!(files("part.step").starts_with(b"ISO-10303-21;"));
    let triangles = stl_volume(&files("part.stl"));
    assert!((triangles / want - 1.0).abs() < 2e-3, "triangles hold {triangles:e} of {want:e}");

    let grid = admin.entity("block-minus-solids", "grid");
    assert!(grid["properties"]["statistics"]["cells"].as_u64().unwrap() > 1000, "{grid}");

    // An early parameter moves all that follows from it.
    let wider = std::fs::read_to_string(example("block-minus-solids"))
        .unwrap()
        .replace("value: 60 mm", "value: 80 mm");
    admin.apply(&wider).succeeds();
    admin.ok(&["run", "block-minus-solids", "--action", "modeling.build"]);
    let volume = admin.entity("block-minus-solids", "model/part")["properties"]["volume"].as_f64().unwrap();
    let want = want + 20.0 * 40.0 * 20.0 * 1e-9;
    assert!((volume / want - 1.0).abs() < 1e-6, "{volume:e} for {want:e}");
}

/// Volume that a binary STL encloses, in the cube of a metre; its unit is the millimetre.
fn stl_volume(bytes: &[u8]) -> f64 {
    let number = |at: usize| f64::from(f32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()));
    let count = u32::from_le_bytes(bytes[80..84].try_into().unwrap()) as usize;
    assert_eq!(bytes.len(), 84 + 50 * count);
    let sixfold: f64 = (0..count)
        .map(|triangle| {
            let corner = |n: usize| [0, 1, 2].map(|axis| number(84 + 50 * triangle + 12 + 12 * n + 4 * axis));
            let [a, b, c] = [corner(0), corner(1), corner(2)];
            a[0] * (b[1] * c[2] - b[2] * c[1])
                + a[1] * (b[2] * c[0] - b[0] * c[2])
                + a[2] * (b[0] * c[1] - b[1] * c[0])
        })
        .sum();
    sixfold / 6.0 * 1e-9
}

/// f = c/2·√((m/a)² + (n/b)² + (p/c)²), the modes with E along the probes: reflection dips there. 0.5 % for the mesh
/// (20 steps a wavelength) and the load of the probes; measured 0.12 %.
#[test]
fn pec_cavity() {
    let platform = Sandbox::start(&[]);
    let s = run(&platform.admin(), "pec-cavity");
    for (m, n, p) in [(1.0, 1.0, 0.0), (1.0, 1.0, 1.0), (2.0, 1.0, 0.0), (1.0, 2.0, 0.0), (2.0, 1.0, 1.0)] {
        let k = |n: f64, side: f64| (n / side).powi(2);
        let want = C_0 / 2.0 * (k(m, 0.1) + k(n, 0.08) + k(p, 0.06)).sqrt();
        let (at, size) = s("S11").least(0.99 * want, 1.01 * want);
        assert!((at / want - 1.0).abs() < 5e-3, "TM{m}{n}{p}: {at:e} for {want:e}");
        assert!(size < 0.3, "TM{m}{n}{p}: no dip, {size}");
    }
    let field = platform.admin().entity("pec-cavity", "results/transient/fields/tm110");
    assert_eq!(field["properties"]["quantity"], "E");
    let files = exported(&platform, "pec-cavity");
    assert!(files("pec-cavity.csv").starts_with(b"frequency"));
    assert!(String::from_utf8_lossy(&files("tm110.vtr")[..200]).contains("RectilinearGrid"));
}

/// Shunt reactance of a thin symmetric inductive iris with one higher mode (Marcuvitz, Waveguide Handbook, 1951, §5.2):
///
///   X/Z₀ = a/λg · tan²(πd/2a) · [1 + ¾ (1/√(1 − (2a/3λ)²) − 1) sin²(πd/a)]
///
/// Mode matching with 200 modes agrees with it to 0.003 in |S| for this iris. The staircase makes the opening narrower
/// by about half of a cell at each edge, here 0.05 mm: 0.014 in |S|. Tolerance 0.02, 3° in phase, 1 % in power.
#[test]
fn slow_wr90_iris() {
    let platform = Sandbox::start(&[]);
    let s = run(&platform.admin(), "wr90-iris");
    let (d, [s11, s21, s12]) = (A / 2.0, ["S11", "S21", "S12"].map(&s));
    for (n, (f, r)) in s11.points().enumerate() {
        let t = s21.values[n];
        let (wave, guide_wave) = (C_0 / f, TAU / beta(f, 1.0));
        let third = 1.0 / (1.0 - (2.0 * A / (3.0 * wave)).powi(2)).sqrt() - 1.0;
        let x = A / guide_wave
            * (PI * d / (2.0 * A)).tan().powi(2)
            * (1.0 + 0.75 * third * (PI * d / A).sin().powi(2));
        let y = Complex { re: 0.0, im: -1.0 / x };
        let two = Complex::from(2.0);
        let (want_r, want_t) = (Complex::from(0.0) - y / (two + y), two / (two + y));
        assert!((r.norm() - want_r.norm()).abs() < 0.02, "{f:e}: |S11| {} for {}", r.norm(), want_r.norm());
        assert!((t.norm() - want_t.norm()).abs() < 0.02, "{f:e}: |S21| {} for {}", t.norm(), want_t.norm());
        assert!((r / want_r).arg().abs() < 3_f64.to_radians(), "{f:e}: phase of S11");
        assert!((t / want_t).arg().abs() < 3_f64.to_radians(), "{f:e}: phase of S21");
        assert!((r.norm().powi(2) + t.norm().powi(2) - 1.0).abs() < 0.01, "{f:e}: power");
        assert!((t - s12.values[n]).norm() < 2e-3, "{f:e}: reciprocity");
    }
    let touchstone = String::from_utf8(exported(&platform, "wr90-iris")("wr90-iris.s2p")).unwrap();
    assert!(touchstone.lines().any(|line| line.starts_with('#')), "{touchstone}");
    assert_eq!(touchstone.lines().filter(|line| !line.starts_with(['#', '!'])).count(), 401);
}

/// The slab is a piece of line of another impedance, which is exact for TE10:
///
///   r = (β₀ − β₁)/(β₀ + β₁),  p = e^(−jβ₁d),  S11 = r(1 − p²)/(1 − r²p²),  S21 = (1 − r²)p/(1 − r²p²)
///
/// The mesh has 17 cells along the slab: 0.007 in |S| (next to the zero of S11), 0.6° in the phase of S21. Tolerance
/// 0.02 and 2°.
#[test]
fn dielectric_guide() {
    let platform = Sandbox::start(&[]);
    let s = run(&platform.admin(), "dielectric-guide");
    let (d, [s11, s21, s22]) = (10e-3, ["S11", "S21", "S22"].map(&s));
    let one = Complex::from(1.0);
    for (n, (f, got)) in s11.points().enumerate() {
        let (b0, b1) = (beta(f, 1.0), beta(f, 4.0));
        let r = Complex::from((b0 - b1) / (b0 + b1));
        let p = Complex::polar(1.0, -b1 * d);
        let below = one - r * r * p * p;
        let (want_r, want_t) = (r * (one - p * p) / below, (one - r * r) * p / below);
        let t = s21.values[n];
        assert!((got - want_r).norm() < 0.02, "{f:e}: S11 {got:?} for {want_r:?}");
        assert!((got.norm() - want_r.norm()).abs() < 0.02);
        assert!((t.norm() - want_t.norm()).abs() < 0.02, "{f:e}: |S21| {} for {}", t.norm(), want_t.norm());
        assert!((t / want_t).arg().abs() < 2_f64.to_radians(), "{f:e}: phase of S21");
        assert!((got - s22.values[n]).norm() < 2e-3, "{f:e}: symmetry");
        assert!((got.norm().powi(2) + t.norm().powi(2) - 1.0).abs() < 0.01, "{f:e}: power");
    }
}

/// The transmission-line model of the patch (Balanis, Antenna Theory, §14.2): f = c/(2(L + 2ΔL)√ε), with Hammerstad's
/// ΔL, and Getsinger's dispersion of the permittivity, which matters for so wide a line. The model is good to some
/// per cent; the staircase makes the patch longer by half a cell on each side, 1.2 %. Measured −2.7 %, tolerance 4 %.
/// A match below −10 dB is what the place of the probe is for.
#[test]
fn slow_patch_antenna() {
    let platform = Sandbox::start(&[]);
    let s = run(&platform.admin(), "patch-antenna");
    let (l, w, h, er) = (32e-3_f64, 40e-3_f64, 1.524e-3_f64, 3.38_f64);
    let still = (er + 1.0) / 2.0 + (er - 1.0) / 2.0 / (1.0 + 12.0 * h / w).sqrt();
    let further = 0.412 * h * (still + 0.3) * (w / h + 0.264) / ((still - 0.258) * (w / h + 0.8));
    let u = w / h;
    let z0 = 120.0 * PI / (still.sqrt() * (u + 1.393 + 0.667 * (u + 1.444).ln()));
    let scale = z0 / (2.0 * 4e-7 * PI * h);
    let mut want = C_0 / (2.0 * (l + 2.0 * further) * still.sqrt());
    for _ in 0..20 {
        let moving = er - (er - still) / (1.0 + (0.6 + 0.009 * z0) * (want / scale).powi(2));
        want = C_0 / (2.0 * (l + 2.0 * further) * moving.sqrt());
    }
    let (at, size) = s("S11").least(1.5e9, 3e9);
    assert!((at / want - 1.0).abs() < 0.04, "{at:e} for {want:e}");
    assert!(20.0 * size.log10() < -10.0, "dip of {} dB", 20.0 * size.log10());
    let minima =
        &platform.admin().entity("patch-antenna", "results/transient/s-parameters")["properties"]["minima"];
    let told = minima.as_array().and_then(|minima| minima.first()?["frequency"].as_f64());
    assert_eq!(told, Some(at), "{minima}");
    assert!(sound(&exported(&platform, "patch-antenna")("patch-antenna.s1p")));
}

fn sound(touchstone: &[u8]) -> bool {
    String::from_utf8_lossy(touchstone).lines().any(|line| line.starts_with('#'))
}

/// Every folder of examples has a project file that the platform takes and a README that says how to run it.
#[test]
fn every_example_is_whole() {
    let platform = Sandbox::start(&[]);
    let admin = platform.admin();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut names: Vec<String> = std::fs::read_dir(folder.clone())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(names.len() >= 5, "{names:?}");
    for name in names {
        let told: Value = admin.json(&["apply", &example(&name), "--dry-run"]);
        assert_eq!(told["project"], name.as_str());
        let readme = std::fs::read_to_string(folder.join(&name).join("README.md")).unwrap();
        for part in [format!("opentwin apply examples/{name}/project.yaml"), format!("opentwin run {name}")] {
            assert!(readme.contains(&part), "the README of {name} does not say `{part}`");
        }
    }
}
