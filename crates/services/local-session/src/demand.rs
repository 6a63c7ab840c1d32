//! What a step needs, as its service declares it: numbers of entities, times what each costs.

use api::v1::{Amount, Demand, Entity};
use api::{Code, Failure};
use serde_json::Value;
use spawn::Size;

/// Paths of the entities that a demand depends on.
pub(crate) fn paths(demand: &Demand, target: &str) -> Vec<String> {
    let amounts = demand.memory.iter().chain(&demand.cores);
    let mut paths: Vec<String> =
        amounts.flat_map(|amount| &amount.terms).map(|term| term.path.replace("{target}", target)).collect();
    paths.sort();
    paths.dedup();
    paths
}

/// What is needed, with these entities.
pub(crate) fn size(demand: &Demand, target: &str, entities: &[Entity]) -> Size {
    let of = |amount: &Option<Amount>| amount.as_ref().map_or(0.0, |amount| sum(amount, target, entities));
    Size { memory: of(&demand.memory) as u64, cores: of(&demand.cores) }
}

fn sum(amount: &Amount, target: &str, entities: &[Entity]) -> f64 {
    let terms = amount.terms.iter().map(|term| {
        let path = term.path.replace("{target}", target);
        let entity = entities.iter().find(|entity| entity.path == path);
        let number = entity.and_then(|entity| number(entity, &term.property)).unwrap_or(0.0);
        term.factor * number
    });
    let sum = amount.base + terms.sum::<f64>();
    let most = if amount.most > 0.0 { amount.most } else { f64::MAX };
    // What services write is not to be trusted with more than a number.
    if sum.is_finite() { sum.clamp(0.0, most) } else { most }
}

fn number(entity: &Entity, pointer: &str) -> Option<f64> {
    serde_json::from_str::<Value>(&entity.properties).ok()?.pointer(pointer)?.as_f64()
}

/// Refuses what does not fit into the `budget` of one run on this machine, with the numbers.
pub(crate) fn fits(label: &str, needed: &Size, budget: u64) -> Result<(), Failure> {
    if budget == 0 || needed.memory <= budget {
        return Ok(());
    }
    let mib = |bytes: u64| bytes.div_ceil(1 << 20);
    let (needed, budget) = (mib(needed.memory), mib(budget));
    Err(Code::Memory
        .because(format!(
            "{label} needs about {needed} MiB for this, but a run may use {budget} MiB on this host"
        ))
        .remedy("coarsen the mesh, raise `run-memory` of local-session, or use a larger machine"))
}

/// The part of an instance's memory that a run may use: the program itself needs some.
pub(crate) fn budget(size: &Size) -> u64 {
    const PROGRAM: u64 = 32 << 20;
    (size.memory - size.memory / 8).saturating_sub(PROGRAM).max(size.memory / 2)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use api::v1::Term;

    fn amount(base: f64, factor: f64, most: f64) -> Option<Amount> {
        let term = Term { path: "grid".into(), property: "/statistics/cells".into(), factor };
        Some(Amount { base, terms: vec![term], most })
    }

    fn grid(cells: &str) -> Vec<Entity> {
        let properties = format!(r#"{{"statistics": {{"cells": {cells}}}}}"#);
        vec![Entity { path: "grid".into(), properties, ..Entity::default() }]
    }

    #[test]
    fn a_demand_grows_with_the_problem() {
        let demand = Demand { memory: amount(1e6, 100.0, 0.0), cores: amount(1.0, 1e-6, 8.0) };
        assert_eq!(paths(&demand, ""), ["grid"]);
        assert_eq!(size(&demand, "", &grid("2000000")), Size { memory: 201_000_000, cores: 3.0 });
        assert_eq!(size(&demand, "", &grid("90000000")).cores, 8.0);
        // Before there is a grid, and where what stands there is none of ours.
        for odd in [vec![], grid("\"many\""), grid("null")] {
            assert_eq!(size(&demand, "", &odd), Size { memory: 1_000_000, cores: 1.0 });
        }
        assert_eq!(size(&demand, "", &grid("-1e300")).memory, 0);
        assert_eq!(size(&demand, "", &grid("1e300")).memory, u64::MAX);
    }

    #[test]
    fn the_target_names_its_own_entity() {
        let term = Term { path: "{target}".into(), property: "/samples".into(), factor: 2.0 };
        let memory = Some(Amount { base: 0.0, terms: vec![term], most: 0.0 });
        let demand = Demand { memory, cores: None };
        assert_eq!(paths(&demand, "solvers/t"), ["solvers/t"]);
        let solver =
            Entity { path: "solvers/t".into(), properties: r#"{"samples": 4}"#.into(), ..Entity::default() };
        assert_eq!(size(&demand, "solvers/t", &[solver]).memory, 8);
    }

    #[test]
    fn too_much_is_refused_with_both_numbers() {
        let needed = Size { memory: 5 << 30, cores: 1.0 };
        assert!(fits("Solve", &needed, 0).is_ok() && fits("Solve", &needed, 5 << 30).is_ok());
        let failure = fits("Solve", &needed, 3 << 30).unwrap_err();
        assert_eq!(failure.code, Code::Memory);
        assert!(failure.message.contains("5120 MiB") && failure.message.contains("3072 MiB"), "{failure}");
        assert!(budget(&Size { memory: 256 << 20, cores: 1.0 }) < 256 << 20);
    }
}
