//! The order in which features are built, and who consumes whom.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::error::Error;
use crate::feature::{Feature, Model, Named};

/// A model whose references have been followed and found sound.
pub(crate) struct Plan {
    /// Places in the list of features, every one after those that it uses.
    pub order: Vec<usize>,
    /// For each feature the places of those that it uses.
    pub uses: Vec<Vec<usize>>,
    /// True where another feature consumes it.
    pub consumed: Vec<bool>,
}

pub(crate) fn plan(model: &Model) -> Result<Plan, Error> {
    let features = &model.features;
    let places = places(features)?;
    let uses = features.iter().map(|feature| followed(feature, &places)).collect::<Result<Vec<_>, _>>()?;
    let consumed = consumed(features, &uses)?;
    let order = order(features, &uses)?;
    Ok(Plan { order, uses, consumed })
}

fn places(features: &[Named<Feature>]) -> Result<HashMap<&str, usize>, Error> {
    let mut places = HashMap::new();
    for (place, feature) in features.iter().enumerate() {
        if feature.name.trim().is_empty() {
            return Err(Error::NoName(place + 1));
        }
        if places.insert(feature.name.as_str(), place).is_some() {
            return Err(Error::DuplicateName(feature.name.clone()));
        }
    }
    Ok(places)
}

fn followed(feature: &Named<Feature>, places: &HashMap<&str, usize>) -> Result<Vec<usize>, Error> {
    let mut out = Vec::new();
    for reference in feature.feature.uses() {
        let Some(&place) = places.get(reference) else {
            return Err(unknown(feature, reference, places));
        };
        if out.contains(&place) {
            return Err(Error::RepeatedReference {
                feature: feature.name.clone(),
                reference: reference.to_owned(),
            });
        }
        out.push(place);
    }
    Ok(out)
}

fn unknown(feature: &Named<Feature>, reference: &str, places: &HashMap<&str, usize>) -> Error {
    // A screenful is enough to find the spelling.
    const SHOWN: usize = 12;
    let names: BTreeSet<&str> = places.keys().copied().filter(|name| *name != feature.name).collect();
    let mut available: Vec<&str> = names.iter().copied().take(SHOWN).collect();
    if names.len() > SHOWN {
        available.push("…");
    }
    if available.is_empty() {
        available.push("there are none");
    }
    Error::UnknownReference {
        feature: feature.name.clone(),
        reference: reference.to_owned(),
        available: available.join(", "),
    }
}

fn consumed(features: &[Named<Feature>], uses: &[Vec<usize>]) -> Result<Vec<bool>, Error> {
    let mut consumer: Vec<Option<usize>> = vec![None; features.len()];
    for (place, feature) in features.iter().enumerate() {
        if feature.keep {
            continue;
        }
        for &used in &uses[place] {
            if let Some(first) = consumer[used] {
                return Err(Error::ConsumedTwice {
                    shape: features[used].name.clone(),
                    first: features[first].name.clone(),
                    second: feature.name.clone(),
                });
            }
            consumer[used] = Some(place);
        }
    }
    Ok(consumer.iter().map(Option::is_some).collect())
}

/// Kahn's order, the earliest of the list first among those that are ready.
fn order(features: &[Named<Feature>], uses: &[Vec<usize>]) -> Result<Vec<usize>, Error> {
    let mut users: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut waiting: Vec<usize> = uses.iter().map(Vec::len).collect();
    for (place, used) in uses.iter().enumerate() {
        for &used in used {
            users.entry(used).or_default().push(place);
        }
    }
    let mut ready: BTreeSet<usize> = (0..features.len()).filter(|&i| waiting[i] == 0).collect();
    let mut order = Vec::with_capacity(features.len());
    while let Some(next) = ready.pop_first() {
        order.push(next);
        for &user in users.get(&next).into_iter().flatten() {
            waiting[user] -= 1;
            if waiting[user] == 0 {
                ready.insert(user);
            }
        }
    }
    if order.len() < features.len() {
        return Err(ring(features, uses, &waiting));
    }
    Ok(order)
}

/// A ring among the features that never became ready: each of them uses another of them.
fn ring(features: &[Named<Feature>], uses: &[Vec<usize>], waiting: &[usize]) -> Error {
    let mut path: Vec<usize> = Vec::new();
    let mut next = (0..features.len()).find(|&i| waiting[i] > 0);
    while let Some(place) = next {
        if let Some(start) = path.iter().position(|&seen| seen == place) {
            path.drain(..start);
            path.push(place);
            break;
        }
        path.push(place);
        next = uses[place].iter().copied().find(|&used| waiting[used] > 0);
    }
    Error::Cycle(path.iter().map(|&i| features[i].name.clone()).collect())
}
