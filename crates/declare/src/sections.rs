//! The sections of the file, as the declared kinds make them.

use base::kind::{Arrangement, KindDescriptor};

use crate::{PARAMETERS, UNITS};

/// The keys of the file that are no sections.
pub(crate) const HEAD: [&str; 4] = ["opentwin", "project", "description", UNITS];

/// The order in which an engineer builds a project up; sections not named here follow.
const ORDER: [&str; 9] =
    [PARAMETERS, "materials", "geometry", "mesh", "ports", "boundaries", "monitors", "solvers", "exports"];

/// One section and the kinds that may stand in it.
pub(crate) struct Section<'a> {
    pub(crate) name: &'a str,
    pub(crate) arrangement: Arrangement,
    pub(crate) kinds: Vec<&'a KindDescriptor>,
}

impl<'a> Section<'a> {
    pub(crate) fn kind(&self, key: &str) -> Option<&'a KindDescriptor> {
        self.kinds.iter().copied().find(|kind| kind.key == key)
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &'a str> {
        self.kinds.iter().map(|kind| kind.key.as_str())
    }
}

/// The sections in the order of the file. The default units are no section of services' kinds.
pub(crate) fn of(kinds: &[KindDescriptor]) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    for kind in kinds.iter().filter(|kind| !HEAD.contains(&kind.section.as_str())) {
        match sections.iter_mut().find(|section| section.name == kind.section) {
            Some(section) => {
                // Two services that hold one section differently: names with kinds tell all apart.
                if section.arrangement != kind.arrangement {
                    section.arrangement = Arrangement::MapOfKinds;
                }
                section.kinds.push(kind);
            }
            None => sections.push(Section {
                name: &kind.section,
                arrangement: kind.arrangement,
                kinds: vec![kind],
            }),
        }
    }
    sections.sort_by_key(|section| {
        let known = ORDER.iter().position(|name| *name == section.name).unwrap_or(ORDER.len());
        (known, section.name)
    });
    sections
}
