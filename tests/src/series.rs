//! Curves, as the blob `series` holds them.

use serde_json::Value;

/// A complex number, with no more arithmetic than comparisons need.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Complex {
    /// Real part.
    pub re: f64,
    /// Imaginary part.
    pub im: f64,
}

impl Complex {
    /// From size and phase in radians.
    pub fn polar(size: f64, phase: f64) -> Self {
        Self { re: size * phase.cos(), im: size * phase.sin() }
    }

    /// Its size.
    pub fn norm(self) -> f64 {
        self.re.hypot(self.im)
    }

    /// Its phase in radians.
    pub fn arg(self) -> f64 {
        self.im.atan2(self.re)
    }
}

impl From<f64> for Complex {
    fn from(re: f64) -> Self {
        Self { re, im: 0.0 }
    }
}

macro_rules! operators {
    ($($trait:ident $name:ident |$a:ident, $b:ident| $re:expr, $im:expr;)*) => {$(
        impl std::ops::$trait for Complex {
            type Output = Self;
            fn $name(self, other: Self) -> Self {
                let ($a, $b) = (self, other);
                Self { re: $re, im: $im }
            }
        }
    )*};
}

operators! {
    Add add |a, b| a.re + b.re, a.im + b.im;
    Sub sub |a, b| a.re - b.re, a.im - b.im;
    Mul mul |a, b| a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re;
    Div div |a, b| (a.re * b.re + a.im * b.im) / (b.re * b.re + b.im * b.im),
                   (a.im * b.re - a.re * b.im) / (b.re * b.re + b.im * b.im);
}

/// A curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Its name, such as `S11`.
    pub name: String,
    /// What it is over, in SI units.
    pub x: Vec<f64>,
    /// Its values; real ones have no imaginary part.
    pub values: Vec<Complex>,
}

/// Curves.
#[derive(Clone, Debug, PartialEq)]
pub struct Series(Vec<Curve>);

impl Series {
    /// From the bytes of the blob.
    #[track_caller]
    pub fn parse(text: &str) -> Self {
        let whole: Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("no series ({e})"));
        let numbers =
            |value: &Value| -> Option<Vec<f64>> { value.as_array()?.iter().map(Value::as_f64).collect() };
        let curve = |value: &Value| {
            let x =
                numbers(&value["x"]).or_else(|| numbers(&whole["x"]["values"])).expect("a curve has places");
            let re = numbers(&value["re"]).or_else(|| numbers(&value["y"])).expect("a curve has values");
            let im = numbers(&value["im"]).unwrap_or_else(|| vec![0.0; re.len()]);
            let values = re.into_iter().zip(im).map(|(re, im)| Complex { re, im }).collect();
            Curve { name: value["name"].as_str().unwrap_or_default().to_owned(), x, values }
        };
        Self(whole["curves"].as_array().expect("a series has curves").iter().map(curve).collect())
    }

    /// A curve by its name.
    #[track_caller]
    pub fn curve(&self, name: &str) -> &Curve {
        let names: Vec<&str> = self.0.iter().map(|curve| curve.name.as_str()).collect();
        self.0
            .iter()
            .find(|curve| curve.name == name)
            .unwrap_or_else(|| panic!("no curve {name} in {names:?}"))
    }
}

impl Curve {
    /// Places and values.
    pub fn points(&self) -> impl Iterator<Item = (f64, Complex)> + '_ {
        self.x.iter().copied().zip(self.values.iter().copied())
    }

    /// Place and size of the smallest value between two places.
    #[track_caller]
    pub fn least(&self, from: f64, to: f64) -> (f64, f64) {
        let inside =
            self.points().filter(|(x, _)| (from..=to).contains(x)).map(|(x, value)| (x, value.norm()));
        inside.min_by(|a, b| a.1.total_cmp(&b.1)).expect("the curve has points there")
    }
}
