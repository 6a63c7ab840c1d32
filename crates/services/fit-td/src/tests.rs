#![allow(clippy::unwrap_used, clippy::expect_used)]

mod kinds;
mod problem;
mod running;

use api::v1::Entity;
use compute::{Description, Entities};
use hexmesh::{Kind, Material, Mesh};
use serde_json::{Value, json};

use crate::describe;

fn entity(path: &str, kind: &str, properties: Value) -> Entity {
    Entity { path: path.into(), kind: kind.into(), properties: properties.to_string(), ..Entity::default() }
}

fn entities(list: Vec<Entity>) -> Entities {
    let site = base::common::kinds()
        .into_iter()
        .fold(Description::new("project", "", ""), |d, kind| d.kind("", kind))
        .into_wire();
    Entities::new(list, site.kinds.into_iter().chain(describe().into_wire().kinds)).unwrap()
}

/// Vacuum in a box with steps of about 2.54 mm.
fn vacuum(size: [f64; 3]) -> Mesh {
    let line = |length: f64| {
        let n = (length / 2.54e-3).round().max(1.0) as usize;
        (0..=n).map(|i| length * i as f64 / n as f64).collect::<Vec<f64>>()
    };
    let [x, y, z] = size.map(line);
    let cells = (x.len() - 1) * (y.len() - 1) * (z.len() - 1);
    let nodes = x.len() * y.len() * z.len();
    let materials = vec![Material { name: "vacuum".into(), kind: Kind::VACUUM }];
    Mesh { x, y, z, cell_material: vec![0; cells], pec_edges: vec![0; nodes], materials, background: 0 }
}

/// WR-90, 30.48 mm long, with a TE10 port on each end.
fn guide(solver: Value) -> (Entities, Mesh) {
    let port = |z: f64, direction: &str| {
        json!({"min": [0, 0, format!("{z} mm")], "max": ["22.86 mm", "10.16 mm", format!("{z} mm")],
               "direction": direction})
    };
    let all = entities(vec![
        entity("ports/1", "fit-td.waveguide-port", port(0.0, "+z")),
        entity("ports/2", "fit-td.waveguide-port", port(30.48, "-z")),
        entity("boundaries", "fit-td.boundaries", json!({"all": "pec", "z_min": "open", "z_max": "open"})),
        entity("solvers/transient", "fit-td.solver", solver),
        entity("monitors/e", "fit-td.monitor", json!({"frequencies": ["10 GHz"], "plane": {"y": "5.08 mm"}})),
        entity(
            "monitors/h",
            "fit-td.monitor",
            json!({"field": "H", "interval": "200 ps", "plane": {"x": "11.43 mm"}}),
        ),
    ]);
    (all, vacuum([22.86e-3, 10.16e-3, 30.48e-3]))
}
