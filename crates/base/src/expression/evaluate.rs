use super::parser::{Node, Term};
use super::{CONSTANTS, Error, Function, ParameterTable, Problem, constant, shown};
use crate::spelling;
use crate::units::{Dimension, Quantity, parse_symbol};

pub(super) fn evaluate(text: &str, root: &Term, parameters: &ParameterTable) -> Result<Quantity, Error> {
    Evaluation { text, parameters }.term(root)
}

struct Evaluation<'a> {
    text: &'a str,
    parameters: &'a ParameterTable,
}

impl Evaluation<'_> {
    /// Goes down the left side in a loop: a sum of hundreds of terms is as deep there as it is long.
    fn term(&self, term: &Term) -> Result<Quantity, Error> {
        let mut spine = Vec::new();
        let mut leaf = term;
        while let Node::Binary(sign, left, right) = &leaf.node {
            spine.push((*sign, left.as_ref(), right.as_ref(), leaf));
            leaf = left;
        }
        let mut value = self.leaf(leaf)?;
        for (sign, left, right, whole) in spine.into_iter().rev() {
            value = self.binary(sign, (left, value), right, whole)?;
            self.check_finite(value, whole)?;
        }
        Ok(value)
    }

    fn leaf(&self, term: &Term) -> Result<Quantity, Error> {
        let value = match &term.node {
            Node::Number(value) => Quantity::number(*value),
            Node::Measured { quantity, divisors } => {
                for divisor in divisors {
                    let name = &self.text[divisor.clone()];
                    if self.parameters.knows(name) {
                        return Err(Error::at(self.text, divisor.start, Problem::Ambiguous(name.to_owned())));
                    }
                }
                *quantity
            }
            Node::Name(name) => self.name(name, term)?,
            Node::Negative(inner) => {
                let inner = self.term(inner)?;
                Quantity { value: -inner.value, ..inner }
            }
            Node::Binary(..) => self.term(term)?,
            Node::Call(function, arguments) => self.call(*function, arguments, term)?,
        };
        self.check_finite(value, term)?;
        Ok(value)
    }

    fn check_finite(&self, value: Quantity, term: &Term) -> Result<(), Error> {
        if value.value.is_finite() {
            return Ok(());
        }
        Err(self.not_finite(term, "the result is too large".to_owned()))
    }

    fn name(&self, name: &str, term: &Term) -> Result<Quantity, Error> {
        if let Some(value) = self.parameters.get(name) {
            return Ok(value);
        }
        if self.parameters.failed(name) {
            return Err(self.error(term, Problem::Failed(name.to_owned())));
        }
        if let Some(value) = constant(name) {
            return Ok(value);
        }
        if let Some(unit) = parse_symbol(name) {
            return Ok(Quantity { value: unit.to_si(1.0), dimension: unit.dimension });
        }
        let constants = CONSTANTS.iter().map(|(name, _)| *name);
        let nearest = spelling::nearest(name, self.parameters.names().chain(constants)).map(str::to_owned);
        let name = name.to_owned();
        Err(self.error(term, Problem::Unknown { name, nearest }))
    }

    fn binary(
        &self,
        sign: char,
        (left, a): (&Term, Quantity),
        right: &Term,
        whole: &Term,
    ) -> Result<Quantity, Error> {
        let b = self.term(right)?;
        let unit = |dimension: Option<Dimension>| {
            dimension.ok_or_else(|| self.error(whole, Problem::Power(self.written(whole))))
        };
        Ok(match sign {
            '+' | '-' => Quantity {
                value: if sign == '+' { a.value + b.value } else { a.value - b.value },
                dimension: self.common((left, a), (right, b))?,
            },
            '*' => Quantity { value: a.value * b.value, dimension: unit(a.dimension.times(b.dimension))? },
            '/' if b.value == 0.0 => {
                return Err(self.not_finite(whole, format!("`{}` is zero", self.written(right))));
            }
            '/' => Quantity { value: a.value / b.value, dimension: unit(a.dimension.over(b.dimension))? },
            _ => {
                self.require(b, right, "an exponent", "a number without a unit", &[Dimension::NONE])?;
                let value = a.value.powf(b.value);
                if value.is_nan() {
                    let why =
                        format!("`{}` is negative and the exponent is no whole number", self.written(left));
                    return Err(self.not_finite(whole, why));
                }
                Quantity { value, dimension: unit(a.dimension.power(b.value))? }
            }
        })
    }

    fn call(&self, function: Function, arguments: &[Term], whole: &Term) -> Result<Quantity, Error> {
        let values = arguments.iter().map(|term| self.term(term)).collect::<Result<Vec<_>, _>>()?;
        let (Some(&first), Some(term)) = (values.first(), arguments.first()) else {
            return Err(self.not_finite(whole, "it has no argument".to_owned()));
        };
        let x = first.value;
        let place = || format!("the argument of `{}`", function.name());
        let plain = || self.require(first, term, &place(), "a number without a unit", &[Dimension::NONE]);
        let angle = |value: f64| Quantity { value, dimension: Dimension::ANGLE };
        let same = |value: f64| Quantity { value, ..first };
        let value = match function {
            Function::Sin | Function::Cos | Function::Tan => {
                let expected = "an angle, or a number in radians";
                self.require(first, term, &place(), expected, &[Dimension::NONE, Dimension::ANGLE])?;
                Quantity::number(match function {
                    Function::Sin => x.sin(),
                    Function::Cos => x.cos(),
                    _ => x.tan(),
                })
            }
            Function::Asin => plain().map(|()| angle(x.asin()))?,
            Function::Acos => plain().map(|()| angle(x.acos()))?,
            Function::Atan => plain().map(|()| angle(x.atan()))?,
            Function::Exp => plain().map(|()| Quantity::number(x.exp()))?,
            Function::Log => plain().map(|()| Quantity::number(x.ln()))?,
            Function::Log10 => plain().map(|()| Quantity::number(x.log10()))?,
            Function::Floor => plain().map(|()| same(x.floor()))?,
            Function::Ceil => plain().map(|()| same(x.ceil()))?,
            Function::Round => plain().map(|()| same(x.round()))?,
            Function::Abs => same(x.abs()),
            Function::Sqrt => Quantity {
                value: x.sqrt(),
                dimension: (first.dimension.power(0.5))
                    .ok_or_else(|| self.error(whole, Problem::Power(self.written(whole))))?,
            },
            Function::Atan2 | Function::Min | Function::Max => self.compare(function, arguments, &values)?,
        };
        if value.value.is_finite() {
            return Ok(value);
        }
        let why = format!("`{}` is {}", self.written(term), shown(first));
        Err(self.not_finite(whole, why))
    }

    fn compare(&self, function: Function, terms: &[Term], values: &[Quantity]) -> Result<Quantity, Error> {
        let mut pairs = terms.iter().zip(values.iter().copied());
        let Some((mut named, mut best)) = pairs.next() else {
            return Ok(Quantity::number(f64::NAN));
        };
        for (term, value) in pairs {
            let dimension = self.common((named, best), (term, value))?;
            if value.dimension == dimension {
                named = term;
            }
            best = Quantity {
                value: match function {
                    Function::Min => best.value.min(value.value),
                    Function::Max => best.value.max(value.value),
                    _ => best.value.atan2(value.value),
                },
                dimension,
            };
        }
        if function == Function::Atan2 {
            best.dimension = Dimension::ANGLE;
        }
        Ok(best)
    }

    /// The dimension of two operands that must measure the same; a literal zero measures anything.
    fn common(
        &self,
        (left, a): (&Term, Quantity),
        (right, b): (&Term, Quantity),
    ) -> Result<Dimension, Error> {
        if a.dimension == b.dimension || is_zero(right) {
            return Ok(a.dimension);
        }
        if is_zero(left) {
            return Ok(b.dimension);
        }
        // Point at the operand without a unit: most likely it is the one to correct.
        let at = if a.dimension.is_none() { left } else { right };
        let problem = Problem::Mixed {
            left: self.written(left),
            left_dimension: a.dimension,
            right: self.written(right),
            right_dimension: b.dimension,
        };
        Err(self.error(at, problem))
    }

    fn require(
        &self,
        value: Quantity,
        term: &Term,
        place: &str,
        expected: &'static str,
        dimensions: &[Dimension],
    ) -> Result<(), Error> {
        if dimensions.contains(&value.dimension) {
            return Ok(());
        }
        let problem = Problem::Operand {
            place: place.to_owned(),
            expected,
            operand: self.written(term),
            dimension: value.dimension,
        };
        Err(self.error(term, problem))
    }

    fn not_finite(&self, term: &Term, why: String) -> Error {
        let operation = self.written(term);
        self.error(term, Problem::NotFinite { operation, why })
    }

    fn error(&self, term: &Term, problem: Problem) -> Error {
        Error::at(self.text, term.span.start, problem)
    }

    fn written(&self, term: &Term) -> String {
        self.text[term.span.clone()].to_owned()
    }
}

fn is_zero(term: &Term) -> bool {
    match &term.node {
        Node::Number(value) => *value == 0.0,
        Node::Negative(inner) => is_zero(inner),
        _ => false,
    }
}
