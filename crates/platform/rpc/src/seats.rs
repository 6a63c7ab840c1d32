//! A bound on what each of many may have at once.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Seats that are taken, by who has them. Nobody has more than a fixed number.
#[derive(Debug)]
pub struct Seats<K: Eq + Hash + Clone> {
    most: usize,
    taken: Mutex<HashMap<K, usize>>,
}

/// One seat, given back when it is dropped.
#[derive(Debug)]
pub struct Seat<K: Eq + Hash + Clone> {
    all: Arc<Seats<K>>,
    of: K,
}

impl<K: Eq + Hash + Clone> Seats<K> {
    /// None taken.
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, taken: Mutex::default() })
    }

    /// Takes a seat; `None` where `of` has as many as anybody may.
    pub fn take(self: &Arc<Self>, of: K) -> Option<Seat<K>> {
        let mut taken = self.lock();
        let count = taken.entry(of.clone()).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        drop(taken);
        Some(Seat { all: self.clone(), of })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        // Nothing under the lock can panic halfway, so a poisoned map is a whole one.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash + Clone> Drop for Seat<K> {
    fn drop(&mut self) {
        let mut taken = self.all.lock();
        if let Some(count) = taken.get_mut(&self.of) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.of);
            }
        }
    }
}

/// Addresses behind which there are many others, as behind a proxy.
#[derive(Clone)]
pub struct Crowds(Arc<dyn Fn(IpAddr) -> bool + Send + Sync>);

impl Crowds {
    /// Those for which `is_one` is true.
    pub fn new(is_one: impl Fn(IpAddr) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(is_one))
    }

    pub(crate) fn have(&self, address: IpAddr) -> bool {
        (self.0)(address)
    }
}

impl Default for Crowds {
    fn default() -> Self {
        Self::new(|_| false)
    }
}

impl fmt::Debug for Crowds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Crowds")
    }
}

/// What counts as one address: of IPv6 the network of one subscriber (64 bits), within which addresses cost nothing.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => Ipv6Addr::from_bits(six.to_bits() >> 64 << 64).into(),
        four => four,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_has_a_bound_of_its_own_and_gives_back() {
        let seats = Seats::new(2);
        let first = seats.take("ada").unwrap();
        let second = seats.take("ada").unwrap();
        assert!(seats.take("ada").is_none());
        assert!(seats.take("bob").is_some());
        drop(first);
        let third = seats.take("ada").unwrap();
        assert!(seats.take("ada").is_none());
        drop((second, third));
        assert!(seats.lock().is_empty());
    }

    #[test]
    fn a_subscriber_is_one() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.7"), of("192.0.2.7"));
        assert_ne!(of("192.0.2.7"), of("192.0.2.8"));
    }
}
