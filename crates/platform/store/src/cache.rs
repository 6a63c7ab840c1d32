//! Decoded objects that were used lately, within a bound of bytes.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use crate::Hash;
use crate::objects::Decoded;

type Key = (u64, Hash);

/// A cache that drops what was not used for longest.
pub(crate) struct Cache {
    state: Mutex<State>,
    limit: usize,
}

#[derive(Default)]
struct State {
    items: HashMap<Key, Item>,
    by_use: BTreeMap<u64, Key>,
    clock: u64,
    size: usize,
    /// How often everything was forgotten.
    age: u64,
}

struct Item {
    value: Decoded,
    cost: usize,
    used: u64,
}

impl Cache {
    /// A cache of about `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { state: Mutex::default(), limit }
    }

    pub fn get(&self, key: Key) -> Option<Decoded> {
        let mut state = self.lock();
        let state = &mut *state;
        let item = state.items.get_mut(&key)?;
        state.clock += 1;
        state.by_use.remove(&item.used);
        state.by_use.insert(state.clock, key);
        item.used = state.clock;
        Some(item.value.clone())
    }

    /// The age of the cache, to be asked before what is to be inserted is read.
    pub fn age(&self) -> u64 {
        self.lock().age
    }

    /// Remembers an object, unless the cache was cleared since it had this age: it may have been deleted after it was
    /// read.
    pub fn insert(&self, age: u64, key: Key, value: Decoded, cost: usize) {
        if cost > self.limit / 4 {
            return;
        }
        let mut state = self.lock();
        let state = &mut *state;
        if state.age != age {
            return;
        }
        state.clock += 1;
        let used = state.clock;
        if let Some(old) = state.items.insert(key, Item { value, cost, used }) {
            state.by_use.remove(&old.used);
            state.size -= old.cost;
        }
        state.by_use.insert(used, key);
        state.size += cost;
        while state.size > self.limit {
            let Some((_, key)) = state.by_use.pop_first() else { break };
            if let Some(item) = state.items.remove(&key) {
                state.size -= item.cost;
            }
        }
    }

    /// Forgets everything: what was pruned must not be found.
    pub fn clear(&self) {
        let mut state = self.lock();
        *state = State { age: state.age.wrapping_add(1), ..State::default() };
    }

    /// Clears the cache when this goes, however the deletion ends.
    pub fn clearing(&self) -> Clearing<'_> {
        Clearing(self)
    }

    /// Every change of the state is whole, so a poisoned lock is still good.
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A deletion under way.
pub(crate) struct Clearing<'a>(&'a Cache);

impl Drop for Clearing<'_> {
    fn drop(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::version::Root;

    #[test]
    fn drops_the_least_used() {
        let cache = Cache::new(100);
        let key = |n: u8| (0, Hash::of(&[n]));
        for n in 0..5 {
            cache.insert(0, key(n), Decoded::Root(Root::default()), 20);
        }
        assert!(cache.get(key(0)).is_some());
        cache.insert(0, key(5), Decoded::Root(Root::default()), 20);
        assert!(cache.get(key(1)).is_none());
        assert!(cache.get(key(0)).is_some());
        cache.insert(0, key(6), Decoded::Root(Root::default()), 90);
        assert!(cache.get(key(6)).is_none(), "too large to keep");
        cache.clear();
        assert!(cache.get(key(0)).is_none());
    }

    #[test]
    fn what_was_read_before_a_deletion_is_not_remembered_after_it() {
        let cache = Cache::new(100);
        let (key, root) = ((0, Hash::of(b"root")), || Decoded::Root(Root::default()));
        let age = cache.age();
        drop(cache.clearing());
        cache.insert(age, key, root(), 1);
        assert!(cache.get(key).is_none());
        cache.insert(cache.age(), key, root(), 1);
        assert!(cache.get(key).is_some());
    }
}
