//! Failures by key, and the waits that follow from them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

/// The longest wait, in seconds; it lets through some 300 guesses a day.
pub(super) const LONGEST_S: u32 = 300;

/// Failures beyond the free ones that count: more would not wait longer, and only take longer to be forgiven.
const STEPS: u32 = 9;

/// Once in this time a failure is forgiven. Longer than the longest wait, so that whoever goes on guessing gains nothing.
pub(super) const FORGIVEN_MS: i64 = 600_000;

/// After this long without a failure all is forgotten.
pub(super) const MEMORY_MS: i64 = 3_600_000;

/// Names or addresses remembered at most.
pub(super) const MOST: usize = 20_000;

/// By hash: people type passwords where names belong, and none shall be kept as they wrote it.
pub(crate) type Key = String;

/// What is remembered of a name or an address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    failures: u32,
    last_ms: i64,
    until_ms: i64,
    /// Up to when failures have been forgiven.
    #[serde(default)]
    since_ms: i64,
}

impl Entry {
    /// True once it means nothing any more.
    pub(crate) fn is_old(&self, now_ms: i64) -> bool {
        now_ms - self.last_ms > MEMORY_MS
    }

    /// True where a wait was due.
    pub(super) fn has_waited(&self) -> bool {
        self.until_ms > self.last_ms
    }

    /// The same, without the failures that time has forgiven.
    fn forgiven(mut self, now_ms: i64) -> Self {
        let steps = ((now_ms - self.since_ms) / FORGIVEN_MS).max(0);
        self.failures = self.failures.saturating_sub(u32::try_from(steps).unwrap_or(u32::MAX));
        self.since_ms += steps * FORGIVEN_MS;
        self
    }
}

/// One attempt in one table, with what it changed there.
pub(super) struct Counted<'a> {
    pub(super) table: &'a Table,
    pub(super) key: Key,
    before: Option<Entry>,
    after: Entry,
}

pub(super) struct Table {
    /// Tells its keys from those of the other ones.
    pub(super) mark: &'static str,
    free: u32,
    entries: Mutex<HashMap<Key, Entry>>,
}

impl Table {
    pub(super) fn new(mark: &'static str, free: u32) -> Self {
        Self { mark, free, entries: Mutex::default() }
    }

    pub(super) fn key(&self, text: &str) -> Key {
        format!("{}{}", self.mark, blake3::hash(text.as_bytes()).to_hex())
    }

    pub(super) fn wait(&self, key: &Key, now_ms: i64) -> u32 {
        let left_ms = self.lock().get(key).map_or(0, |entry| entry.until_ms - now_ms);
        let left_s = u32::try_from((left_ms + 999) / 1000).unwrap_or(0);
        // More than the longest wait: the clock was set back, which shall lock nobody out.
        if left_s > LONGEST_S { 0 } else { left_s }
    }

    pub(super) fn count(&self, key: Key, now_ms: i64) -> Counted<'_> {
        let mut entries = self.lock();
        if entries.len() >= MOST && !entries.contains_key(&key) {
            make_room(&mut entries, now_ms);
        }
        let before = entries.get(&key).filter(|entry| !entry.is_old(now_ms)).cloned();
        let mut after = match before.clone() {
            Some(entry) => entry.forgiven(now_ms),
            None => Entry { since_ms: now_ms, ..Entry::default() },
        };
        after.failures = (after.failures + 1).min(self.free + STEPS);
        after.last_ms = now_ms;
        after.until_ms = now_ms + 1000 * i64::from(self.delay_s(after.failures));
        entries.insert(key.clone(), after.clone());
        Counted { table: self, key, before, after }
    }

    /// 1 s, 2 s, 4 s … once the free ones are used up.
    fn delay_s(&self, failures: u32) -> u32 {
        match failures.checked_sub(self.free) {
            None => 0,
            Some(over) => 1u32.checked_shl(over).map_or(LONGEST_S, |s| s.min(LONGEST_S)),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<Key, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted<'_> {
    /// Makes all as it was before the attempt: what was good shall not make the next one wait.
    pub(super) fn take_back(self) {
        let mut entries = self.table.lock();
        let Some(entry) = entries.get_mut(&self.key) else { return };
        if *entry == self.after {
            match self.before {
                Some(before) => *entry = before,
                None => drop(entries.remove(&self.key)),
            }
            return;
        }
        // Others tried meanwhile: theirs stays.
        entry.failures = entry.failures.saturating_sub(1);
        entry.until_ms = entry.last_ms + 1000 * i64::from(self.table.delay_s(entry.failures));
        if entry.failures == 0 {
            entries.remove(&self.key);
        }
    }

    pub(super) fn forget(self) {
        self.table.lock().remove(&self.key);
    }
}

/// Forgets what is old, and where that is not enough the older half.
fn make_room(entries: &mut HashMap<Key, Entry>, now_ms: i64) {
    entries.retain(|_, entry| !entry.is_old(now_ms));
    if entries.len() < MOST {
        return;
    }
    let mut times: Vec<i64> = entries.values().map(|entry| entry.last_ms).collect();
    let middle = times.len() / 2;
    let (_, &mut median, _) = times.select_nth_unstable(middle);
    entries.retain(|_, entry| entry.last_ms > median || entry.until_ms > now_ms);
    if entries.len() >= MOST {
        entries.clear();
    }
}
