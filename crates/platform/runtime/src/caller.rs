//! Who calls: the user, as `authorization` vouches for it with a signature that every service checks itself.

use std::sync::RwLock;
use std::time::{SystemTime, UNIX_EPOCH};

use api::v1::{Assertion, Right, RightOfRequest, SignedAssertion};
use api::{Code, Failure};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use prost::Message as _;
use tonic::metadata::{BinaryMetadataValue, MetadataMap};

/// Metadata key that carries a [`SignedAssertion`].
pub const METADATA: &str = "opentwin-user-bin";

/// Metadata key that names the session.
pub const SESSION: &str = "opentwin-session";

/// Metadata key with which the relay names the address that a person calls from.
pub const PEER: &str = "opentwin-peer";

pub use api::BLOB_SIZE;

/// Clocks of two hosts may differ by this much.
const LEEWAY_S: i64 = 60;

/// A verified caller.
#[derive(Clone, Debug)]
pub struct Caller {
    /// What `authorization` says of it.
    pub assertion: Assertion,
    signed: SignedAssertion,
}

impl Caller {
    /// The user's name.
    pub fn name(&self) -> &str {
        &self.assertion.user_name
    }

    /// Asks for the right on a project that a stream which goes on rests on: it lasts longer than the assertion.
    pub fn lasting(&self, project: &str) -> RightOfRequest {
        RightOfRequest {
            user_id: self.assertion.user_id.clone(),
            user_name: self.assertion.user_name.clone(),
            project: project.to_owned(),
        }
    }

    /// Refuses those who have not replaced their one-time password yet.
    pub fn demand_own_password(&self) -> Result<(), Failure> {
        if !self.assertion.must_change_password {
            return Ok(());
        }
        Err(Code::Precondition
            .because(format!("`{}` still has a one-time password", self.name()))
            .remedy("change the password, then try again"))
    }

    /// Refuses all but administrators of the site.
    pub fn demand_administrator(&self) -> Result<(), Failure> {
        if self.assertion.administrator {
            return Ok(());
        }
        Err(Code::Denied
            .because(format!("`{}` is no administrator of this site", self.name()))
            .remedy("ask an administrator to do it"))
    }

    /// What an assertion that is bound to a project allows there; `None` where it is bound to none and the
    /// rights have to be looked up.
    pub fn bound_right(&self, project: &str) -> Option<Right> {
        match self.assertion.project.as_str() {
            "" => None,
            bound if bound == project => Some(self.assertion.project_right()),
            _ => Some(Right::None),
        }
    }

    /// The assertion as it came, to be passed on.
    pub fn signed(&self) -> &SignedAssertion {
        &self.signed
    }

    /// A request that speaks for this caller.
    pub fn request<T>(&self, message: T) -> tonic::Request<T> {
        speak_for(&self.signed, message)
    }
}

/// A request that carries an assertion.
pub fn speak_for<T>(signed: &SignedAssertion, message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    let value = BinaryMetadataValue::from_bytes(&signed.encode_to_vec());
    request.metadata_mut().insert_bin(METADATA, value);
    request
}

/// Signs assertions. Only `authorization` has one.
pub struct Signer {
    key: Ed25519KeyPair,
}

impl Signer {
    /// A new key; the bytes (PKCS#8) are what [`Signer::load`] takes, and are secret.
    pub fn generate() -> Result<(Self, Vec<u8>), Failure> {
        let key =
            Ed25519KeyPair::generate().map_err(|_| Code::Internal.because("cannot make a signing key"))?;
        let document = key.to_pkcs8().map_err(|_| Code::Internal.because("cannot encode a signing key"))?;
        Ok((Self { key }, document.as_ref().to_vec()))
    }

    /// The key of bytes that [`Signer::generate`] gave.
    pub fn load(pkcs8: &[u8]) -> Result<Self, Failure> {
        let key = Ed25519KeyPair::from_pkcs8(pkcs8)
            .map_err(|_| Code::Config.because("the signing key for assertions cannot be read"))?;
        Ok(Self { key })
    }

    /// The public key, raw.
    pub fn public_key(&self) -> Vec<u8> {
        self.key.public_key().as_ref().to_vec()
    }

    /// Signs.
    pub fn sign(&self, assertion: &Assertion) -> SignedAssertion {
        let bytes = assertion.encode_to_vec();
        SignedAssertion {
            signature: self.key.sign(&bytes).as_ref().to_vec().into(),
            key_id: key_id(self.key.public_key().as_ref()).into(),
            assertion: bytes.into(),
        }
    }
}

/// Checks assertions against the keys of `authorization`.
#[derive(Default)]
pub struct Verifier {
    keys: RwLock<Vec<Vec<u8>>>,
}

impl Verifier {
    /// Replaces the keys.
    pub fn set_keys(&self, keys: Vec<Vec<u8>>) {
        *self.keys.write().unwrap_or_else(std::sync::PoisonError::into_inner) = keys;
    }

    /// True if an assertion names a key that is not known here (yet).
    pub fn lacks_key_of(&self, signed: &SignedAssertion) -> bool {
        self.key(&signed.key_id).is_none()
    }

    fn key(&self, id: &[u8]) -> Option<Vec<u8>> {
        let keys = self.keys.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        keys.iter().find(|key| key_id(key) == id).cloned()
    }

    /// The caller that an assertion vouches for, now.
    pub fn verify(&self, signed: SignedAssertion) -> Result<Caller, Failure> {
        self.verify_at(signed, now_s())
    }

    fn verify_at(&self, signed: SignedAssertion, now_s: i64) -> Result<Caller, Failure> {
        let key = self.key(&signed.key_id).ok_or_else(|| {
            Code::Unauthenticated.because("the caller's assertion is signed by an unknown key")
        })?;
        UnparsedPublicKey::new(&ED25519, key)
            .verify(&signed.assertion, &signed.signature)
            .map_err(|_| Code::Unauthenticated.because("the signature of the caller's assertion is wrong"))?;
        let assertion = Assertion::decode(signed.assertion.as_ref())
            .map_err(|_| Code::Unauthenticated.because("the caller's assertion cannot be read"))?;
        if now_s > assertion.expires_s + LEEWAY_S || now_s < assertion.issued_s - LEEWAY_S {
            return Err(Code::Expired.because("the caller's assertion is not valid at this time"));
        }
        Ok(Caller { assertion, signed })
    }
}

/// The assertion that a request carries.
pub fn assertion_of(metadata: &MetadataMap) -> Result<SignedAssertion, Failure> {
    let value =
        metadata.get_bin(METADATA).ok_or_else(|| Code::Unauthenticated.because("the call names no user"))?;
    let bytes =
        value.to_bytes().map_err(|_| Code::Unauthenticated.because("the caller's assertion is malformed"))?;
    SignedAssertion::decode(bytes)
        .map_err(|_| Code::Unauthenticated.because("the caller's assertion is malformed"))
}

/// Seconds since 1970.
pub fn now_s() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64)
}

/// Milliseconds since 1970.
pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
}

fn key_id(public: &[u8]) -> Vec<u8> {
    blake3::hash(public).as_bytes()[..8].to_vec()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn signer() -> (Signer, Verifier) {
        let (signer, _) = Signer::generate().unwrap();
        let verifier = Verifier::default();
        verifier.set_keys(vec![signer.public_key()]);
        (signer, verifier)
    }

    fn assertion() -> Assertion {
        Assertion { user_name: "ada".into(), issued_s: 1_000, expires_s: 1_300, ..Assertion::default() }
    }

    #[test]
    fn a_signed_assertion_is_believed_while_it_lasts() {
        let (signer, verifier) = signer();
        let signed = signer.sign(&assertion());
        assert_eq!(verifier.verify_at(signed.clone(), 1_100).unwrap().name(), "ada");
        assert_eq!(verifier.verify_at(signed.clone(), 1_361).unwrap_err().code, Code::Expired);
        assert_eq!(verifier.verify_at(signed, 900).unwrap_err().code, Code::Expired);
    }

    #[test]
    fn a_changed_assertion_is_refused() {
        let (signer, verifier) = signer();
        let mut signed = signer.sign(&assertion());
        let mut forged = assertion();
        forged.administrator = true;
        signed.assertion = forged.encode_to_vec().into();
        assert_eq!(verifier.verify_at(signed, 1_100).unwrap_err().code, Code::Unauthenticated);
    }

    #[test]
    fn a_foreign_key_is_refused() {
        let (_, verifier) = signer();
        let (other, _) = Signer::generate().unwrap();
        let signed = other.sign(&assertion());
        assert!(verifier.lacks_key_of(&signed));
        assert!(verifier.verify_at(signed, 1_100).is_err());
    }

    #[test]
    fn a_key_can_be_saved_and_loaded() {
        let (signer, bytes) = Signer::generate().unwrap();
        assert_eq!(Signer::load(&bytes).unwrap().public_key(), signer.public_key());
        assert!(Signer::load(b"no key").is_err());
    }

    #[test]
    fn a_one_time_password_opens_nothing_but_its_change() {
        let (signer, verifier) = signer();
        let new = Assertion { must_change_password: true, ..assertion() };
        let caller = verifier.verify_at(signer.sign(&new), 1_100).unwrap();
        assert_eq!(caller.demand_own_password().unwrap_err().code, Code::Precondition);
    }

    #[test]
    fn an_assertion_bound_to_a_project_is_good_there_only() {
        let (signer, verifier) = signer();
        let mut bound = assertion();
        bound.project = "p1".into();
        bound.set_project_right(Right::Editor);
        let caller = verifier.verify_at(signer.sign(&bound), 1_100).unwrap();
        assert_eq!(caller.bound_right("p1"), Some(Right::Editor));
        assert_eq!(caller.bound_right("p2"), Some(Right::None));
    }
}
