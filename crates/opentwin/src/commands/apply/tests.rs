//! What the declarations of the services that come with the program let `apply` say, with its place.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use base::rule::Rule;
use serde_json::Value;

use crate::commands::kinds;

/// A sound project that the cases below spoil.
const GOOD: &str = "\
opentwin: 1
project: case
units: {length: mm, frequency: GHz}
parameters: {a: 30 mm, top: 20 GHz}
geometry:
  air: {cuboid: {min: [0, 0, 0], max: [a, 20, 10]}}
  post: {cylinder: {from: [5, 5, 0], to: [5, 5, 10], radius: 2}}
  rest: {subtract: {from: air, tools: [post]}}
mesh: {maximum_frequency: 20, refinements: {r: {min: [0, 0, 0], max: [1, 1, 1], maximum_edge_length: 1}}}
ports:
  1: {lumped: {start: [10, 10, 5], end: [10, 10, 0]}}
  2: {waveguide: {min: [0, 0, 0], max: [0, 20, 10], direction: +x}}
monitors:
  e: {frequencies: [10], plane: {x: 3}}
solvers:
  transient: {fit-td: {fmin: 2, fmax: top}}
exports:
  s: {of: results/transient/s-parameters, format: touchstone}
  f: {of: results/transient/fields/e, format: vtr}
  m: {of: model/rest, format: brep}
";

/// What is wrong with the project once a part is replaced.
#[track_caller]
fn told(part: &str, by: &str) -> Vec<String> {
    assert!(GOOD.contains(part), "{part}");
    let kinds = kinds::built_in().unwrap();
    let read = declare::parse(&GOOD.replace(part, by), "case.yaml", &kinds);
    read.map_or_else(|errors| errors.iter().map(ToString::to_string).collect(), |_| Vec::new())
}

#[test]
fn the_project_that_is_spoiled_is_sound() {
    assert_eq!(told("project: case", "project: case"), [""; 0]);
}

#[test]
fn what_only_several_values_together_say_wrong_is_told_with_its_place() {
    let end = "end: [10, 10, 0]";
    let plane = "plane: {x: 3}";
    let rest = "rest: {subtract: {from: air, tools: [post]}}";
    let ring = format!(
        "{rest}\n  u: {{translate: {{of: v, by: [1, 0, 0]}}}}\n  v: {{translate: {{of: u, by: [1, 0, 0]}}}}"
    );
    let twice = format!("{rest}\n  more: {{translate: {{of: post, by: [1, 0, 0]}}}}");
    let mesh = "mesh: {maximum_frequency: 20, refinements: {r: {min: [0, 0, 0], max: [1, 1, 1], maximum_edge_length: 1}}}\n";
    let ports = "ports:\n  1: {lumped: {start: [10, 10, 5], end: [10, 10, 0]}}\n  2: {waveguide: {min: [0, 0, 0], max: [0, 20, 10], direction: +x}}\n";
    for (part, by, expected) in [
        // The solver.
        (
            "fmin: 2,",
            "fmin: 3*top,",
            "16:30: solvers/transient/fit-td/fmin: must be less than `fmax`, which is 20 GHz, but is 60 GHz",
        ),
        (
            mesh,
            "",
            "15:15: solvers/transient/fit-td: nothing stands in `mesh`, which `fit-td` needs: give a group with `maximum_frequency`",
        ),
        (
            ports,
            "",
            "13:15: solvers/transient/fit-td: nothing stands in `ports`, which `fit-td` needs: give entries by name, each `lumped` or `waveguide`",
        ),
        // Monitors.
        (
            "frequencies: [10]",
            "frequencies: [10], interval: 1 ns",
            "14:26: monitors/e/interval: `interval` stands beside `frequencies`: give only one of `frequencies` or `interval`",
        ),
        (
            "frequencies: [10], ",
            "",
            "14:3: monitors/e: `frequencies` or `interval` is missing in `monitors`: give one of them",
        ),
        (
            "frequencies: [10]",
            "frequencies: [10, 25]",
            "14:25: monitors/e/frequencies/1: must be at most 20 GHz, the `fmax` of `solvers/transient`, but is 25 GHz",
        ),
        (plane, "plane: {}", "14:26: monitors/e/plane: `x`, `y` or `z` is missing: give one of them"),
        (
            plane,
            "plane: {x: 3, z: 1}",
            "14:40: monitors/e/plane/z: `z` stands beside `x`: give only one of `x`, `y` or `z`",
        ),
        (
            plane,
            "plane: {x: 3}, max: [1, 1, 1]",
            "14:41: monitors/e/max: `max` stands beside `plane`: leave out one of them",
        ),
        (
            plane,
            "min: [1, 1, 3], max: [1, 1, 1]",
            "14:38: monitors/e/min/2: must be at most 1 mm, as in `max`, but is 3 mm: exchange the two",
        ),
        // Ports.
        (
            end,
            "end: [10, 10, 5]",
            "11:41: ports/1/lumped/end: this is the same point as `start`: set them apart along one axis",
        ),
        (
            end,
            "end: [10, 8, 0]",
            "11:41: ports/1/lumped/end: this differs from `start` along `y` and `z`: say with `axis` which of them is meant, or move one of the points",
        ),
        (
            end,
            "end: [10, 8, 0], axis: x",
            "11:41: ports/1/lumped/end: this does not differ from `start` along `x`, as `axis` asks: set them apart along it",
        ),
        (
            "max: [0, 20, 10], dir",
            "max: [1, 20, 10], dir",
            "12:41: ports/2/waveguide/max/0: must be 0, as in `min`, for `direction` is `+x`, but is 1 mm",
        ),
        (
            "min: [0, 0, 0], max: [0, 20, 10], dir",
            "min: [0, a, 0], max: [0, 20, 10], dir",
            "12:28: ports/2/waveguide/min/1: must be at most 20 mm, as in `max`, but is 30 mm: exchange the two",
        ),
        // Mesh and geometry.
        (
            "r: {min: [0, 0, 0]",
            "r: {min: [0, 2, 0]",
            "9:58: mesh/refinements/r/min/1: must be at most 1 mm, as in `max`, but is 2 mm: exchange the two",
        ),
        (
            "min: [0, 0, 0], max: [a",
            "min: [0, 0, 2*a], max: [a",
            "6:30: geometry/air/cuboid/min/2: must be at most 10 mm, as in `max`, but is 60 mm: exchange the two",
        ),
        (
            "radius: 2",
            "radius: 2, inner_radius: 2",
            "7:79: geometry/post/cylinder/inner_radius: must be less than `radius`, which is 2 mm, but is 2 mm",
        ),
        (
            rest,
            &ring,
            "10:23: geometry/v/translate/of: `u` → `v` → `u` are made from each other: let one of them name another entry of `geometry`",
        ),
        (
            rest,
            &twice,
            "9:26: geometry/more/translate/of: `post` is used up by `rest` already: set `keep: true` in one of the two, or name `rest` here",
        ),
        (
            "[post]",
            "[post, post]",
            "8:46: geometry/rest/subtract/tools/1: `post` is named here twice: name it once",
        ),
    ] {
        assert_eq!(told(part, by), [format!("case.yaml:{expected}")], "{by}");
    }
}

#[test]
fn what_is_right_together_is_taken() {
    let rest = "rest: {subtract: {from: air, tools: [post]}}";
    let kept = format!("{rest}\n  more: {{translate: {{of: post, by: [1, 0, 0], keep: true}}}}");
    for (part, by) in [
        ("end: [10, 10, 0]", "end: [10, 8, 0], axis: z"),
        ("fmin: 2, ", ""),
        ("frequencies: [10]", "interval: 1 ns"),
        ("frequencies: [10]", "frequencies: [top, 0]"),
        (", plane: {x: 3}", ", min: [0, 0, 0], max: [0, 1, 1]"),
        (", plane: {x: 3}", ""),
        (rest, &kept),
        ("model/rest, format: brep", "model, format: stl"),
        ("model/rest, format: brep", "grid, format: grid"),
    ] {
        assert_eq!(told(part, by), [""; 0], "{by}");
    }
}

#[test]
fn files_that_nothing_will_give_are_told_before_hours_of_solving() {
    for (part, by, expected) in [
        (
            "s-parameters",
            "s-parametrs",
            "18:29: exports/s/of: there is no result `results/transient/s-parametrs`: did you mean `results/transient/s-parameters`?",
        ),
        (
            "of: results/transient/s",
            "of: results/transent/s",
            "18:19: exports/s/of: there is no result `results/transent/s-parameters`: did you mean `results/transient/s-parameters`?",
        ),
        (
            "fields/e",
            "fields/f",
            "19:36: exports/f/of: there is no result `results/transient/fields/f`: expected `results/transient/fields/e`",
        ),
        (
            "results/transient/fields/e",
            "results/transient",
            "19:11: exports/f/of: there is no file of `results/transient`: expected `results/transient/s-parameters`, `results/transient/signals`, `results/transient/energy` or `results/transient/fields/…`",
        ),
        ("model/rest", "modle", "20:11: exports/m/of: there is no result `modle`: did you mean `model`?"),
        (
            "model/rest",
            "model/air",
            "20:17: exports/m/of: there is no result `model/air`: `air` is used up by `rest`",
        ),
        (
            "model/rest",
            "model/rest/x",
            "20:22: exports/m/of: there is no result `model/rest/x`: expected `model/rest`",
        ),
        (
            "format: brep",
            "format: stp",
            "20:31: exports/m/format: `model/rest` has no format `stp`: did you mean `step`?",
        ),
        (
            "format: touchstone",
            "format: s2p",
            "18:51: exports/s/format: `results/transient/s-parameters` has no format `s2p`: expected `touchstone`, `touchstone2`, `csv` or `series`",
        ),
    ] {
        assert_eq!(told(part, by), [format!("case.yaml:{expected}")], "{by}");
    }
}

/// A rule with a slip in it would hold for nothing and nobody would notice.
#[test]
fn the_rules_of_services_are_ones_and_speak_of_properties_that_there_are() {
    fn look(node: &Value, count: &mut usize) {
        if let Some(written) = node.get(base::rule::KEYWORD) {
            let rules = Rule::of(node);
            assert_eq!(Some(rules.len()), written.as_array().map(Vec::len), "{written}");
            for name in rules.iter().flat_map(Rule::properties) {
                assert!(node["properties"].get(name).is_some(), "{name} in {written}");
            }
            *count += rules.len();
        }
        match node {
            Value::Object(object) => object.values().for_each(|value| look(value, count)),
            Value::Array(items) => items.iter().for_each(|item| look(item, count)),
            _ => {}
        }
    }
    let kinds = kinds::built_in().unwrap();
    let mut count = 0;
    kinds.inputs.iter().for_each(|kind| look(&kind.schema, &mut count));
    assert!(count > 20, "{count}");
    for result in &kinds.results {
        for step in result.path.split('/').filter(|step| step.contains(['{', '}'])) {
            let kind = step.strip_prefix('{').and_then(|step| step.strip_suffix('}')).expect(step);
            let fits = |known: &str| known == kind || kind.ends_with('.') && known.starts_with(kind);
            assert!(kinds.inputs.iter().any(|known| fits(&known.kind)), "{step}");
        }
    }
    assert_eq!(kinds.results.len(), 7);
}
