//! Passwords: how they are hashed, which are refused, and the ones made by the service.

use std::sync::Arc;

use api::{Code, Failure};
use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

/// Memory of one hash in KiB, passes, lanes: what OWASP recommends for Argon2id.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);

/// Hashes at once: bounds the memory that a flood of logins takes.
const AT_ONCE: usize = 2;

/// Hashes that may wait; the rest is refused at once, so that a flood cannot make those who wait longer.
const WAITING: usize = 64;

/// Fewest characters, as NIST SP 800-63B would have at least 8.
const SHORTEST: usize = 10;

/// Most bytes: long enough for any sentence, short enough to hash.
const LONGEST: usize = 256;

/// The most used ones that are long enough to pass otherwise.
const WORST: &[&str] = &[
    "0123456789",
    "1029384756",
    "1122334455",
    "1234512345",
    "12345678910",
    "123456789a",
    "1234567890",
    "0987654321",
    "1234567891",
    "123456qwerty",
    "1q2w3e4r5t",
    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",
    "9876543210",
    "abcd123456",
    "abcdefghij",
    "abcdefghijk",
    "admin12345",
    "adminadmin",
    "administrator",
    "asdfghjkl1",
    "asdfghjkl;",
    "basketball",
    "changeme123",
    "computer123",
    "correcthorsebatterystaple",
    "iloveyou12",
    "iloveyou123",
    "letmein123",
    "manchester",
    "michelle123",
    "monkey1234",
    "opentwin123",
    "p@ssw0rd123",
    "passw0rd123",
    "password01",
    "password12",
    "password123",
    "password1234",
    "password123!",
    "passwordpassword",
    "princess123",
    "q1w2e3r4t5",
    "q1w2e3r4t5y6",
    "qazwsxedcrfv",
    "qwerty1234",
    "qwerty12345",
    "qwerty123456",
    "qwertyuiop",
    "qwertyuiop123",
    "sunshine123",
    "superman123",
    "welcome123",
    "welcome1234",
    "zaq12wsxcde3",
    "zxcvbnm123",
];

/// Hashes and compares passwords.
#[derive(Clone)]
pub(crate) struct Hasher {
    argon: Argon2<'static>,
    /// Compared with where there is no user, so that this takes as long.
    nobody: Arc<str>,
    at_once: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl Hasher {
    pub(crate) async fn new() -> Result<Self, Failure> {
        let (memory, passes, lanes) = COST;
        let params = Params::new(memory, passes, lanes, None)
            .map_err(|e| Code::Internal.because(format!("the cost of password hashes is wrong: {e}")))?;
        let mut hasher = Self {
            argon: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            nobody: "".into(),
            at_once: Arc::new(Semaphore::new(AT_ONCE)),
            places: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
        };
        hasher.nobody = hasher.hash(one_time()?).await?.into();
        Ok(hasher)
    }

    /// The hash of a password, with a salt of its own.
    pub(crate) async fn hash(&self, password: String) -> Result<String, Failure> {
        let mut salt = [0; 16];
        random(&mut salt)?;
        let failed = |e| Code::Internal.because(format!("a password cannot be hashed: {e}"));
        let salt = SaltString::encode_b64(&salt).map_err(failed)?;
        let argon = self.argon.clone();
        self.work(move || argon.hash_password(password.as_bytes(), &salt).map(|hash| hash.to_string()))
            .await?
            .map_err(failed)
    }

    /// Whether a password belongs to a hash; with no hash, the same work and `false`.
    pub(crate) async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, Failure> {
        let known = hash.is_some();
        let hash = hash.unwrap_or(&self.nobody).to_owned();
        // Nobody has a longer one, so a part of it does for the work.
        let fits = password.len() <= LONGEST;
        let password = password.as_bytes()[..password.len().min(LONGEST)].to_vec();
        let argon = self.argon.clone();
        let same = self
            .work(move || {
                PasswordHash::new(&hash).and_then(|hash| argon.verify_password(&password, &hash)).is_ok()
            })
            .await?;
        Ok(same && known && fits)
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
        let Ok(_place) = self.places.try_acquire() else {
            return Err(Code::Throttled.because("too many logins are under way").retry_after(2));
        };
        // The permit goes into the work: it runs on where the caller has gone.
        let gone = |_| Code::Internal.because("the place for hashing is closed");
        let permit = self.at_once.clone().acquire_owned().await.map_err(gone)?;
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        })
        .await
        .map_err(|e| Code::Internal.because(format!("a password could not be hashed: {e}")))
    }
}

/// Refuses passwords that are easily guessed, and says why.
pub(crate) fn check(password: &str, user: &str) -> Result<(), Failure> {
    let refuse = |why: String| {
        Err(Code::Invalid.because(why).remedy("choose another one; a few words in a row do well"))
    };
    let plain = password.to_lowercase();
    let mut characters = plain.chars();
    let first = characters.next();
    if password.chars().count() < SHORTEST {
        return refuse(format!("the password is too short: it needs at least {SHORTEST} characters"));
    }
    if password.len() > LONGEST {
        return refuse(format!("the password is too long: {LONGEST} bytes are the limit"));
    }
    if plain == user.to_lowercase() {
        return refuse("the password is the user name".to_owned());
    }
    if characters.all(|c| Some(c) == first) {
        return refuse("the password is one character many times".to_owned());
    }
    if WORST.contains(&plain.as_str()) {
        return refuse("the password is among those that are tried first".to_owned());
    }
    Ok(())
}

/// A random password of 80 bits, to be typed once: no letters that look alike.
pub(crate) fn one_time() -> Result<String, Failure> {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz123456789";
    let mut bytes = [0; 16];
    random(&mut bytes)?;
    let mut password = String::with_capacity(19);
    for (i, byte) in bytes.iter().enumerate() {
        if i > 0 && i % 4 == 0 {
            password.push('-');
        }
        password.push(LETTERS[usize::from(byte % 32)].into());
    }
    Ok(password)
}

/// A token of 256 bits, in hexadecimal.
pub(crate) fn token() -> Result<String, Failure> {
    let mut bytes = [0; 32];
    random(&mut bytes)?;
    Ok(blake3::Hash::from_bytes(bytes).to_hex().to_string())
}

fn random(bytes: &mut [u8]) -> Result<(), Failure> {
    aws_lc_rs::rand::fill(bytes).map_err(|_| Code::Internal.because("the system gives no random numbers"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn weak_passwords_are_refused_with_the_reason() {
        for (password, why) in [
            ("tiny", "short"),
            (&"x".repeat(300), "long"),
            ("Ada.Lovelace", "user name"),
            ("aaaaaaaaaaaa", "one character"),
            ("Password123", "tried first"),
        ] {
            let failure = check(password, "ada.lovelace").unwrap_err();
            assert_eq!(failure.code, Code::Invalid);
            assert!(failure.message.contains(why), "{failure}");
            assert!(!failure.message.contains(password));
        }
        check("four words in a row", "ada").unwrap();
        check("пароль-из-букв", "ada").unwrap();
    }

    #[test]
    fn made_ones_pass_and_differ() {
        let (one, other) = (one_time().unwrap(), one_time().unwrap());
        assert_ne!(one, other);
        check(&one, "ada").unwrap();
        assert_eq!(token().unwrap().len(), 64);
    }

    #[tokio::test]
    async fn a_hash_knows_its_password_and_no_other() {
        let hasher = Hasher::new().await.unwrap();
        let hash = hasher.hash("four words in a row".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(hasher.verify("four words in a row", Some(&hash)).await.unwrap());
        assert!(!hasher.verify("four words in a roW", Some(&hash)).await.unwrap());
        assert!(!hasher.verify("four words in a row", None).await.unwrap());
        assert!(!hasher.verify(&"x".repeat(1 << 20), Some(&hash)).await.unwrap());
        assert!(!hasher.verify("", Some("no hash")).await.unwrap());
    }

    #[tokio::test]
    async fn a_flood_is_turned_away_not_kept_waiting() {
        let hasher = Hasher::new().await.unwrap();
        let _taken = hasher.places.clone().acquire_many_owned((AT_ONCE + WAITING) as u32).await.unwrap();
        let failure = hasher.verify("x", None).await.unwrap_err();
        assert_eq!(failure.code, Code::Throttled);
        assert!(failure.retry_after_s > 0);
    }
}
