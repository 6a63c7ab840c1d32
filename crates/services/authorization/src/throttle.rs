//! Back-off on failed logins, by user name and by address.
//!
//! Who guesses at a name makes strangers wait, not its owner: an address from which the name has logged in is counted
//! apart from all others. (Which those are is forgotten at a restart, the waits are not.)
//!
//! An attempt counts as failed when it begins and is taken back when it succeeds, so that many at once are
//! no way round. Decided in memory; `waits` keeps it over restarts.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

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
    /// By name, for addresses that are strange to it.
    names: Table,
    /// By name and address, where the one has logged in from the other.
    pairs: Table,
    addresses: Table,
    /// Keys of pairs that have logged in, and when they last did.
    familiar: Mutex<HashMap<Key, i64>>,
}

impl Throttle {
    pub(crate) fn new() -> Self {
        let table = |mark, free| Table { mark, free, entries: Mutex::default() };
        Self {
            names: table("name.", FREE_OF_NAME),
            pairs: table("pair.", FREE_OF_NAME),
            addresses: table("address.", FREE_OF_ADDRESS),
            familiar: Mutex::default(),
        }
    }

    /// The tables that an attempt counts in, with its key in each. An empty address is not counted.
    fn counted(&self, name: &str, address: &str) -> Vec<(&Table, Key)> {
        if address.is_empty() {
            return vec![(&self.names, self.names.key(name))];
        }
        let network = network(address);
        let pair = self.pairs.key(&pair(name, &network));
        let owner = match self.familiar().contains_key(&pair) {
            true => (&self.pairs, pair),
            false => (&self.names, self.names.key(name)),
        };
        vec![owner, (&self.addresses, self.addresses.key(&network))]
    }

    /// What stands for a name and an address: their keys, and what is to be kept over a restart. That is nothing as
    /// long as no wait was due, so that a good login writes nothing.
    pub(crate) fn standing(&self, name: &str, address: &str) -> Vec<(Key, Option<Entry>)> {
        let network = network(address);
        let mut keys = vec![(&self.names, self.names.key(name))];
        if !address.is_empty() {
            keys.push((&self.pairs, self.pairs.key(&pair(name, &network))));
            keys.push((&self.addresses, self.addresses.key(&network)));
        }
        keys.into_iter()
            .map(|(table, key)| {
                let entry = table.lock().get(&key).cloned().filter(|entry| entry.until_ms > entry.last_ms);
                (key, entry)
            })
            .collect()
    }

    /// Takes over what was kept.
    pub(crate) fn restore(&self, key: &str, entry: Entry) {
        let tables = [&self.names, &self.pairs, &self.addresses];
        if let Some(table) = tables.into_iter().find(|table| key.starts_with(table.mark)) {
            table.lock().insert(key.to_owned(), entry);
        }
    }

    /// Begins an attempt, or says how many seconds are to be waited.
    pub(crate) fn begin(&self, name: &str, address: &str, now_ms: i64) -> Result<(), u32> {
        let counted = self.counted(name, address);
        match counted.iter().map(|(table, key)| table.wait(key, now_ms)).max() {
            Some(wait) if wait > 0 => return Err(wait),
            _ => {}
        }
        for (table, key) in counted {
            table.count(key, now_ms);
        }
        Ok(())
    }

    /// The attempt succeeded: the name is as new there, and known to come from there. The address is not as new, or one
    /// good login after each few guesses would let an attacker go on for ever.
    pub(crate) fn succeeded(&self, name: &str, address: &str, now_ms: i64) {
        for (table, key) in self.counted(name, address) {
            if table.mark == self.addresses.mark {
                table.take_back(&key);
            } else {
                table.lock().remove(&key);
            }
        }
        if address.is_empty() {
            return;
        }
        let mut familiar = self.familiar();
        if familiar.len() >= MOST {
            let oldest = familiar.iter().min_by_key(|(_, seen)| **seen).map(|(key, _)| key.clone());
            oldest.map(|key| familiar.remove(&key));
        }
        familiar.insert(self.pairs.key(&pair(name, &network(address))), now_ms);
    }

    /// The attempt came to nothing for another reason.
    pub(crate) fn take_back(&self, name: &str, address: &str) {
        for (table, key) in self.counted(name, address) {
            table.take_back(&key);
        }
    }

    fn familiar(&self) -> MutexGuard<'_, HashMap<Key, i64>> {
        self.familiar.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A name and the network that it comes from, as one text.
fn pair(name: &str, network: &str) -> String {
    format!("{}\n{network}", blake3::hash(name.as_bytes()).to_hex())
}

/// What counts as one address: of IPv6 the network of one subscriber (64 bits), within which addresses cost nothing.
fn network(address: &str) -> String {
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => {
            let prefix = u128::from(address) >> 64 << 64;
            Ipv6Addr::from(prefix).to_string()
        }
        Ok(IpAddr::V4(address)) => address.to_string(),
        Err(_) => address.to_owned(),
    }
}

impl Table {
    fn key(&self, text: &str) -> Key {
        format!("{}{}", self.mark, blake3::hash(text.as_bytes()).to_hex())
    }

    fn wait(&self, key: &Key, now_ms: i64) -> u32 {
        let left_ms = self.lock().get(key).map_or(0, |entry| entry.until_ms - now_ms);
        let left_s = u32::try_from((left_ms + 999) / 1000).unwrap_or(0);
        // More than the longest wait: the clock was set back, which shall lock nobody out.
        if left_s > LONGEST_S { 0 } else { left_s }
    }

    fn count(&self, key: Key, now_ms: i64) {
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

    fn take_back(&self, key: &Key) {
        let mut entries = self.lock();
        if let Some(entry) = entries.get_mut(key) {
            entry.failures = entry.failures.saturating_sub(1);
            entry.until_ms = entry.last_ms + 1000 * i64::from(self.delay_s(entry.failures));
            if entry.failures == 0 {
                entries.remove(key);
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

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Entry>> {
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
        throttle.succeeded("ada", "", now);
        assert!(throttle.begin("ada", "", now).is_ok());
    }

    #[test]
    fn an_address_that_tries_many_names_waits_and_others_do_not() {
        let throttle = Throttle::new();
        for i in 0..FREE_OF_ADDRESS {
            throttle.begin(&format!("user{i}"), "192.0.2.1", 5_000_000).unwrap();
            if throttle.begin("own", "192.0.2.1", 5_000_000).is_ok() {
                throttle.succeeded("own", "192.0.2.1", 5_000_000);
            }
        }
        assert!(throttle.begin("one-more", "192.0.2.1", 5_000_000).is_err());
        assert!(throttle.begin("one-more", "192.0.2.2", 5_000_000).is_ok());
        assert!(throttle.begin("one-more", "192.0.2.1", 5_000_000 + MEMORY_MS + 1).is_ok());
    }

    #[test]
    fn strangers_who_guess_at_a_name_do_not_shut_its_owner_out() {
        let throttle = Throttle::new();
        let now = 9_000_000;
        throttle.begin("ada", "192.0.2.1", now).unwrap();
        throttle.succeeded("ada", "192.0.2.1", now);
        for stranger in 0..FREE_OF_NAME {
            throttle.begin("ada", &format!("198.51.100.{stranger}"), now).unwrap();
        }
        assert!(throttle.begin("ada", "198.51.100.99", now).is_err());
        // The owner, who mistypes too: with a wait of its own.
        for _ in 0..FREE_OF_NAME {
            throttle.begin("ada", "192.0.2.1", now).unwrap();
        }
        assert!(throttle.begin("ada", "192.0.2.1", now).is_err());
        let standing = throttle.standing("ada", "192.0.2.1");
        assert!(standing.iter().any(|(key, entry)| key.starts_with("pair.") && entry.is_some()));
        throttle.take_back("ada", "192.0.2.1");
        throttle.begin("ada", "192.0.2.1", now + 1000).unwrap();
        throttle.succeeded("ada", "192.0.2.1", now + 1000);
        // What the owner did helps no stranger.
        assert!(throttle.begin("ada", "198.51.100.99", now).is_err());
    }

    #[test]
    fn addresses_of_one_subscriber_are_one() {
        for (one, other) in [("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"), ("::ffff:192.0.2.7", "192.0.2.7")] {
            assert_eq!(network(one), network(other));
        }
        for (one, other) in [("2001:db8:1:2::1", "2001:db8:1:3::1"), ("192.0.2.7", "192.0.2.8"), ("a", "b")] {
            assert_ne!(network(one), network(other));
        }
    }

    #[test]
    fn memory_is_bounded() {
        let throttle = Throttle::new();
        for i in 0..(3 * MOST) {
            throttle.begin(&i.to_string(), "", 7_000_000).unwrap();
        }
        assert!(throttle.names.lock().len() <= MOST);
        *throttle.familiar() = (0..MOST as i64).map(|i| (i.to_string(), i)).collect();
        throttle.succeeded("ada", "192.0.2.1", 7_000_000);
        assert_eq!(throttle.familiar().len(), MOST);
        assert!(!throttle.familiar().contains_key("0"));
    }
}
