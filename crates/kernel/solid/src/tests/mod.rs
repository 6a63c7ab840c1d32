#![allow(clippy::unwrap_used, clippy::expect_used)]

mod booleans;
mod exchange;
mod model;
mod motions;
mod primitives;
mod sheets;
mod stl;
mod triangles;

use base::progress::Silent;

use crate::{Body, Edges, Error, Fault, Feature, Model, Named, Solids, evaluate};

/// Exact integration over the boundary is good to this.
const EXACT: f64 = 1e-9;

fn model(features: Vec<(&str, Feature)>) -> Model {
    Model { features: features.into_iter().map(|(name, feature)| Named::new(name, feature)).collect() }
}

fn solids(features: Vec<(&str, Feature)>) -> Solids {
    evaluate(&model(features), &Silent).unwrap()
}

/// The one body of a model.
fn body(features: Vec<(&str, Feature)>) -> Body {
    let solids = solids(features);
    assert_eq!(solids.len(), 1);
    solids.into_bodies().pop().unwrap().1
}

fn one(feature: Feature) -> Body {
    body(vec![("it", feature)])
}

fn error(features: Vec<(&str, Feature)>) -> Error {
    evaluate(&model(features), &Silent).unwrap_err()
}

/// The fault of the feature named `at`.
fn fault(features: Vec<(&str, Feature)>, at: &str) -> Fault {
    match error(features) {
        Error::Feature { name, fault, .. } => {
            assert_eq!(name, at);
            fault
        }
        other => panic!("{other}"),
    }
}

#[track_caller]
fn close(found: f64, wanted: f64, relative: f64) {
    assert!((found - wanted).abs() <= relative * wanted.abs().max(1e-30), "{found:e} is not {wanted:e}");
}

fn cuboid(min: [f64; 3], max: [f64; 3]) -> Feature {
    Feature::Cuboid { min, max }
}

/// A cube of 10 mm with a corner at the origin.
fn cube() -> Feature {
    cuboid([0.0; 3], [0.01; 3])
}

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

fn subtract(from: &str, tools: &[&str]) -> Feature {
    Feature::Subtract { from: from.to_owned(), tools: names(tools) }
}

fn blend(of: &str, edges: Edges, radius: f64) -> Feature {
    Feature::Blend { of: of.to_owned(), edges, radius }
}
