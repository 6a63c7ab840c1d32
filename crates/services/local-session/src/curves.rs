//! The curves that a run draws while it computes, kept with it: as many points as a picture can show.

use api::v1::{CurvePoint, RunCurve};

/// Curves of one run.
const MOST: usize = 16;

/// Points of one curve; where there would be more, each second one goes.
const POINTS: usize = 400;

/// Most bytes of a name or unit.
const TEXT: usize = 128;

struct Kept {
    curve: RunCurve,
    /// One in so many points stays.
    stride: usize,
    /// Points since the last one that stays.
    since: usize,
}

/// The curves of one run.
#[derive(Default)]
pub(crate) struct Curves(Vec<Kept>);

impl Curves {
    /// Those that are recorded already.
    pub(crate) fn of(recorded: Vec<RunCurve>) -> Self {
        Self(recorded.into_iter().take(MOST).map(|curve| Kept { curve, stride: 1, since: 0 }).collect())
    }

    pub(crate) fn wire(&self) -> Vec<RunCurve> {
        self.0.iter().map(|kept| kept.curve.clone()).collect()
    }

    /// Takes a point in; the newest is always there.
    pub(crate) fn add(&mut self, point: &CurvePoint) {
        if !point.x.is_finite() || !point.y.is_finite() {
            return;
        }
        let known = self.0.iter().position(|kept| kept.curve.name == point.curve);
        let at = match known {
            Some(at) => at,
            None if self.0.len() == MOST || too_long(point) => return,
            None => {
                self.0.push(Kept { curve: begun(point), stride: 1, since: 0 });
                self.0.len() - 1
            }
        };
        self.0[at].add(point.x, point.y);
    }
}

fn too_long(point: &CurvePoint) -> bool {
    [&point.curve, &point.unit, &point.x_name, &point.x_unit].iter().any(|text| text.len() > TEXT)
}

fn begun(point: &CurvePoint) -> RunCurve {
    RunCurve {
        name: point.curve.clone(),
        unit: point.unit.clone(),
        x_name: point.x_name.clone(),
        x_unit: point.x_unit.clone(),
        ..RunCurve::default()
    }
}

impl Kept {
    fn add(&mut self, x: f64, y: f64) {
        let curve = &mut self.curve;
        // A run that goes on from a checkpoint comes by once more.
        let before = curve.x.partition_point(|&known| known < x);
        if before < curve.x.len() {
            curve.x.truncate(before);
            curve.y.truncate(before);
            self.since = 0;
        }
        if self.since > 0 {
            curve.x.pop();
            curve.y.pop();
        }
        curve.x.push(x);
        curve.y.push(y);
        self.since = (self.since + 1) % self.stride;
        if curve.x.len() > POINTS {
            for values in [&mut curve.x, &mut curve.y] {
                *values = values.iter().copied().step_by(2).collect();
            }
            // The newest one stands behind one that went: so much further from the last that stays.
            if self.since > 0 {
                self.since += self.stride;
            }
            self.stride *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(curve: &str, x: f64) -> CurvePoint {
        CurvePoint {
            curve: curve.to_owned(),
            x,
            y: -x,
            x_name: "time".to_owned(),
            x_unit: "s".to_owned(),
            unit: "dB".to_owned(),
        }
    }

    #[test]
    fn long_curves_are_thinned_evenly_and_end_with_the_newest_point() {
        let mut curves = Curves::default();
        for n in 0..100_003 {
            curves.add(&point("energy", f64::from(n)));
            let kept = &curves.0[0].curve;
            assert!(kept.x.len() <= POINTS && kept.x.len() == kept.y.len());
            assert_eq!(kept.x.last(), Some(&f64::from(n)));
        }
        let curve = curves.wire().remove(0);
        assert!(curve.x.len() > POINTS / 2 - 1);
        assert_eq!((curve.unit.as_str(), curve.x_name.as_str(), curve.x_unit.as_str()), ("dB", "time", "s"));
        let steps: Vec<f64> = curve.x.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let (last, even) = steps.split_last().map_or((0.0, &[][..]), |(last, even)| (*last, even));
        assert!(even.iter().all(|step| (step - even[0]).abs() < 1e-9) && last <= even[0]);
        assert!(curve.x.iter().zip(&curve.y).all(|(x, y)| (x + y).abs() < 1e-12));
    }

    #[test]
    fn what_is_computed_once_more_is_drawn_once() {
        let mut curves = Curves::of(Vec::new());
        (0..10).for_each(|n| curves.add(&point("energy", f64::from(n))));
        let mut again = Curves::of(curves.wire());
        (6..8).for_each(|n| again.add(&point("energy", f64::from(n))));
        assert_eq!(again.wire()[0].x, (0..8).map(f64::from).collect::<Vec<_>>());
    }

    #[test]
    fn a_run_keeps_no_more_curves_than_can_be_looked_at() {
        let mut curves = Curves::default();
        (0..100).for_each(|n| curves.add(&point(&n.to_string(), 0.0)));
        curves.add(&point(&"x".repeat(1000), 0.0));
        assert_eq!(curves.wire().len(), MOST);
    }
}
