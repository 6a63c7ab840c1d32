//! Back-off on failed logins, by user name and by address.
//!
//! An attempt counts as failed when it begins and is taken back when it succeeds, so that many at once are
//! no way round. Decided in memory; `waits` keeps it over restarts.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// Wrong passwords for one name before it has to wait: people mistype.
const FREE_OF_NAME: u32 = 5;

/// The same for an address, behind which there may be a whole office.
const FREE_OF_ADDRESS: u32 = 30;

/// The longest wait, in seconds; it lets through some 300 guesses a day.
const LONGEST_S: u32 = 300;

/// After this long without a failure all is forgotten.
const MEMORY_MS: i64 = 3_600_000;

/// Names or addresses remembered at most.
const MOST: usize = 20_000;

/// What is remembered of a name or an address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    failures: u32,
    last_ms: i64,
    until_ms: i64,
}

impl Entry {
    /// True once it means nothing any more.
    pub(crate) fn is_old(&self, now_ms: i64) -> bool {
        now_ms - self.last_ms > MEMORY_MS
    }
}

/// By hash: people type passwords where names belong, and none shall be kept as they wrote it.
type Key = String;

struct Table {
    /// Tells its keys from those of the other one.
    mark: &'static str,
    free: u32,
    entries: Mutex<HashMap<Key, Entry>>,
}

/// Who has to wait before the next attempt.
pub(crate) struct Throttle {
    names: Table,
    addresses: Table,
}

impl Throttle {
    pub(crate) fn new() -> Self {
        let table = |mark, free| Table { mark, free, entries: Mutex::default() };
        Self { names: table("name.", FREE_OF_NAME), addresses: table("address.", FREE_OF_ADDRESS) }
    }

    /// What stands for a name and an address: their keys, and what is to be kept over a restart. That is nothing as
    /// long as no wait was due, so that a good login writes nothing.
    pub(crate) fn standing(&self, name: &str, address: &str) -> Vec<(Key, Option<Entry>)> {
        let tables = [(&self.names, name), (&self.addresses, address)];
        let known = tables.into_iter().filter(|(_, text)| !text.is_empty());
        known
            .map(|(table, text)| {
                let key = table.key(text);
                let entry = table.lock().get(&key).cloned().filter(|entry| entry.until_ms > entry.last_ms);
                (key, entry)
            })
            .collect()
    }

    /// Takes over what was kept.
    pub(crate) fn restore(&self, key: &str, entry: Entry) {
        let table = [&self.names, &self.addresses].into_iter().find(|table| key.starts_with(table.mark));
        if let Some(table) = table {
            table.lock().insert(key.to_owned(), entry);
        }
    }

    /// Begins an attempt, or says how many seconds are to be waited. An empty address is not counted.
    pub(crate) fn begin(&self, name: &str, address: &str, now_ms: i64) -> Result<(), u32> {
        let wait = self.names.wait(name, now_ms).max(self.addresses.wait(address, now_ms));
        if wait > 0 {
            return Err(wait);
        }
        self.names.count(name, now_ms);
        if !address.is_empty() {
            self.addresses.count(address, now_ms);
        }
        Ok(())
    }

    /// The attempt succeeded: the name is as new. The address is not, or one good login after each few
    /// guesses would let an attacker go on for ever.
    pub(crate) fn succeeded(&self, name: &str, address: &str) {
        self.names.lock().remove(&self.names.key(name));
        self.addresses.take_back(address);
    }

    /// The attempt came to nothing for another reason.
    pub(crate) fn take_back(&self, name: &str, address: &str) {
        self.names.take_back(name);
        self.addresses.take_back(address);
    }
}

impl Table {
    fn key(&self, text: &str) -> Key {
        format!("{}{}", self.mark, blake3::hash(text.as_bytes()).to_hex())
    }

    fn wait(&self, text: &str, now_ms: i64) -> u32 {
        let left_ms = self.lock().get(&self.key(text)).map_or(0, |entry| entry.until_ms - now_ms);
        let left_s = u32::try_from((left_ms + 999) / 1000).unwrap_or(0);
        // More than the longest wait: the clock was set back, which shall lock nobody out.
        if left_s > LONGEST_S { 0 } else { left_s }
    }

    fn count(&self, text: &str, now_ms: i64) {
        let key = self.key(text);
        let mut entries = self.lock();
        if entries.len() >= MOST && !entries.contains_key(&key) {
            make_room(&mut entries, now_ms);
        }
        let entry = entries.entry(key).or_default();
        if entry.is_old(now_ms) {
            *entry = Entry::default();
        }
        entry.failures = entry.failures.saturating_add(1);
        entry.last_ms = now_ms;
        entry.until_ms = now_ms + 1000 * i64::from(self.delay_s(entry.failures));
    }

    fn take_back(&self, text: &str) {
        let key = self.key(text);
        let mut entries = self.lock();
        if let Some(entry) = entries.get_mut(&key) {
            entry.failures = entry.failures.saturating_sub(1);
            entry.until_ms = entry.last_ms + 1000 * i64::from(self.delay_s(entry.failures));
            if entry.failures == 0 {
                entries.remove(&key);
            }
        }
    }

    /// 1 s, 2 s, 4 s … once the free ones are used up.
    fn delay_s(&self, failures: u32) -> u32 {
        match failures.checked_sub(self.free) {
            None => 0,
            Some(over) => 1u32.checked_shl(over).map_or(LONGEST_S, |s| s.min(LONGEST_S)),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets what is old, and where that is not enough the older half.
fn make_room(entries: &mut HashMap<String, Entry>, now_ms: i64) {
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_end_with_success() {
        let throttle = Throttle::new();
        let mut now = 1_000_000;
        let mut waits = Vec::new();
        for _ in 0..16 {
            throttle.begin("ada", "", now).unwrap();
            let wait = throttle.begin("ada", "", now).err().unwrap_or(0);
            if wait == 0 {
                // That second attempt counted.
                throttle.take_back("ada", "");
            }
            waits.push(wait);
            now += i64::from(wait) * 1000;
        }
        assert_eq!(waits[..10], [0, 0, 0, 0, 1, 2, 4, 8, 16, 32]);
        assert_eq!(waits[15], LONGEST_S);
        throttle.succeeded("ada", "");
        assert!(throttle.begin("ada", "", now).is_ok());
    }

    #[test]
    fn an_address_that_tries_many_names_waits_and_others_do_not() {
        let throttle = Throttle::new();
        for i in 0..FREE_OF_ADDRESS {
            throttle.begin(&format!("user{i}"), "192.0.2.1", 5_000_000).unwrap();
            if throttle.begin("own", "192.0.2.1", 5_000_000).is_ok() {
                throttle.succeeded("own", "192.0.2.1");
            }
        }
        assert!(throttle.begin("one-more", "192.0.2.1", 5_000_000).is_err());
        assert!(throttle.begin("one-more", "192.0.2.2", 5_000_000).is_ok());
        assert!(throttle.begin("one-more", "192.0.2.1", 5_000_000 + MEMORY_MS + 1).is_ok());
    }

    #[test]
    fn memory_is_bounded() {
        let throttle = Throttle::new();
        for i in 0..(3 * MOST) {
            throttle.begin(&i.to_string(), "", 7_000_000).unwrap();
        }
        assert!(throttle.names.lock().len() <= MOST);
    }
}
