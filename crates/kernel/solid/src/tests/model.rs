//! The tree: order, references, errors, cancellation.

use std::sync::atomic::{AtomicUsize, Ordering};

use base::progress::Progress;

use super::*;

#[test]
fn the_order_of_the_list_does_not_matter() {
    let features = vec![
        ("c", subtract("b", &["tool"])),
        ("b", subtract("a", &["other tool"])),
        ("tool", cuboid([5e-3; 3], [20e-3; 3])),
        ("other tool", cuboid([-1e-3; 3], [1e-3; 3])),
        ("a", cube()),
    ];
    let result = body(features);
    close(result.volume(), (1000.0 - 125.0 - 1.0) * 1e-9, EXACT);
}

#[test]
fn references_that_lead_nowhere() {
    let found = error(vec![("a", cube()), ("b", subtract("a", &["tol"]))]);
    assert_eq!(
        found.to_string(),
        "feature 'b' uses 'tol', which does not exist: name one of the other features (a)"
    );
    let found = error(vec![("a", cube()), ("a", cube())]);
    assert_eq!(found, Error::DuplicateName("a".to_owned()));
    let found = error(vec![(" ", cube())]);
    assert_eq!(found, Error::NoName(1));
    let found = error(vec![("a", cube()), ("b", Feature::Add { of: names(&["a", "a"]) })]);
    assert!(matches!(found, Error::RepeatedReference { .. }), "{found}");
}

#[test]
fn rings() {
    let found = error(vec![
        ("x", cube()),
        ("tail", subtract("x", &["a"])),
        ("a", subtract("b", &["c"])),
        ("c", cube()),
        ("b", subtract("a", &["c2"])),
        ("c2", cube()),
    ]);
    // `a` is consumed by both `tail` and `b`: that is found first.
    assert!(matches!(found, Error::ConsumedTwice { .. }), "{found}");
    let found = error(vec![
        ("a", subtract("b", &["c"])),
        ("c", cube()),
        ("b", subtract("a", &["c2"])),
        ("c2", cube()),
    ]);
    assert_eq!(found, Error::Cycle(names(&["a", "b", "a"])));
    let found = error(vec![("a", subtract("a", &["b"])), ("b", cube())]);
    assert_eq!(found, Error::Cycle(names(&["a", "a"])));
}

#[test]
fn a_shape_is_consumed_once_and_kept_often() {
    let features = vec![
        ("a", cube()),
        ("t", cuboid([5e-3; 3], [15e-3; 3])),
        ("u", cuboid([-5e-3; 3], [5e-3; 3])),
        ("first", subtract("a", &["t"])),
        ("second", subtract("a", &["u"])),
    ];
    let mut model = model(features);
    let found = evaluate(&model, &Silent).unwrap_err();
    assert!(found.to_string().contains("'a' is consumed by 'first' and by 'second'"), "{found}");
    model.features[4].keep = true;
    let solids = evaluate(&model, &Silent).unwrap();
    let found: Vec<&str> = solids.iter().map(|(name, _)| name).collect();
    assert_eq!(found, ["u", "first", "second"]);
}

#[test]
fn an_empty_model_has_no_bodies() {
    let solids = evaluate(&Model::default(), &Silent).unwrap();
    assert!(solids.is_empty() && solids.bounding_box().is_none());
}

#[test]
fn a_long_chain_is_no_problem() {
    let mut features = vec![Named::new("0", cube())];
    for i in 1..500 {
        let by = [1e-3, 0.0, 0.0];
        let of = (i - 1).to_string();
        features.push(Named::new(i.to_string(), Feature::Translate { of, by }));
    }
    let solids = evaluate(&Model { features }, &Silent).unwrap();
    close(solids.bounding_box().unwrap().max[0], 0.509, EXACT);
}

/// Wants no more after a number of questions.
struct Impatient {
    left: AtomicUsize,
}

impl Progress for Impatient {
    fn report(&self, done: f64, _what: &str) {
        assert!((0.0..=1.0).contains(&done));
    }

    fn cancelled(&self) -> bool {
        let left = |n: usize| Some(n.saturating_sub(1));
        self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, left) == Ok(0)
    }
}

#[test]
fn cancelling_at_any_moment() {
    let features = vec![("a", cube()), ("b", cuboid([5e-3; 3], [15e-3; 3])), ("c", subtract("a", &["b"]))];
    let model = model(features);
    let mut finished = false;
    let later = (2..20).map(|power| 1_usize << power);
    for left in (0..4).chain(later) {
        let impatient = Impatient { left: AtomicUsize::new(left) };
        match evaluate(&model, &impatient) {
            Ok(_) => {
                // Asked more than once a feature: the boolean listens while it works.
                assert!(left > 3, "{left}");
                finished = true;
                break;
            }
            Err(found) => assert_eq!(found, Error::Cancelled),
        }
    }
    assert!(finished);
}
