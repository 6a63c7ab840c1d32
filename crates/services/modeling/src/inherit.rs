//! Which body is made of what.

use std::collections::HashMap;

use solid::{Feature, Named};

use crate::kinds::Filling;
use crate::model::Read;

/// The filling of each feature by its name: its own, or else what the first shape that it uses has. Each property
/// is inherited by itself. The model has been evaluated, so its references lead somewhere and form no ring.
pub(crate) fn fillings(read: &Read) -> HashMap<&str, Filling> {
    let features = &read.model.features;
    let by_name: HashMap<&str, (&Named<Feature>, &Filling)> =
        features.iter().zip(&read.fillings).map(|(f, own)| (f.name.as_str(), (f, own))).collect();
    features.iter().map(|f| (f.name.as_str(), filling(&f.name, &by_name))).collect()
}

fn filling(name: &str, by_name: &HashMap<&str, (&Named<Feature>, &Filling)>) -> Filling {
    let mut whole = Filling::default();
    let mut next = Some(name);
    // No line of descent is longer than there are features.
    for _ in 0..=by_name.len() {
        let Some((feature, own)) = next.and_then(|name| by_name.get(name)) else { break };
        whole.material = whole.material.or_else(|| own.material.clone());
        whole.mesh_priority = whole.mesh_priority.or(own.mesh_priority);
        next = feature.feature.uses().first().copied();
    }
    whole
}
