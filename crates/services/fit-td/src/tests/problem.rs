use api::{Code, Failure};
use fit::{Axis, Boundary, PortKind, Region, Sense};
use serde_json::{Value, json};

use super::{entities, entity, guide, vacuum};
use crate::problem::{self, Setup};

const TARGET: &str = "solvers/transient";

fn band() -> Value {
    json!({"fmin": "8 GHz", "fmax": "12 GHz"})
}

#[test]
fn ports_boundaries_and_monitors_are_laid_on_the_mesh() {
    let (all, mesh) =
        guide(json!({"fmin": "8 GHz", "fmax": "12 GHz", "active_ports": ["2"], "max_steps": 7}));
    let Setup { problem, .. } = problem::read(&all, TARGET, mesh, Some(1 << 30)).unwrap();
    // 8 absorbing cells and 3 for the port behind each open end, outside of the mesh.
    assert_eq!(problem.grid.cells(), [9, 4, 12 + 2 * 11]);
    assert_eq!(problem.grid.node_at(Axis::Z, 0.0), Some(11));
    assert_eq!(problem.boundaries.0[0], [Boundary::Pec; 2]);
    assert!(matches!(problem.boundaries.0[2], [Boundary::Open(_), Boundary::Open(_)]));
    assert_eq!(problem.settings.max_steps, 7);
    assert_eq!(problem.ports.iter().map(|p| p.active).collect::<Vec<_>>(), [false, true]);
    let PortKind::Waveguide(port) = &problem.ports[1].kind else { panic!() };
    assert_eq!((port.axis, port.sense, port.mode), (Axis::Z, Sense::Minus, (1, 0)));
    // Planes end where the mesh does, not in the absorber.
    let Region::Box { min, max } = &problem.monitors[0].region else { panic!() };
    assert_eq!((min[2], max[1]), (0.0, 0.00508));
    fit::Simulation::new(problem.into(), Some(1)).unwrap();
}

#[test]
fn modes_count_along_the_wider_side() {
    let port = json!({"min": [0, 0, 0], "max": ["10.16 mm", "22.86 mm", 0], "direction": "+z"});
    let all = entities(vec![
        entity("ports/a", "fit-td.waveguide-port", port),
        entity(TARGET, "fit-td.solver", band()),
    ]);
    let setup = problem::read(&all, TARGET, vacuum([10.16e-3, 22.86e-3, 20e-3]), None).unwrap();
    let PortKind::Waveguide(port) = &setup.problem.ports[0].kind else { panic!() };
    assert_eq!(port.mode, (0, 1));
}

/// Exactly as much as the simulation and its checkpoint take has to be there.
#[test]
fn what_does_not_fit_is_refused_with_its_size() {
    let read = |limit| {
        let (all, mesh) = guide(band());
        problem::read(&all, TARGET, mesh, Some(limit))
    };
    let problem = read(1 << 30).unwrap().problem;
    let needed = problem.memory_estimate() + problem.checkpoint_estimate();
    assert!(problem.checkpoint_estimate() >= 24 * problem.grid.node_count());
    assert!(read(needed).is_ok());
    let failure = read(needed - 1).unwrap_err();
    assert_eq!(failure.code, Code::Memory);
    assert!(failure.message.contains(TARGET) && failure.message.contains("are allowed"), "{failure}");
}

fn refused(list: Vec<(&str, &str, Value)>) -> Failure {
    let list = list.into_iter().map(|(path, kind, properties)| entity(path, kind, properties)).collect();
    problem::read(&entities(list), TARGET, vacuum([10e-3; 3]), None).unwrap_err()
}

#[test]
fn what_cannot_be_is_named() {
    let solver = || (TARGET, "fit-td.solver", band());
    let lumped = |end: Value| ("ports/1", "fit-td.lumped-port", json!({"start": [0, 0, 0], "end": end}));
    let failure = refused(vec![solver()]);
    assert_eq!(failure.code, Code::Port);
    assert!(failure.message.contains("no port"), "{failure}");

    let failure = refused(vec![solver(), lumped(json!([0, "1 mm", "1 mm"]))]);
    assert!(failure.message.contains("ports/1") && failure.what_to_do().contains("axis"), "{failure}");
    let failure = refused(vec![solver(), lumped(json!([0, 0, 0]))]);
    assert!(failure.message.contains("same point"), "{failure}");

    let unknown = (TARGET, "fit-td.solver", json!({"fmax": "1 GHz", "active_ports": ["7"]}));
    let failure = refused(vec![unknown, lumped(json!([0, 0, "1 mm"]))]);
    assert!(failure.message.contains("`7`") && failure.what_to_do().contains('1'), "{failure}");

    for (properties, reason) in [
        (json!({}), "when to record"),
        (json!({"frequencies": ["1 GHz"], "interval": "1 ns"}), "when to record"),
        (json!({"frequencies": ["1 GHz"], "plane": {}}), "none or several"),
        (json!({"frequencies": ["1 GHz"], "plane": {"x": 0}, "min": [0, 0, 0]}), "a plane and a box"),
        (json!({"frequencies": ["1 GHz"], "plane": {"x": "1 m"}}), "outside"),
    ] {
        let monitor = ("monitors/m", "fit-td.monitor", properties);
        let failure = refused(vec![solver(), lumped(json!([0, 0, "1 mm"])), monitor]);
        assert!(failure.message.starts_with("`monitors/m`") && failure.message.contains(reason), "{failure}");
    }
}

/// Cells of 2.54 mm: 9.836 a wavelength at 12 GHz, 10.26 at 11.5 GHz, and half as many where n = 2.
#[test]
fn a_mesh_too_coarse_for_the_band_is_told() {
    let doubts = |fmax: &str, change: &dyn Fn(&mut hexmesh::Mesh)| {
        let (all, mut mesh) = guide(json!({"fmin": "8 GHz", "fmax": fmax}));
        change(&mut mesh);
        problem::read(&all, TARGET, mesh, None).unwrap().doubts
    };
    assert_eq!(doubts("11.5 GHz", &|_| ()), [""; 0]);
    let [told]: [String; 1] = doubts("12 GHz", &|_| ()).try_into().unwrap();
    assert!(told.starts_with("`solvers/transient`: ") && told.contains("9.8 cells"), "{told}");
    assert!(told.contains("at 12 GHz in `vacuum`") && told.contains("up to 2 % too slow"), "{told}");
    assert!(told.contains("`maximum_frequency` or `steps_per_wavelength`"), "{told}");

    // The first of the cells with the slab's filling, and none of the layers before the guide.
    let slab = |mesh: &mut hexmesh::Mesh| {
        let kind = hexmesh::Kind::Volumetric {
            epsilon_r: 4.0,
            mu_r: 1.0,
            conductivity: 0.0,
            magnetic_conductivity: 0.0,
        };
        mesh.materials.push(hexmesh::Material { name: "slab".into(), kind });
        let cells = mesh.cell_material.len();
        mesh.cell_material[cells / 2..].fill(1);
    };
    let told = doubts("11.5 GHz", &slab).concat();
    assert!(told.contains("5.1 cells per wavelength at 11.5 GHz in `slab`"), "{told}");
    let place = told.split(" near ").nth(1).and_then(|rest| rest.split(", so").next()).unwrap();
    let z = place.split("z = ").nth(1).and_then(|z| z.strip_suffix(" mm")).unwrap();
    assert!((15.24..30.48).contains(&z.parse::<f64>().unwrap()), "{told}");
}

/// WR-90 lets nothing through below 6.557 GHz, by this mesh of 9 cells across 6.53 GHz. A pulse from 8 to 11.5 GHz is 40 dB
/// down √2 · 1.75 GHz off its middle, at 7.275 GHz.
#[test]
fn what_no_port_sends_is_told() {
    let read = |fmin: &str, frequencies: Value| {
        let (all, mesh) = guide(json!({"fmin": fmin, "fmax": "11.5 GHz"}));
        let others = all.all().filter(|e| e.path != "monitors/e").cloned();
        let monitor = entity("monitors/e", "fit-td.monitor", json!({"frequencies": frequencies}));
        let all = entities(others.chain([monitor]).collect());
        let Setup { doubts, unseen, .. } = problem::read(&all, TARGET, mesh, None).unwrap();
        (doubts, unseen)
    };
    assert_eq!(read("8 GHz", json!(["10 GHz", "7.28 GHz"])), (vec![], vec![]));
    let (doubts, unseen) = read("8 GHz", json!(["10 GHz", "2.4 GHz", "7.27 GHz"]));
    assert_eq!((doubts.len(), unseen.len()), (0, 1));
    assert!(
        unseen[0].starts_with("`monitors/e` records no field of ports `1`, `2` at 2.4 GHz, 7.27 GHz, "),
        "{unseen:?}"
    );
    assert!(unseen[0].contains("band from 8 GHz to 11.5 GHz"), "{unseen:?}");

    // Below cut-off there is no power to refer to, though the pulse is only 21 dB down at 6.5 GHz.
    let (doubts, unseen) = read("0 Hz", json!(["6.5 GHz", "6.6 GHz"]));
    assert_eq!((doubts.len(), unseen.len()), (1, 1));
    assert!(doubts[0].starts_with("ports `1`, `2`: S below their cut-off of 6.53"), "{doubts:?}");
    assert!(doubts[0].ends_with("is not meaningful: raise `fmin` of `solvers/transient`"), "{doubts:?}");
    assert!(unseen[0].contains("at 6.5 GHz, outside of the band from 6.53"), "{unseen:?}");
}

/// A sheet in the top of a box; then one that a wall joins from below, as the end of a block or a guide.
#[test]
fn what_lies_flat_in_an_open_side_is_told() {
    let doubts = |boundaries: Value, port: Value, change: &dyn Fn(&mut hexmesh::Mesh)| {
        let mut mesh = vacuum([10e-3, 10e-3, 10e-3]);
        change(&mut mesh);
        let all = entities(vec![
            entity("ports/1", "fit-td.lumped-port", port),
            entity("boundaries", "fit-td.boundaries", boundaries),
            entity(TARGET, "fit-td.solver", json!({"fmax": "1 GHz"})),
        ]);
        problem::read(&all, TARGET, mesh, None).unwrap().doubts
    };
    let mark = |mesh: &mut hexmesh::Mesh, node: [usize; 3], axis: hexmesh::Axis| {
        let at = mesh.node_index(node);
        mesh.pec_edges[at] |= 1 << axis.index();
    };
    let inside = json!({"start": ["5 mm", "5 mm", "2.5 mm"], "end": ["5 mm", "5 mm", "5 mm"]});
    let sheet = |mesh: &mut hexmesh::Mesh| mark(mesh, [1, 2, 4], hexmesh::Axis::X);
    let told = doubts(json!({}), inside.clone(), &sheet);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("`z_max` near x = 2.5 mm, y = 5 mm, z = 10 mm"), "{told:?}");
    assert_eq!(doubts(json!({"z_max": "pec"}), inside.clone(), &sheet), [""; 0]);
    let joined = |mesh: &mut hexmesh::Mesh| {
        sheet(mesh);
        mark(mesh, [2, 2, 3], hexmesh::Axis::Z);
    };
    assert_eq!(doubts(json!({}), inside, &joined), [""; 0]);

    let aside = json!({"start": [0, "5 mm", "2.5 mm"], "end": [0, "5 mm", "5 mm"]});
    let told = doubts(json!({}), aside, &|_| ());
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("`ports/1` lies in the open side `x_min`"), "{told:?}");
}
