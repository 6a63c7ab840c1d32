//! Ports.

use api::{Code, Failure};
use compute::Entities;
use fit::{Axis, Lumped, Port, PortKind, Sense, Waveguide};

use super::named;
use crate::kinds::{LumpedPort, WaveguidePort};
use crate::names;

/// All ports in the order of their names; S is numbered in this order.
pub(crate) fn read(entities: &Entities) -> Result<Vec<Port>, Failure> {
    let mut ports = Vec::new();
    for (name, entity) in named(entities, "fit-td.lumped-port", "ports") {
        ports.push(port(name, PortKind::Lumped(lumped(name, &entities.typed(entity)?)?)));
    }
    for (name, entity) in named(entities, "fit-td.waveguide-port", "ports") {
        ports.push(port(name, PortKind::Waveguide(waveguide(name, &entities.typed(entity)?)?)));
    }
    ports.sort_by(|a, b| names::order(&a.name, &b.name));
    Ok(ports)
}

fn port(name: &str, kind: PortKind) -> Port {
    Port { name: name.to_owned(), kind, active: true }
}

fn wrong<T>(name: &str, reason: &str, remedy: &str) -> Result<T, Failure> {
    Err(Code::Port.because(format!("`ports/{name}`: {reason}")).remedy(remedy))
}

fn lumped(name: &str, port: &LumpedPort) -> Result<Lumped, Failure> {
    let (start, end) = (port.start.map(f64::from), port.end.map(f64::from));
    let mut apart = Axis::ALL.into_iter().filter(|a| start[a.index()] != end[a.index()]);
    let axis = match (port.axis, apart.next(), apart.next()) {
        (Some(axis), ..) => axis.into(),
        (None, Some(axis), None) => axis,
        (None, None, _) => {
            return wrong(name, "`start` and `end` are the same point", "set them apart along one axis");
        }
        (None, Some(_), Some(_)) => {
            return wrong(
                name,
                "`start` and `end` differ along several axes",
                "say with `axis` along which the current flows, or move one of the points",
            );
        }
    };
    Ok(Lumped { start, end, axis, resistance: port.impedance.0 })
}

fn waveguide(name: &str, port: &WaveguidePort) -> Result<Waveguide, Failure> {
    let (min, max) = (port.min.map(f64::from), port.max.map(f64::from));
    let (axis, plus) = port.direction.parts();
    let a = axis.index();
    if min[a] != max[a] {
        return wrong(
            name,
            "`min` and `max` differ along the guide",
            "give both corners the same coordinate along `direction`",
        );
    }
    let [m, n] = port.mode.map(|count| usize::try_from(count.0).unwrap_or(usize::MAX));
    // The kernel counts along the axes that follow the guide's in the cycle x, y, z.
    let (u, v) = ((a + 1) % 3, (a + 2) % 3);
    let mode = if max[u] - min[u] >= max[v] - min[v] { (m, n) } else { (n, m) };
    let sense = if plus { Sense::Plus } else { Sense::Minus };
    Ok(Waveguide { axis, sense, min, max, mode, reference: port.reference_distance.0 })
}
