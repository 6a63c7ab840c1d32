//! Bad input, as users give it: what the command line says, its exit code, and that nothing is lost.

use std::fmt::Write as _;
use std::net::TcpListener;

use e2e::{Output, Person, Sandbox, example};

/// A sound project that the cases below spoil.
const GOOD: &str = "\
opentwin: 1
project: case
units: {length: mm, frequency: GHz}
parameters: {a: 30 mm, n: 300}
materials: {teflon: {epsilon_r: 2.1}}
geometry:
  air: {cuboid: {min: [0, 0, 0], max: [a, 20, 10]}}
mesh: {maximum_frequency: 20}
ports:
  1: {lumped: {start: [10, 10, 5], end: [10, 10, 0], impedance: 50 ohm}}
boundaries: {all: pec}
solvers:
  transient: {fit-td: {fmin: 2, fmax: 20, samples: 11, max_steps: n}}
";

/// Its one shape.
const AIR: &str = "air: {cuboid: {min: [0, 0, 0], max: [a, 20, 10]}}";

/// Its ports.
const PORTS: &str = "ports:\n  1: {lumped: {start: [10, 10, 5], end: [10, 10, 0], impedance: 50 ohm}}\n";

/// The good project with one part replaced.
#[track_caller]
fn spoiled(part: &str, by: &str) -> String {
    assert!(GOOD.contains(part), "{part}");
    GOOD.replace(part, by)
}

#[test]
fn what_a_file_says_wrong_is_told_with_its_place() {
    let platform = Sandbox::start(&[]);
    let admin = platform.admin();
    admin.apply(GOOD).succeeds();
    let before = admin.json(&["show", "case"]);
    for (part, by, told) in [
        ("maximum_frequency", "maximum_frequenzy", &[":8:8:", "did you mean `maximum_frequency`?"][..]),
        ("a: 30 mm", "a: 30 mn", &[":4:", "`mn`"]),
        ("cuboid", "cubiod", &[":7:9:", "did you mean `cuboid`?"]),
        ("boundaries:", "bondaries:", &[":11:1:", "did you mean `boundaries`?"]),
        ("fit-td:", "fit-dt:", &[":13:", "did you mean `fit-td`?"]),
        ("a: 30 mm", "a: 30 mm*x", &[":4:", "unknown name `x`"]),
        ("a: 30 mm, n: 300", "a: 2*b, b: a/3, n: 300", &[":4:", "a", "b"]),
        ("max: [a, 20, 10]", "max: [a, 20 GHz, 10]", &[":7:", "length"]),
        ("max: [a, 20, 10]", "max: [a, 20]", &[":7:", "expected a list of 3"]),
        ("impedance: 50 ohm", "impedance: -50 ohm", &[":10:", "impedance"]),
        ("epsilon_r: 2.1", "epsilon_r: 0.5", &[":5:", "epsilon_r"]),
        ("10]}}", "10], material: teflom}}", &[":7:", "did you mean `teflon`?"]),
        ("max_steps: n", "max_steps: n, energy_stop: 1/0 + 0.5", &[":13:", "energy_stop", "is zero"]),
        ("opentwin: 1", "opentwin: 2", &[":1:11:", "newer program"]),
        ("{all: pec}", "{all: pec", &["check the brackets"]),
        (
            "{all: pec}",
            "{all: pec}\nexports: {s: {of: results/transent/energy, format: csv}}",
            &[":12:27:", "did you mean `results/transient/energy`?"],
        ),
        (
            "{all: pec}",
            "{all: pec}\nexports: {s: {of: results/transient/energy, format: touchstone}}",
            &[":12:53:", "has no format `touchstone`", "`csv` or `series`"],
        ),
        ("fmin: 2, fmax: 20", "fmin: 20, fmax: 2", &[":13:30:", "must be less than `fmax`"]),
        (
            "end: [10, 10, 0]",
            "end: [10, 10, 5]",
            &[":10:41:", "ports/1/lumped/end", "the same point as `start`"],
        ),
        (PORTS, "", &[":11:15:", "nothing stands in `ports`", "`lumped` or `waveguide`"]),
        (
            AIR,
            "air: {translate: {of: y, by: [1, 0, 0]}}\n  y: {translate: {of: air, by: [1, 0, 0]}}",
            &[":8:23:", "geometry/y/translate/of", "`air` → `y` → `air`"],
        ),
        (
            AIR,
            "air: {cuboid: {min: [0, 0, 0], max: [a, 20, 10]}}\n  x: {mirror: {of: air, normal: x}}\n  \
             y: {translate: {of: air, by: [1, 0, 0]}}",
            &[":9:23:", "`air` is used up by `x` already", "keep: true"],
        ),
    ] {
        let output = admin.apply(&spoiled(part, by));
        output.fails(65, &["error[input.invalid]", "what to do:"]).fails(65, told);
    }
    // A cycle is told as one.
    let cycle = admin.apply(&spoiled("a: 30 mm, n: 300", "a: 2*b, b: a/3, n: 300"));
    assert!(cycle.stderr.contains("each other") || cycle.stderr.contains("cycle"), "{cycle}");
    admin.run(&["apply", "no-such-file.yaml"]).fails(66, &["no-such-file.yaml"]);
    admin.run(&["aply", "x"]).fails(64, &["apply"]);
    assert_eq!(admin.json(&["show", "case"]), before, "nothing of it was taken over");
}

/// Applies a spoiled project and runs it to its failure.
#[track_caller]
fn fails(admin: &Person, part: &str, by: &str, code: i32, told: &[&str]) -> Output {
    admin.apply(&spoiled(part, by)).succeeds();
    let output = admin.run(&["run", "case/transient", "--quiet"]);
    output.fails(code, &["what to do:"]).fails(code, told);
    output
}

#[test]
fn slow_what_cannot_be_computed_is_told_with_the_name_of_what_to_change() {
    let platform = Sandbox::start(&[]);
    let admin = platform.admin();
    let air = AIR;
    let ball = "ball: {sphere: {center: [50, 50, 50], radius: 3}}\n  air: {cuboid: {min: [0, 0, 0], max: [a, 20, 10]}}";
    let told = |part: &str, by: &str, code: i32, parts: &[&str]| fails(&admin, part, by, code, parts);

    // Geometry.
    let nothing = format!("{ball}\n  common: {{intersect: {{of: [air, ball]}}}}");
    told(air, &nothing, 79, &["geometry.invalid", "geometry/common", "nothing is left"]);
    let round = "block: {cuboid: {min: [0, 0, 0], max: [a, 20, 10]}}\n  air: {blend: {of: block, radius: 9}}";
    told(air, round, 79, &["geometry.invalid", "geometry/air"]);

    // Mesh.
    told(
        air,
        &format!("{air}\n  film: {{cuboid: {{min: [0, 0, 5], max: [a, 20, 5], material: teflon}}}}"),
        80,
        &["mesh.invalid", "geometry/film", "no thickness"],
    );
    told(
        "maximum_frequency: 20",
        "maximum_frequency: 20, smallest_mesh_step_ratio: 1, lines: {x: [3, 3.001]}",
        80,
        &["mesh.invalid", "closer than the smallest step"],
    );
    told(
        "maximum_frequency: 20",
        "maximum_frequency: 20, lines: {x: [300]}",
        80,
        &["mesh.invalid", "outside"],
    );
    let large = told(
        "maximum_frequency: 20",
        "maximum_frequency: 20, maximum_edge_length: 1 um",
        87,
        &["memory", "cells", "TiB", "more than the limit of"],
    );
    // 30,000 × 20,000 × 10,000 cells, said and not tried.
    assert!(large.stderr.contains("6000000000000"), "{large}");

    // Ports.
    let port = "{start: [10, 10, 5], end: [10, 10, 0], impedance: 50 ohm}";
    told(
        air,
        &format!("{air}\n  post: {{cuboid: {{min: [5, 5, 0], max: [15, 15, 8], material: pec}}}}"),
        88,
        &["port.invalid", "ports/1", "perfect conductor"],
    );
    told(
        "1: {lumped",
        "2: {lumped: {start: [10, 10, 5], end: [10, 10, 0]}}\n  1: {lumped",
        88,
        &["port.invalid", "another port"],
    );
    let outside = "{start: [10, 10, 15], end: [10, 10, 12], impedance: 50 ohm}";
    told(port, outside, 80, &["mesh.invalid", "ports/1", "outside"]);
}

/// A conductivity so large that its coefficients are no numbers any more.
const NO_NUMBERS: &str = "\
opentwin: 1
project: case
units: {length: m, frequency: MHz}
materials: {absurd: {conductivity: 1.7e308 S/m, mesh_priority: 1}}
geometry:
  air: {cuboid: {min: [0, 0, 0], max: [30, 20, 10]}}
  block: {cuboid: {min: [12, 6, 2], max: [18, 14, 8], material: absurd}}
mesh: {maximum_frequency: 20}
ports: {1: {lumped: {start: [3, 10, 5], end: [3, 10, 0], impedance: 50 ohm}}}
boundaries: {all: pec}
solvers: {transient: {fit-td: {fmin: 2, fmax: 20, samples: 11, max_steps: 10000}}}
";

#[test]
fn fields_that_are_no_numbers_stop_the_solver_with_step_and_place() {
    let platform = Sandbox::start(&[]);
    let admin = platform.admin();
    admin.apply(NO_NUMBERS).succeeds();
    let output = admin.run(&["run", "case/transient", "--quiet"]);
    output.fails(81, &["solver.diverged", "solvers/transient", "at step 50", "what to do: lower `courant`"]);
    // Where: within the block.
    for (axis, range) in [("x", 11.0..=19.0), ("y", 5.0..=15.0), ("z", 1.0..=9.0)] {
        let rest = output.stderr.split_once(&format!("{axis} = ")).map(|(_, rest)| rest).unwrap_or_default();
        let number = rest.split(' ').next().unwrap_or_default();
        let at: f64 = number.parse().unwrap_or_else(|_| panic!("no place in {output}"));
        assert!(range.contains(&at), "{axis} = {at}: {output}");
    }
    assert_eq!(admin.json(&["show", "case", "results"])["entities"].as_array().map_or(0, Vec::len), 0);
    admin.apply(&NO_NUMBERS.replace("1.7e308 S/m", "5 S/m")).succeeds();
    admin.ok(&["run", "case/transient"]);
}

#[test]
fn what_a_solver_is_asked_for_wrong() {
    let platform = Sandbox::start(&[]);
    let admin = platform.admin();
    admin.apply(GOOD).succeeds();
    admin.run(&["run", "case/transiont"]).fails(66, &["transiont"]);
    admin.run(&["run", "case", "--action", "fit-td.slove"]).fails(66, &["fit-td.slove"]);
    admin.run(&["run", "nothing/transient"]).fails(66, &["not-found"]);
    admin.ok(&["run", "case/transient"]);
}

/// A tetrahedron of 20 mm as text STL; with `open` a facet is missing, with `crossing` a second one stands in it.
fn stl(open: bool, crossing: bool) -> String {
    let corners = |shift: f64| {
        [[0.0, 0.0, 0.0], [20.0, 0.0, 0.0], [0.0, 20.0, 0.0], [0.0, 0.0, 20.0]].map(|c| c.map(|x| x + shift))
    };
    let mut text = "solid s\n".to_owned();
    for (n, shift) in [0.0, 3.0].into_iter().enumerate() {
        if n == 1 && !crossing {
            break;
        }
        for facet in [[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]].into_iter().skip(usize::from(open)) {
            text.push_str("facet normal 0 0 0\nouter loop\n");
            for corner in facet {
                let [x, y, z] = corners(shift)[corner];
                let _ = writeln!(text, "vertex {x} {y} {z}");
            }
            text.push_str("endloop\nendfacet\n");
        }
    }
    text + "endsolid s\n"
}

#[test]
fn surfaces_that_are_no_solids() {
    let platform = Sandbox::start(&[]);
    let admin = platform.admin();
    let folder = platform.folder("files");
    let file = folder.join("case.yaml");
    let path = file.to_str().unwrap();
    let import =
        spoiled("air: {cuboid: {min: [0, 0, 0], max: [a, 20, 10]}}", "part: {import-stl: {file: part.stl}}");
    std::fs::write(&file, &import).unwrap();
    admin.run(&["apply", path]).fails(65, &["line 7", "geometry/part", "part.stl"]);
    for (surface, code, told) in [
        (stl(true, false), 79, &["geometry/part", "not closed"][..]),
        (stl(false, true), 79, &["geometry/part", "crosses itself"]),
        ("solid nothing at all\n".to_owned(), 79, &["geometry/part", "STL"]),
        (String::new(), 79, &["geometry/part", "STL"]),
    ] {
        std::fs::write(folder.join("part.stl"), surface).unwrap();
        admin.ok(&["apply", path]);
        admin.run(&["run", "case", "--action", "modeling.build"]).fails(code, told);
    }
    std::fs::write(folder.join("part.stl"), stl(false, false)).unwrap();
    admin.ok(&["apply", path]);
    admin.ok(&["run", "case", "--action", "modeling.build"]);
    let volume = admin.entity("case", "model/part")["properties"]["volume"].as_f64().unwrap();
    assert!((volume / (8e-6 / 6.0) - 1.0).abs() < 1e-6, "{volume}");
}

#[test]
fn slow_a_platform_that_cannot_start_says_why() {
    let mut platform = Sandbox::start(&[]);
    let end = |command: &mut std::process::Command| {
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let command = format!("{command:?}");
        Output {
            command,
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    };
    let state = platform.state().display().to_string();
    // The state is in use.
    end(&mut platform.command("127.0.0.1:0")).fails(92, &["store.locked", &state, "--state"]);
    platform.stop();

    // The address is in use; nothing is left of the services that had started already.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = end(&mut platform.command(&address));
    output.fails(89, &["address.in-use", &address]);
    assert!(e2e::processes::naming(&platform.state()).is_empty());

    // The state is of a newer program; it is left as it is.
    let version = platform.state().join("version");
    std::fs::write(&version, "99\n").unwrap();
    end(&mut platform.command("127.0.0.1:0")).fails(93, &["store.too-new", "newer program"]);
    assert_eq!(std::fs::read_to_string(&version).unwrap(), "99\n");
    std::fs::write(&version, "1\n").unwrap();

    // A setting that is not known, where a typo would otherwise be without effect.
    end(platform.command("127.0.0.1:0").env("OPENTWIN_SLOTZ", "3")).fails(78, &["OPENTWIN_SLOTZ"]);
    platform.up();
    platform.admin().ok(&["apply", &example("pec-cavity"), "--dry-run"]);
    platform.stop();
    // Few words are no reason not to be heard.
    platform.flag("--log");
    platform.flag("error");
    platform.up();
}
