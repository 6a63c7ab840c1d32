//! What an action reads, where it does not name kinds but a property of them.
//!
//! A service may have to read entities whose kinds it cannot know, because a service that comes later declares them.
//! `@x-mesh-line` in [`ActionDescription::reads`](crate::v1::ActionDescription) stands for every kind whose schema
//! carries the keyword `x-mesh-line`.

use crate::v1::ServiceDescription;

/// The kinds that `reads` stands for among those of the site; names and prefixes are kept as they are.
pub fn kinds(services: &[ServiceDescription], reads: &[String]) -> Vec<String> {
    let mut kinds = Vec::new();
    for read in reads {
        match read.strip_prefix('@') {
            None => kinds.push(read.clone()),
            Some(keyword) => {
                let quoted = format!("\"{keyword}\"");
                let marked = services.iter().flat_map(|s| &s.kinds).filter(|k| k.schema.contains(&quoted));
                kinds.extend(marked.map(|kind| kind.kind.clone()));
            }
        }
    }
    kinds.sort();
    kinds.dedup();
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::KindDescription;

    #[test]
    fn a_keyword_stands_for_the_kinds_that_carry_it() {
        let kind = |name: &str, schema: &str| KindDescription {
            kind: name.into(),
            schema: schema.into(),
            ..KindDescription::default()
        };
        let services = [ServiceDescription {
            kinds: vec![
                kind("new.port", r#"{"properties":{"at":{"x-mesh-line":"x"}}}"#),
                kind("new.solver", r#"{"properties":{}}"#),
            ],
            ..ServiceDescription::default()
        }];
        let reads = ["@x-mesh-line".to_owned(), "mesh.".to_owned()];
        assert_eq!(kinds(&services, &reads), ["mesh.", "new.port"]);
    }
}
