//! What a question names: kinds, paths, and all below a path. Built so that ten thousand of them cost about what one does:
//! a project of many entities is read once, however often it is named.

use std::collections::HashSet;

use store::{Entity, Filter};

/// A path, or all below one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Pattern<'a> {
    /// Just this.
    Path(&'a str),
    /// All that begins with this, which is empty or ends with `/`.
    Below(&'a str),
}

impl<'a> Pattern<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        match text.strip_suffix("**") {
            Some(prefix) if prefix.is_empty() || prefix.ends_with('/') => Self::Below(prefix),
            _ => Self::Path(text),
        }
    }
}

/// All entities below a prefix.
pub(crate) fn below(prefix: &str) -> Filter {
    Filter { path: Some(prefix.to_owned()).filter(|p| !p.is_empty()), ..Filter::default() }
}

/// The patterns in their order, without those that others cover: no entity fits two of them.
pub(crate) fn patterns(texts: &[String]) -> Vec<Pattern<'_>> {
    let mut all: Vec<Pattern<'_>> = texts.iter().map(|text| Pattern::of(text)).collect();
    let prefixes = prefixes(&all);
    let mut seen = HashSet::new();
    all.retain(|pattern| {
        let needed = match pattern {
            Pattern::Path(path) => prefixes.of(path).is_none(),
            Pattern::Below(prefix) => prefixes.of(prefix) == Some(prefix),
        };
        needed && seen.insert(*pattern)
    });
    all
}

fn prefixes<'a>(patterns: &[Pattern<'a>]) -> Prefixes<'a> {
    let prefix = |pattern: &Pattern<'a>| match pattern {
        Pattern::Below(prefix) => Some(*prefix),
        Pattern::Path(_) => None,
    };
    Prefixes::new(patterns.iter().filter_map(prefix).collect())
}

/// Texts in order, none of which begins with another one.
struct Prefixes<'a>(Vec<&'a str>);

impl<'a> Prefixes<'a> {
    fn new(mut texts: Vec<&'a str>) -> Self {
        texts.sort_unstable();
        // What begins with a text follows it at once.
        texts.dedup_by(|later, kept| later.starts_with(*kept));
        Self(texts)
    }

    /// The one that a text begins with: there can be but the last that comes before it.
    fn of(&self, text: &str) -> Option<&'a str> {
        let after = self.0.partition_point(|prefix| *prefix <= text);
        let last = *self.0.get(after.checked_sub(1)?)?;
        text.starts_with(last).then_some(last)
    }
}

/// What one reading of all entities picks out.
pub(crate) struct Wanted<'a> {
    /// Nothing is named, so that all is wanted.
    all: bool,
    kinds: HashSet<&'a str>,
    /// Of kinds, such as `modeling.`.
    families: Prefixes<'a>,
    paths: HashSet<&'a str>,
    prefixes: Prefixes<'a>,
}

impl<'a> Wanted<'a> {
    pub(crate) fn new(kinds: &'a [String], patterns: &[Pattern<'a>]) -> Self {
        let kinds: HashSet<&str> = kinds.iter().map(String::as_str).collect();
        let path = |pattern: &Pattern<'a>| match pattern {
            Pattern::Path(path) => Some(*path),
            Pattern::Below(_) => None,
        };
        Self {
            all: kinds.is_empty() && patterns.is_empty(),
            families: Prefixes::new(kinds.iter().copied().filter(|kind| kind.ends_with('.')).collect()),
            kinds,
            paths: patterns.iter().filter_map(path).collect(),
            prefixes: prefixes(patterns),
        }
    }

    pub(crate) fn fits(&self, entity: &Entity) -> bool {
        self.all
            || self.kinds.contains(entity.kind.as_str())
            || self.paths.contains(entity.path.as_str())
            || self.families.of(&entity.kind).is_some()
            || self.prefixes.of(&entity.path).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn what_others_cover_is_left_out() {
        use Pattern::{Below, Path};
        let left = |asked: &[&str]| {
            let asked = texts(asked);
            patterns(&asked).into_iter().map(|p| format!("{p:?}")).collect::<Vec<_>>()
        };
        let shown = |kept: &[Pattern<'_>]| kept.iter().map(|p| format!("{p:?}")).collect::<Vec<_>>();
        assert_eq!(left(&["**", "a", "a/**", "**", ""]), shown(&[Below("")]));
        assert_eq!(
            left(&["b/c", "a/b/**", "b", "a/**", "a", "a/x", "a-b", "b/**", "ab/**", "a-b"]),
            shown(&[Path("b"), Below("a/"), Path("a"), Path("a-b"), Below("b/"), Below("ab/")])
        );
        // No pattern but a name with stars.
        assert_eq!(left(&["a**", "a"]), shown(&[Path("a**"), Path("a")]));
        assert!(left(&[]).is_empty());
        assert_eq!(left(&vec!["**"; 10_000]), shown(&[Below("")]));
    }

    #[test]
    fn entities_fit_by_kind_family_path_or_prefix() {
        let entity = |kind: &str, path: &str| Entity::new("id", kind, path);
        let kinds = texts(&["mesh.grid", "modeling.", "modeling.solid."]);
        let paths = texts(&["model", "results/**", "results/a/**"]);
        let patterns = patterns(&paths);
        let wanted = Wanted::new(&kinds, &patterns);
        for (kind, path, fits) in [
            ("mesh.grid", "x", true),
            ("mesh.grids", "x", false),
            ("modeling.cuboid", "x", true),
            ("modeling", "x", false),
            ("x", "model", true),
            ("x", "model/a", false),
            ("x", "results/b", true),
            ("x", "results", false),
        ] {
            assert_eq!(wanted.fits(&entity(kind, path)), fits, "{kind} {path}");
        }
        assert!(Wanted::new(&[], &[]).fits(&entity("x", "y")));
    }
}
