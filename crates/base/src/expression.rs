//! Arithmetic with units and named parameters: `2*w + 3 mm`, `c0/(2*a)`, `r*cos(30 deg)`.
//!
//! ```text
//! sum     = product (("+" | "-") product)*
//! product = sign (("*" | "/") sign)*
//! sign    = ("+" | "-") sign | power
//! power   = atom ("^" sign)?
//! atom    = number [unit] | name | function "(" sum ("," sum)* ")" | "(" sum ")"
//! unit    = symbol ["^" integer] ("/" symbol ["^" integer])*
//! ```
//!
//! A unit right after a number belongs to it, so `1/2 mm` is one over two millimetres. A name stands
//! for the parameter of that name, else for a constant, else for the unit of that symbol. Every sum and
//! comparison is checked for dimension; only a literal `0` goes with everything.

mod evaluate;
mod function;
mod lexer;
mod parameters;
mod parser;

pub use parameters::{ParameterError, ParameterTable};

use crate::units::{Dimension, Quantity, format, nearest_symbol};
use function::Function;
use parser::Term;

/// The longest expression in bytes; also bounds the work of evaluating one.
pub const MAX_LENGTH: usize = 1000;
/// How deep parentheses, signs and powers may nest.
pub const MAX_DEPTH: usize = 64;
/// The longest name of a parameter.
pub const MAX_NAME: usize = 64;

/// A parsed expression.
#[derive(Clone, Debug)]
pub struct Expression {
    text: String,
    root: Term,
}

impl Expression {
    /// Reads an expression; names are looked up only when it is evaluated.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Ok(Self { text: text.to_owned(), root: parser::parse(text)? })
    }

    /// The expression as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The value with the given parameters.
    pub fn evaluate(&self, parameters: &ParameterTable) -> Result<Quantity, Error> {
        evaluate::evaluate(&self.text, &self.root, parameters)
    }

    /// The names it refers to with the column of the first mention of each, in order of appearance;
    /// constants are left out, units are not (whether `m` is a metre depends on the parameters).
    pub fn names(&self) -> Vec<(&str, usize)> {
        let mut names = Vec::new();
        self.root.visit_names(&mut |name, start| {
            if constant(name).is_none() && !names.iter().any(|(known, _)| *known == name) {
                names.push((name, column(&self.text, start)));
            }
        });
        names
    }
}

/// Reads and evaluates in one step.
pub fn evaluate(text: &str, parameters: &ParameterTable) -> Result<Quantity, Error> {
    Expression::parse(text)?.evaluate(parameters)
}

/// Checks that `name` may name a parameter: an ASCII letter or `_`, then letters, digits and `_`, not
/// the name of a constant or function.
pub fn check_name(name: &str) -> Result<(), NameError> {
    let sound = name.len() <= MAX_NAME
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !sound {
        return Err(NameError::Form(name.chars().take(MAX_NAME).collect()));
    }
    if constant(name).is_some() || Function::from_name(name).is_some() {
        return Err(NameError::Taken(name.to_owned()));
    }
    Ok(())
}

/// Why a name cannot name a parameter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not an identifier.
    #[error(
        "`{0}` is no parameter name: start with a letter, go on with letters, digits and `_`, {MAX_NAME} at most"
    )]
    Form(String),
    /// A constant or function has it.
    #[error("`{0}` is the name of a constant or function: choose another name")]
    Taken(String),
}

/// Why an expression has no value, and where.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{problem} (column {column})")]
pub struct Error {
    /// The character at which the problem lies, counted from 1.
    pub column: usize,
    /// What is wrong and what to do.
    pub problem: Problem,
}

impl Error {
    fn at(text: &str, byte: usize, problem: Problem) -> Self {
        Self { column: column(text, byte), problem }
    }
}

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Problem {
    /// Longer than [`MAX_LENGTH`].
    #[error("the expression has {0} characters, {MAX_LENGTH} at most are read: split it into parameters")]
    Long(usize),
    /// Deeper than [`MAX_DEPTH`].
    #[error("the expression nests deeper than {MAX_DEPTH} levels: split it into parameters")]
    Deep,
    /// Something else was expected.
    #[error("expected {expected}, found {found}")]
    Syntax {
        /// What could stand here.
        expected: &'static str,
        /// What stands here.
        found: String,
    },
    /// A number that no float can hold.
    #[error("`{0}` is too large for a number")]
    Number(String),
    /// A word after a number that is no unit.
    #[error("`{word}` is no unit{}", unit_advice(.number, .word))]
    Unit {
        /// The number before it.
        number: String,
        /// The word.
        word: String,
    },
    /// Neither parameter, constant nor unit.
    #[error("unknown name `{name}`{}", match .nearest { Some(near) => format!(": did you mean `{near}`?"), None => ": define it under `parameters`, or correct it".to_owned() })]
    Unknown {
        /// As written.
        name: String,
        /// The known name most like it.
        nearest: Option<String>,
    },
    /// Not a function.
    #[error("unknown function `{name}`{}", match .nearest { Some(near) => format!(": did you mean `{near}`?"), None => format!(": known are {}", Function::list()) })]
    Function {
        /// As written.
        name: String,
        /// The known function most like it.
        nearest: Option<String>,
    },
    /// A function with too few or too many arguments.
    #[error("`{name}` takes {expected}, {given} given")]
    Arguments {
        /// The function.
        name: &'static str,
        /// What it takes.
        expected: &'static str,
        /// How many were given.
        given: usize,
    },
    /// `3 S/m` where `m` is a parameter as well as a unit.
    #[error(
        "`{0}` is a parameter here and also a unit: write `(…)/{0}` with the quantity in parentheses to divide by the parameter, or rename the parameter"
    )]
    Ambiguous(String),
    /// A sum or comparison of different things.
    #[error("{}", mixed(.left, *.left_dimension, .right, *.right_dimension))]
    Mixed {
        /// The left operand as written.
        left: String,
        /// What it measures.
        left_dimension: Dimension,
        /// The right operand as written.
        right: String,
        /// What it measures.
        right_dimension: Dimension,
    },
    /// An operand that must be a plain number (or an angle).
    #[error("{place} must be {expected}, but `{operand}` is {}", .dimension.phrase())]
    Operand {
        /// Where it stands.
        place: String,
        /// What may stand there.
        expected: &'static str,
        /// The operand as written.
        operand: String,
        /// What it measures.
        dimension: Dimension,
    },
    /// A power or product whose unit cannot be expressed.
    #[error("the unit of `{0}` cannot be expressed: use smaller, simpler powers")]
    Power(String),
    /// Division by zero, the root of a negative number and the like.
    #[error("`{operation}` has no finite value: {why}")]
    NotFinite {
        /// The part as written.
        operation: String,
        /// The reason.
        why: String,
    },
    /// A parameter that depends on itself.
    #[error("the parameters {} depend on each other: one of them needs a value of its own", chain(.0))]
    Cycle(Vec<String>),
    /// A parameter whose own expression is wrong; that error is reported at the parameter.
    #[error("parameter `{0}` has no value: correct its expression first")]
    Failed(String),
}

fn chain(names: &[String]) -> String {
    let mut links: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    links.extend(links.first().cloned());
    links.join(" → ")
}

fn mixed(left: &str, left_dimension: Dimension, right: &str, right_dimension: Dimension) -> String {
    let (bare, other, dimension) = match (left_dimension.is_none(), right_dimension.is_none()) {
        (true, false) => (left, right, right_dimension),
        (false, true) => (right, left, left_dimension),
        _ => {
            let (left_is, right_is) = (left_dimension.phrase(), right_dimension.phrase());
            return format!(
                "`{left}` is {left_is} but `{right}` is {right_is}: they cannot be added or compared"
            );
        }
    };
    let advice = with_unit(bare, dimension);
    format!("`{bare}` has no unit but `{other}` is {}: write `{advice}`", dimension.phrase())
}

/// How to give a bare operand the unit that was most likely meant.
pub(crate) fn with_unit(operand: &str, dimension: Dimension) -> String {
    let unit = dimension.example();
    if operand.trim().parse::<f64>().is_ok() {
        format!("{operand} {unit}")
    } else if operand.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        format!("{operand} * 1 {unit}")
    } else {
        format!("({operand}) * 1 {unit}")
    }
}

fn unit_advice(number: &str, word: &str) -> String {
    match nearest_symbol(word) {
        Some(near) => format!(": did you mean `{number} {near}`, or the product `{number}*{word}`?"),
        None => format!(": for a product write `{number}*{word}`"),
    }
}

/// The physical and mathematical constants; CODATA 2018 values.
pub(crate) const CONSTANTS: &[(&str, Quantity)] = &[
    ("pi", Quantity::number(std::f64::consts::PI)),
    ("c0", si(299_792_458.0, Dimension::VELOCITY)),
    ("eps0", si(8.854_187_812_8e-12, Dimension::PERMITTIVITY)),
    ("mu0", si(1.256_637_062_12e-6, Dimension::PERMEABILITY)),
    ("eta0", si(376.730_313_668, Dimension::RESISTANCE)),
];

const fn si(value: f64, dimension: Dimension) -> Quantity {
    Quantity { value, dimension }
}

fn constant(name: &str) -> Option<Quantity> {
    CONSTANTS.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

fn column(text: &str, byte: usize) -> usize {
    text.char_indices().take_while(|(at, _)| *at < byte).count() + 1
}

/// A quantity as an error message shows it.
fn shown(quantity: Quantity) -> String {
    format(quantity.value, quantity.dimension)
}

#[cfg(test)]
mod tests;
