//! Who calls where a proxy stands in front: the header `x-forwarded-for`, believed from those proxies only that the
//! operator names. From anybody else it is a claim, and is left aside.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use api::{Code, Failure};
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use http::{HeaderMap, Request};

const FORWARDED: &str = "x-forwarded-for";

/// Most addresses that are read of one request.
const HOPS: usize = 32;

/// Addresses of proxies: single ones, or networks as `10.0.0.0/8`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proxies(Arc<[Network]>);

#[derive(Clone, Copy, Debug)]
struct Network {
    bits: u128,
    length: u32,
    /// IPv4 and IPv6 are told apart.
    four: bool,
}

/// An address as a number, left-aligned in 128 bits.
fn bits(address: IpAddr) -> (u128, bool) {
    match address.to_canonical() {
        IpAddr::V4(four) => (u128::from(four.to_bits()) << 96, true),
        IpAddr::V6(six) => (six.to_bits(), false),
    }
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/').map_or((text, None), |(a, l)| (a, Some(l)));
        let (bits, four) = bits(address.trim().parse().ok()?);
        let most = if four { 32 } else { 128 };
        let length = length.map_or(Some(most), |text| text.trim().parse().ok())?;
        (length <= most).then_some(Self { bits, length, four })
    }

    fn holds(&self, address: IpAddr) -> bool {
        let (bits, four) = bits(address);
        // A shift by 128 is none.
        four == self.four && (self.bits ^ bits).checked_shr(128 - self.length).unwrap_or(0) == 0
    }
}

impl Proxies {
    /// The proxies that an operator named.
    pub(crate) fn parse(texts: &[String]) -> Result<Self, Failure> {
        let network = |text: &String| {
            Network::parse(text).ok_or_else(|| {
                Code::Config
                    .because(format!(
                        "`trusted-proxy` has `{text}`, which is neither an address nor a network"
                    ))
                    .remedy("write it as in 10.0.0.7 or 10.0.0.0/8")
            })
        };
        Ok(Self(texts.iter().map(network).collect::<Result<_, _>>()?))
    }

    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.holds(address))
    }

    /// Where a request came from: from the nearest hop backwards, the first one that is none of the proxies.
    fn origin(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.trusts(peer) {
            return peer;
        }
        let lines = headers.get_all(FORWARDED).iter().filter_map(|value| value.to_str().ok());
        let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
        let mut origin = peer;
        for hop in hops.iter().rev().take(HOPS) {
            // What a trusted proxy cannot name ends the chain: all before it is a claim of somebody else.
            let Some(address) = address(hop) else { break };
            origin = address;
            if !self.trusts(address) {
                break;
            }
        }
        origin
    }
}

/// An address with or without a port.
fn address(hop: &str) -> Option<IpAddr> {
    let plain = hop.trim_start_matches('[').trim_end_matches(']').parse().ok();
    plain.or_else(|| hop.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

/// Gives a request the address of its origin.
pub(crate) async fn resolve(State(proxies): State<Proxies>, mut request: Request<Body>) -> Request<Body> {
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>().copied() {
        let origin = proxies.origin(peer.ip(), request.headers());
        if origin != peer.ip() {
            request.extensions_mut().insert(ConnectInfo(SocketAddr::new(origin, peer.port())));
        }
    }
    request
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use http::HeaderValue;

    fn proxies(texts: &[&str]) -> Proxies {
        Proxies::parse(&texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>()).unwrap()
    }

    fn origin(proxies: &Proxies, peer: &str, lines: &[&'static str]) -> String {
        let headers = lines.iter().map(|&line| (FORWARDED.parse().unwrap(), HeaderValue::from_static(line)));
        proxies.origin(peer.parse().unwrap(), &headers.collect()).to_string()
    }

    #[test]
    fn only_named_proxies_are_believed() {
        let none = proxies(&[]);
        assert_eq!(origin(&none, "10.1.2.3", &["192.0.2.1"]), "10.1.2.3");
        let some = proxies(&["10.0.0.0/8", "2001:db8::1"]);
        assert_eq!(origin(&some, "203.0.113.9", &["192.0.2.1"]), "203.0.113.9");
        assert_eq!(origin(&some, "10.1.2.3", &["192.0.2.1"]), "192.0.2.1");
        assert_eq!(origin(&some, "2001:db8::1", &["192.0.2.1:4711"]), "192.0.2.1");
        assert_eq!(origin(&some, "2001:db8::2", &["192.0.2.1"]), "2001:db8::2");
        // As a listener for both kinds tells an IPv4 peer.
        assert_eq!(origin(&some, "::ffff:10.1.2.3", &["[2001:db8::9]"]), "2001:db8::9");
    }

    #[test]
    fn what_a_caller_adds_in_front_counts_for_nothing() {
        let some = proxies(&["10.0.0.0/8"]);
        assert_eq!(origin(&some, "10.0.0.1", &["6.6.6.6, 192.0.2.1, 10.0.0.2"]), "192.0.2.1");
        assert_eq!(origin(&some, "10.0.0.1", &["6.6.6.6", "192.0.2.1"]), "192.0.2.1");
        assert_eq!(origin(&some, "10.0.0.1", &["6.6.6.6, nonsense"]), "10.0.0.1");
        assert_eq!(origin(&some, "10.0.0.1", &["6.6.6.6, nonsense, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(origin(&some, "10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn a_network_is_read_whole_or_refused() {
        assert!(proxies(&["0.0.0.0/0"]).trusts("192.0.2.1".parse().unwrap()));
        assert!(!proxies(&["0.0.0.0/0"]).trusts("2001:db8::1".parse().unwrap()));
        for wrong in ["10.0.0.0/33", "10.0.0/8", "proxy", "10.0.0.0/-1", ""] {
            let failure = Proxies::parse(&[wrong.to_owned()]).unwrap_err();
            assert_eq!(failure.code, Code::Config, "{wrong}");
        }
    }
}
