//! Back-off on failed logins, by user name and by address.
//!
//! Who guesses at a name makes strangers wait, not its owner: an address from which the name has logged in is counted
//! apart from all others. For the same reason such a pair does not wait for its address either, behind which there may be
//! a whole office. (Which those are is forgotten at a restart, the waits are not.)
//!
//! An attempt counts as failed when it begins and is taken back when it succeeds, so that many at once are
//! no way round. Decided in memory; `waits` keeps it over restarts.

mod table;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) use table::Entry;
use table::{Counted, Key, MOST, Table};

/// Wrong passwords for one name before it has to wait: people mistype.
const FREE_OF_NAME: u32 = 5;

/// The same for an address, behind which there may be a whole office.
const FREE_OF_ADDRESS: u32 = 30;

/// Who has to wait before the next attempt.
pub(crate) struct Throttle {
    /// By name, for addresses that are strange to it.
    names: Table,
    /// By name and address, where the one has logged in from the other.
    pairs: Table,
    /// By address, for names that are strange to it.
    addresses: Table,
    /// Keys of pairs that have logged in, and when they last did.
    familiar: Mutex<HashMap<Key, i64>>,
}

/// An attempt to log in, which ends with [`Throttle::succeeded`] or [`Attempt::take_back`], or else has failed.
pub(crate) struct Attempt<'a> {
    counted: Vec<Counted<'a>>,
    /// The key of its name and address; `None` where no address is known.
    pair: Option<Key>,
}

impl Throttle {
    pub(crate) fn new() -> Self {
        Self {
            names: Table::new("name.", FREE_OF_NAME),
            pairs: Table::new("pair.", FREE_OF_NAME),
            addresses: Table::new("address.", FREE_OF_ADDRESS),
            familiar: Mutex::default(),
        }
    }

    /// What stands for a name and an address: their keys, and what is to be kept over a restart. That is nothing as
    /// long as no wait was due, so that a good login writes nothing.
    pub(crate) fn standing(&self, name: &str, address: &str) -> Vec<(Key, Option<Entry>)> {
        let mut keys = vec![(&self.names, self.names.key(name))];
        if !address.is_empty() {
            let network = network(address);
            keys.push((&self.pairs, self.pairs.key(&pair(name, &network))));
            keys.push((&self.addresses, self.addresses.key(&network)));
        }
        keys.into_iter()
            .map(|(table, key)| {
                let entry = table.lock().get(&key).cloned().filter(Entry::has_waited);
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
    pub(crate) fn begin(&self, name: &str, address: &str, now_ms: i64) -> Result<Attempt<'_>, u32> {
        let network = network(address);
        let pair = (!address.is_empty()).then(|| self.pairs.key(&pair(name, &network)));
        let tables = match &pair {
            None => vec![(&self.names, self.names.key(name))],
            Some(pair) if self.familiar().contains_key(pair) => vec![(&self.pairs, pair.clone())],
            Some(_) => {
                vec![(&self.names, self.names.key(name)), (&self.addresses, self.addresses.key(&network))]
            }
        };
        match tables.iter().map(|(table, key)| table.wait(key, now_ms)).max() {
            Some(wait) if wait > 0 => return Err(wait),
            _ => {}
        }
        let counted = tables.into_iter().map(|(table, key)| table.count(key, now_ms)).collect();
        Ok(Attempt { counted, pair })
    }

    /// The attempt succeeded: the name is as new there, and known to come from there. The address is as before and not as
    /// new, or one good login after each few guesses would let an attacker go on for ever.
    pub(crate) fn succeeded(&self, attempt: Attempt<'_>, now_ms: i64) {
        for counted in attempt.counted {
            if counted.table.mark == self.addresses.mark {
                counted.take_back();
            } else {
                counted.forget();
            }
        }
        let Some(pair) = attempt.pair else { return };
        let mut familiar = self.familiar();
        if familiar.len() >= MOST && !familiar.contains_key(&pair) {
            let oldest = familiar.iter().min_by_key(|(_, seen)| **seen).map(|(key, _)| key.clone());
            oldest.map(|key| familiar.remove(&key));
        }
        familiar.insert(pair, now_ms);
    }

    /// A name got a new password: what was guessed at the old one counts no more.
    pub(crate) fn forgive(&self, name: &str) {
        self.names.lock().remove(&self.names.key(name));
    }

    fn familiar(&self) -> MutexGuard<'_, HashMap<Key, i64>> {
        self.familiar.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt<'_> {
    /// It came to nothing for another reason than a wrong password.
    pub(crate) fn take_back(self) {
        self.counted.into_iter().for_each(Counted::take_back);
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::table::{FORGIVEN_MS, LONGEST_S, MEMORY_MS};
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_end_with_success() {
        let throttle = Throttle::new();
        let mut now = 1_000_000;
        let mut waits = Vec::new();
        for _ in 0..16 {
            throttle.begin("ada", "", now).unwrap();
            let wait = throttle.begin("ada", "", now).map(Attempt::take_back).err().unwrap_or(0);
            waits.push(wait);
            now += i64::from(wait) * 1000;
        }
        assert_eq!(waits[..10], [0, 0, 0, 0, 1, 2, 4, 8, 16, 32]);
        assert_eq!(waits[15], LONGEST_S);
        throttle.succeeded(throttle.begin("ada", "", now).unwrap(), now);
        assert!(throttle.begin("ada", "", now).is_ok());
    }

    #[test]
    fn an_address_that_tries_many_names_waits_and_others_do_not() {
        let throttle = Throttle::new();
        for i in 0..FREE_OF_ADDRESS {
            throttle.begin(&format!("user{i}"), "192.0.2.1", 5_000_000).unwrap();
            throttle.succeeded(throttle.begin("own", "192.0.2.1", 5_000_000).unwrap(), 5_000_000);
        }
        assert!(throttle.begin("one-more", "192.0.2.1", 5_000_000).is_err());
        assert!(throttle.begin("one-more", "192.0.2.2", 5_000_000).is_ok());
        assert!(throttle.begin("one-more", "192.0.2.1", 5_000_000 + MEMORY_MS + 1).is_ok());
    }

    #[test]
    fn strangers_who_guess_at_a_name_do_not_shut_its_owner_out() {
        let throttle = Throttle::new();
        let now = 9_000_000;
        throttle.succeeded(throttle.begin("ada", "192.0.2.1", now).unwrap(), now);
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
        throttle.succeeded(throttle.begin("ada", "192.0.2.1", now + 1000).unwrap(), now + 1000);
        // What the owner did helps no stranger.
        assert!(throttle.begin("ada", "198.51.100.99", now).is_err());
    }

    #[test]
    fn an_office_is_not_shut_out_by_those_in_it_who_guess() {
        const OFFICE: &str = "192.0.2.1";
        let throttle = Throttle::new();
        let mut now = 9_000_000;
        throttle.succeeded(throttle.begin("ada", OFFICE, now).unwrap(), now);
        for i in 0..FREE_OF_ADDRESS + 12 {
            now += i64::from(throttle.begin(&format!("guess{i}"), OFFICE, now).err().unwrap_or(0)) * 1000;
            drop(throttle.begin(&format!("guess{i}"), OFFICE, now));
        }
        assert_eq!(throttle.begin("bob", OFFICE, now).err(), Some(LONGEST_S));
        // Who has come from there before does not wait.
        throttle.succeeded(throttle.begin("ada", OFFICE, now).unwrap(), now);
        // Who has not waits once; good logins arm nothing.
        now += i64::from(LONGEST_S) * 1000;
        for name in ["bob", "carl", "dora"] {
            throttle.succeeded(throttle.begin(name, OFFICE, now).unwrap(), now);
        }
        // The next who guesses waits as before.
        drop(throttle.begin("guess", OFFICE, now).unwrap());
        assert_eq!(throttle.begin("emil", OFFICE, now).err(), Some(LONGEST_S));
    }

    #[test]
    fn failures_are_forgiven_with_time() {
        let throttle = Throttle::new();
        let mut now = 9_000_000;
        for i in 0..10 * FREE_OF_ADDRESS {
            drop(throttle.begin(&format!("typo{i}"), "192.0.2.1", now).unwrap());
            now += FORGIVEN_MS;
        }
        // Those who guess as often as they can gain nothing.
        for _ in 0..100 {
            while let Err(wait) = throttle.begin("ada", "198.51.100.1", now) {
                now += i64::from(wait) * 1000;
            }
        }
        assert!(throttle.begin("ada", "198.51.100.1", now).err().unwrap() > LONGEST_S / 2);
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
        throttle.succeeded(throttle.begin("ada", "192.0.2.1", 7_000_000).unwrap(), 7_000_000);
        assert_eq!(throttle.familiar().len(), MOST);
        assert!(!throttle.familiar().contains_key("0"));
    }
}
