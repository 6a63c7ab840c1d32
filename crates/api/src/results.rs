//! Where the result of an action stands.

use crate::v1::ActionDescription;

impl ActionDescription {
    /// Path of the result for a target: `results/{target}` and `solvers/transient` give `results/transient`. Empty
    /// where the action has no result.
    pub fn result_for(&self, target: &str) -> String {
        self.result.replace("{target}", target.rsplit('/').next().unwrap_or(target))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_called_as_its_target() {
        let of = |declared: &str, target| {
            ActionDescription { result: declared.to_owned(), ..Default::default() }.result_for(target)
        };
        assert_eq!(of("results/{target}", "solvers/transient"), "results/transient");
        assert_eq!(of("model", ""), "model");
        assert_eq!(of("", "solvers/transient"), "");
    }
}
