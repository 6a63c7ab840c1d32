//! Who a token stands for: asked of `authorization`, kept for seconds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use api::v1::{Assertion, AuthenticateRequest, SignedAssertion};
use api::{Code, Failure};
use http::HeaderValue;
use prost::Message as _;
use runtime::Context;
use runtime::caller::now_s;
use tonic::metadata::BinaryMetadataValue;

/// How long an answer is kept: the longest that a login ended elsewhere still opens something here.
const KEPT: Duration = Duration::from_secs(30);

/// Answers kept at once.
const MOST: usize = 20_000;

/// Tokens are shorter than this; longer ones are refused without asking.
const LONGEST_TOKEN: usize = 512;

/// A login that `authorization` vouches for.
#[derive(Debug)]
pub(crate) struct Login {
    pub(crate) signed: SignedAssertion,
    /// The assertion as it stands in metadata.
    pub(crate) metadata: HeaderValue,
    /// Id of the user.
    pub(crate) user: String,
}

/// A cache of answers of `Authenticate`, by the hash of the token: tokens themselves are not kept.
#[derive(Default)]
pub(crate) struct Logins(Mutex<Cache>);

#[derive(Default)]
struct Cache {
    kept: HashMap<blake3::Hash, (Arc<Login>, Instant)>,
    /// Counts what was forgotten, so that an answer from before is not kept after.
    epoch: u64,
}

impl Logins {
    fn lock(&self) -> MutexGuard<'_, Cache> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The login of a token.
    pub(crate) async fn of(&self, context: &Context, token: &str) -> Result<Arc<Login>, Failure> {
        if token.is_empty() || token.len() > LONGEST_TOKEN {
            return Err(Code::Unauthenticated.because("this is no token of a login"));
        }
        let hash = blake3::hash(token.as_bytes());
        let epoch = {
            let cache = self.lock();
            match cache.kept.get(&hash) {
                Some((login, until)) if Instant::now() < *until => return Ok(login.clone()),
                _ => cache.epoch,
            }
        };
        let request = AuthenticateRequest { token: token.to_owned() };
        let signed = context.peers.authorization()?.authenticate(request).await?.into_inner();
        let (login, lasting) = read(signed)?;
        let login = Arc::new(login);
        let mut cache = self.lock();
        if cache.epoch == epoch && !lasting.is_zero() {
            cache.keep(hash, login.clone(), Instant::now() + lasting);
        }
        Ok(login)
    }

    /// Forgets one login.
    pub(crate) fn forget(&self, token: &str) {
        let mut cache = self.lock();
        cache.epoch += 1;
        cache.kept.remove(&blake3::hash(token.as_bytes()));
    }

    /// Forgets all: somebody's rights changed.
    pub(crate) fn forget_all(&self) {
        let mut cache = self.lock();
        cache.epoch += 1;
        cache.kept.clear();
    }
}

impl Cache {
    fn keep(&mut self, hash: blake3::Hash, login: Arc<Login>, until: Instant) {
        if self.kept.len() >= MOST {
            let now = Instant::now();
            self.kept.retain(|_, (_, until)| now < *until);
        }
        if self.kept.len() >= MOST {
            self.kept.clear();
        }
        self.kept.insert(hash, (login, until));
    }
}

/// The login of an assertion, and how long it may be kept.
fn read(signed: SignedAssertion) -> Result<(Login, Duration), Failure> {
    let assertion = Assertion::decode(signed.assertion.as_ref()).map_err(|_| {
        Code::Internal.because("authorization answered with an assertion that cannot be read")
    })?;
    let metadata = BinaryMetadataValue::from_bytes(&signed.encode_to_vec());
    let metadata = HeaderValue::from_bytes(metadata.as_encoded_bytes())
        .map_err(|_| Code::Internal.because("an assertion cannot be passed on"))?;
    // With a one-time password the assertion changes as soon as the password does.
    let lasting = if assertion.must_change_password {
        Duration::ZERO
    } else {
        Duration::from_secs(u64::try_from(assertion.expires_s - now_s()).unwrap_or(0)).min(KEPT)
    };
    Ok((Login { signed, metadata, user: assertion.user_id }, lasting))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn signed(assertion: &Assertion) -> SignedAssertion {
        SignedAssertion { assertion: assertion.encode_to_vec().into(), ..SignedAssertion::default() }
    }

    #[test]
    fn an_answer_is_kept_no_longer_than_it_is_good() {
        let lasting = |expires_s, must_change_password| {
            read(signed(&Assertion { expires_s, must_change_password, ..Assertion::default() })).unwrap().1
        };
        assert_eq!(lasting(now_s() + 1000, false), KEPT);
        assert!(lasting(now_s() + 10, false) <= Duration::from_secs(10));
        assert_eq!(lasting(now_s() - 10, false), Duration::ZERO);
        assert_eq!(lasting(now_s() + 1000, true), Duration::ZERO);
    }

    #[test]
    fn the_cache_is_bounded() {
        let mut cache = Cache::default();
        let login = Arc::new(read(signed(&Assertion::default())).unwrap().0);
        for n in 0..MOST + 10 {
            let until = Instant::now() + KEPT;
            cache.keep(blake3::hash(&n.to_le_bytes()), login.clone(), until);
        }
        assert!(cache.kept.len() <= MOST);
    }
}
