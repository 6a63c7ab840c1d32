use std::collections::{BTreeMap, BTreeSet};

use super::{Error, Expression, NameError, Problem, check_name};
use crate::units::Quantity;

/// The values of a project's parameters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParameterTable {
    values: BTreeMap<String, Quantity>,
    failed: BTreeSet<String>,
}

/// A parameter without a value.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ParameterError {
    /// Its name cannot be used in an expression.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Its expression has no value.
    #[error("parameter `{name}`: {error}")]
    Expression {
        /// The parameter.
        name: String,
        /// What is wrong with its expression.
        error: Error,
    },
}

impl ParameterTable {
    /// The values of all parameters, each of which may use the others in any order.
    pub fn evaluate(expressions: &BTreeMap<String, String>) -> Result<Self, Vec<ParameterError>> {
        let (table, errors) = Self::evaluate_sound(expressions);
        if errors.is_empty() { Ok(table) } else { Err(errors) }
    }

    /// The values of those parameters that have one, and the errors of the others. A parameter that
    /// only depends on a wrong one is not an error of its own; using it is [`Problem::Failed`].
    pub fn evaluate_sound(expressions: &BTreeMap<String, String>) -> (Self, Vec<ParameterError>) {
        let mut table = Self::default();
        let mut errors = Vec::new();
        let mut parsed: BTreeMap<&str, Expression> = BTreeMap::new();
        for (name, text) in expressions {
            if let Err(error) = check_name(name) {
                errors.push(error.into());
                table.failed.insert(name.clone());
                continue;
            }
            match Expression::parse(text) {
                Ok(expression) => {
                    parsed.insert(name, expression);
                }
                Err(error) => table.fail(name, error, &mut errors),
            }
        }
        let cyclic = table.evaluate_in_order(&parsed, &mut errors);
        table.report_cycles(&cyclic, &parsed, &mut errors);
        (table, errors)
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<Quantity> {
        self.values.get(name).copied()
    }

    /// Sets the value of a parameter, as a sweep does.
    pub fn insert(&mut self, name: &str, value: Quantity) -> Result<(), NameError> {
        check_name(name)?;
        self.values.insert(name.to_owned(), value);
        Ok(())
    }

    /// The parameters and their values by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Quantity)> {
        self.values.iter().map(|(name, value)| (name.as_str(), *value))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().chain(&self.failed).map(String::as_str)
    }

    pub(super) fn failed(&self, name: &str) -> bool {
        self.failed.contains(name)
    }

    pub(super) fn knows(&self, name: &str) -> bool {
        self.values.contains_key(name) || self.failed(name)
    }

    fn fail(&mut self, name: &str, error: Error, errors: &mut Vec<ParameterError>) {
        self.failed.insert(name.to_owned());
        // The cause is told once, at the parameter that has it.
        if !matches!(error.problem, Problem::Failed(_)) {
            let name = name.to_owned();
            errors.push(ParameterError::Expression { name, error });
        }
    }

    /// Evaluates what depends on nothing unknown, then what depends on that, and so on (Kahn's
    /// algorithm: no recursion, so a long chain is no danger). Returns what is left: the cycles and what
    /// depends on them.
    fn evaluate_in_order<'a>(
        &mut self,
        parsed: &BTreeMap<&'a str, Expression>,
        errors: &mut Vec<ParameterError>,
    ) -> BTreeSet<&'a str> {
        let mut waits_for: BTreeMap<&str, usize> = BTreeMap::new();
        let mut wanted_by: BTreeMap<&str, Vec<&'a str>> = BTreeMap::new();
        for (&name, expression) in parsed {
            let needs = expression.names();
            let needs = needs.iter().filter_map(|(need, _)| parsed.get_key_value(need));
            let mut count = 0;
            for (&need, _) in needs {
                wanted_by.entry(need).or_default().push(name);
                count += 1;
            }
            waits_for.insert(name, count);
        }
        let mut ready: Vec<&str> =
            parsed.keys().copied().filter(|name| waits_for.get(name) == Some(&0)).collect();
        let mut left: BTreeSet<&'a str> = parsed.keys().copied().collect();
        while let Some(name) = ready.pop() {
            left.remove(name);
            match parsed.get(name).map(|expression| expression.evaluate(self)) {
                Some(Ok(value)) => {
                    self.values.insert(name.to_owned(), value);
                }
                Some(Err(error)) => self.fail(name, error, errors),
                None => {}
            }
            for &waiting in wanted_by.get(name).into_iter().flatten() {
                if let Some(count) = waits_for.get_mut(waiting) {
                    *count -= 1;
                    if *count == 0 {
                        ready.push(waiting);
                    }
                }
            }
        }
        left
    }

    fn report_cycles(
        &mut self,
        left: &BTreeSet<&str>,
        parsed: &BTreeMap<&str, Expression>,
        errors: &mut Vec<ParameterError>,
    ) {
        self.failed.extend(left.iter().map(|name| (*name).to_owned()));
        // Each name left has at least one need that is left too, so following the first such need from
        // anywhere must come back to a name seen before.
        let next = |name: &str| -> Option<(&str, usize)> {
            let needs = parsed.get(name)?.names();
            needs.iter().find_map(|(need, column)| Some((*left.get(need)?, *column)))
        };
        let mut done: BTreeSet<&str> = BTreeSet::new();
        for &start in left {
            let mut path: Vec<(&str, usize)> = Vec::new();
            let mut name = start;
            while !done.contains(name) {
                done.insert(name);
                let Some((need, column)) = next(name) else { break };
                path.push((name, column));
                name = need;
            }
            // A walk that ends in an earlier walk only leads to a cycle already told.
            if let Some(from) = path.iter().position(|(known, _)| *known == name) {
                let cycle = path[from..].iter().map(|(name, _)| (*name).to_owned()).collect();
                errors.push(ParameterError::Expression {
                    name: name.to_owned(),
                    error: Error { column: path[from].1, problem: Problem::Cycle(cycle) },
                });
            }
        }
    }
}
