//! Field monitors.

use api::{Code, Failure};
use compute::Entities;
use fit::{Quantity, Recording, Region};

use super::{Domain, named};
use crate::kinds::{Field, Monitor, Plane};

/// All monitors in the order of their names.
pub(crate) fn read(entities: &Entities, domain: &Domain) -> Result<Vec<fit::Monitor>, Failure> {
    named(entities, "fit-td.monitor", "monitors")
        .into_iter()
        .map(|(name, entity)| monitor(name, &entities.typed(entity)?, domain))
        .collect()
}

fn monitor(name: &str, monitor: &Monitor, domain: &Domain) -> Result<fit::Monitor, Failure> {
    let wrong = |reason: &str, remedy: &str| {
        Err(Code::Invalid.because(format!("`monitors/{name}`: {reason}")).remedy(remedy))
    };
    let recording = match (&monitor.frequencies, monitor.interval) {
        (Some(list), None) => Recording::Frequencies(list.iter().map(|f| f.0).collect()),
        (None, Some(interval)) => Recording::Time { interval: interval.0 },
        _ => {
            return wrong(
                "it has to say when to record",
                "give either `frequencies` or `interval`, and not both",
            );
        }
    };
    let (mut min, mut max) = (domain.min, domain.max);
    if let Some(plane) = &monitor.plane {
        let Some((axis, at)) = coordinate(plane) else {
            return wrong("its plane has none or several coordinates", "give one of `x`, `y` and `z`");
        };
        if monitor.min.is_some() || monitor.max.is_some() {
            return wrong("it has a plane and a box", "leave out `plane`, or `min` and `max`");
        }
        (min[axis], max[axis]) = (at, at);
    }
    let corner = |own: Option<[_; 3]>, other: [f64; 3]| own.map_or(other, |point| point.map(f64::from));
    let (min, max) = (corner(monitor.min, min), corner(monitor.max, max));
    let far = |a: usize| {
        let gap = 1e-6 * (domain.max[a] - domain.min[a]);
        min[a] > domain.max[a] + gap || max[a] < domain.min[a] - gap
    };
    if (0..3).any(far) {
        return wrong("it lies outside of the mesh", "move it, or enlarge the mesh's boundary distance");
    }
    let quantity = match monitor.field {
        Field::E => Quantity::E,
        Field::H => Quantity::H,
    };
    // A box, for a plane too: absorbing layers around the mesh are no part of the fields to be seen.
    let inside = |a: usize, x: f64| x.clamp(domain.min[a], domain.max[a]);
    let region =
        Region::Box { min: [0, 1, 2].map(|a| inside(a, min[a])), max: [0, 1, 2].map(|a| inside(a, max[a])) };
    Ok(fit::Monitor { name: name.to_owned(), quantity, region, recording })
}

fn coordinate(plane: &Plane) -> Option<(usize, f64)> {
    let mut given =
        [plane.x, plane.y, plane.z].into_iter().enumerate().filter_map(|(a, at)| Some((a, at?.0)));
    given.next().filter(|_| given.next().is_none())
}
