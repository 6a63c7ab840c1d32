#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use base::identity::{Identity, Role};
use jiff::{SignedDuration, Timestamp};

use rustls_pki_types::CertificateSigningRequestDer;
use rustls_pki_types::pem::PemObject;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer;

use crate::*;

fn authority() -> Authority {
    Authority::create("lab", Algorithm::EcdsaP256, Validity::days(30).unwrap()).unwrap()
}

fn relay() -> Identity {
    Identity::new("lab", Role::Relay, "r1").unwrap()
}

fn hosts(names: &[&str]) -> Vec<Host> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

fn request(key: &Key) -> Request {
    Request::parse(key.request(&relay(), &[]).unwrap().as_bytes()).unwrap()
}

#[test]
fn a_leaf_carries_what_the_authority_decided() {
    let authority = authority();
    let key = Key::generate(Algorithm::EcdsaP256).unwrap();
    // The request wishes for another role and another name; neither may come through.
    let wish = Identity::new("lab", Role::Authorization, "a1").unwrap();
    let csr = key.request(&wish, &hosts(&["evil.example"])).unwrap();
    let request = Request::parse(csr.as_bytes()).unwrap();
    let names = hosts(&["Relay.Lab.example", "10.0.0.1", "::1", "10.0.0.1"]);
    let before = Timestamp::now();
    let leaf = authority.issue(&request, &relay(), &names, Validity::days(2).unwrap()).unwrap();
    let info = inspect(&leaf.pem).unwrap();
    assert_eq!(info.identity, Some(relay()));
    assert_eq!(info.hosts, hosts(&["relay.lab.example", "10.0.0.1", "::1"]));
    assert_eq!(info.serial, leaf.serial);
    assert_eq!(info.validity.not_after(), leaf.not_after);
    assert_eq!(info.issuer, authority.info().subject);
    assert_eq!(info.key, "ecdsa 256");
    assert!(!info.authority);
    // Backdated by the clock skew.
    assert!(info.validity.not_before() <= before - SignedDuration::from_secs(299));
    let der = certificates(&leaf.pem).unwrap();
    assert_eq!(der.len(), 1);
    assert_eq!(identity(&der[0]).unwrap(), relay());
    assert!(!info.to_string().contains("PRIVATE"));
    assert!(info.to_string().contains("spiffe://lab/relay/r1"));
}

#[test]
fn the_signature_of_a_leaf_is_the_authoritys() {
    let (ours, other) = (authority(), authority());
    let key = Key::generate(Algorithm::EcdsaP256).unwrap();
    let leaf = ours.issue(&request(&key), &relay(), &[], Validity::days(1).unwrap()).unwrap();
    let der = certificates(&leaf.pem).unwrap();
    let leaf = inspect::parse(&der[0]).unwrap();
    for (authority, good) in [(&ours, true), (&other, false)] {
        let root = certificates(&authority.to_pem()).unwrap();
        let root = inspect::parse(&root[0]).unwrap();
        assert_eq!(leaf.verify_signature(Some(root.public_key())).is_ok(), good);
    }
}

#[test]
fn an_authority_survives_its_folder_and_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("authority");
    let authority = authority();
    authority.save(&path).unwrap();
    let loaded = Authority::load(&path).unwrap();
    assert_eq!(loaded.to_pem(), authority.to_pem());
    assert_eq!(loaded.site(), "lab");
    assert!(matches!(authority.save(&path), Err(Error::Exists(_))));
    std::fs::remove_file(path.join(ROOT_FILE)).unwrap();
    assert!(matches!(authority.save(&path), Err(Error::Exists(_))));
    assert!(!path.join(ROOT_FILE).exists());
    let key = Key::generate(Algorithm::EcdsaP256).unwrap();
    loaded.issue(&request(&key), &relay(), &[], Validity::days(1).unwrap()).unwrap();
}

#[cfg(unix)]
#[test]
fn keys_are_closed_to_others_and_refused_when_they_are_not() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("authority");
    authority().save(&path).unwrap();
    let mode = |p: &std::path::Path| p.metadata().unwrap().permissions().mode() & 0o777;
    let key = path.join(KEY_FILE);
    assert_eq!((mode(&path), mode(&key)), (0o700, 0o600));
    for (bits, good) in [(0o400, true), (0o640, true), (0o604, false), (0o620, false), (0o644, false)] {
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(bits)).unwrap();
        let loaded = Authority::load(&path);
        assert_eq!(loaded.is_ok(), good, "{bits:o}");
        if let Err(e) = loaded {
            assert!(matches!(e, Error::Exposed { .. }), "{e}");
            assert!(e.to_string().contains("root.key"), "{e}");
        }
    }
}

#[test]
fn debug_shows_no_key() {
    let key = Key::generate(Algorithm::EcdsaP384).unwrap();
    assert_eq!(format!("{key:?}"), "Key(ecdsa 384)");
    assert!(format!("{:?}", authority()).starts_with("Authority(lab, sha256:"));
    let again = Key::from_pem(key.to_pem()).unwrap();
    assert_eq!(again.algorithm(), Algorithm::EcdsaP384);
}

#[test]
fn rsa_4096_is_made_and_issued_from_a_cfssl_description() {
    let json = r#"{
        "CN": "relay.lab.example",
        "hosts": ["relay.lab.example", "127.0.0.1"],
        "key": {"algo": "rsa", "size": 4096},
        "names": [{"C": "DE", "ST": "Hessen", "L": "Frankfurt am Main", "O": "FRA-UAS", "OU": "Lab"}]
    }"#;
    let description = Description::parse(json).unwrap();
    let key = Key::generate(description.algorithm().unwrap()).unwrap();
    assert_eq!(key.algorithm(), Algorithm::Rsa4096);
    let leaf = authority()
        .issue_described(&request(&key), &relay(), &description, Validity::days(1).unwrap())
        .unwrap();
    let info = inspect(&leaf.pem).unwrap();
    assert_eq!(info.subject, "C=DE, ST=Hessen, L=Frankfurt am Main, O=FRA-UAS, OU=Lab, CN=relay.lab.example");
    assert_eq!(info.hosts, hosts(&["relay.lab.example", "127.0.0.1"]));
    assert_eq!(info.identity, Some(relay()));
    assert_eq!(info.key, "rsa 4096");
    let elliptic = Key::generate(Algorithm::EcdsaP256).unwrap();
    let other =
        authority().issue_described(&request(&elliptic), &relay(), &description, Validity::days(1).unwrap());
    assert!(matches!(other, Err(Error::DescribedKey { .. })));
}

#[test]
fn descriptions_that_are_not_understood_are_refused_by_name() {
    for (json, named) in [
        (r#"{"CN":"a","ca":{"expiry":"1h"}}"#, "`ca`"),
        (r#"{"CN":"a","key":{"algo":"rsa","size":4096,"curve":1}}"#, "`curve`"),
        (r#"{"CN":"a","names":[{"E":"x@y"}]}"#, "`E`"),
        (r#"{"hosts":[]}"#, "`CN`"),
        (r#"{"CN":""}"#, "`CN`"),
        (r#"{"CN":"a","hosts":["a b"]}"#, "`a b`"),
        (r#"{"CN":"a","key":{"algo":"rsa","size":1024}}"#, "rsa 1024"),
        (r#"{"CN":"a","key":{"algo":"dsa","size":2048}}"#, "dsa 2048"),
        (r#"{"CN":"a","names":[{"C":"Germany"}]}"#, "`C`"),
    ] {
        let error = Description::parse(json).unwrap_err().to_string();
        assert!(error.contains(named), "{json}: {error}");
    }
    let least = Description::parse(r#"{"CN":"a"}"#).unwrap();
    assert_eq!(least.algorithm().unwrap(), Algorithm::EcdsaP256);
}

#[test]
fn a_request_has_to_prove_its_key() {
    let key = Key::generate(Algorithm::EcdsaP256).unwrap();
    let csr = key.request(&relay(), &hosts(&["a.example"])).unwrap();
    let der = CertificateSigningRequestDer::from_pem_slice(csr.as_bytes()).unwrap();
    Request::parse(&der).unwrap();
    for cut in 0..der.len() {
        assert!(Request::parse(&der[..cut]).is_err());
    }
    let (_, parsed) = X509CertificationRequest::from_der(&der).unwrap();
    let signed = parsed.certification_request_info.raw;
    let start = signed.as_ptr() as usize - der.as_ptr() as usize;
    for at in 0..der.len() {
        let mut bad = der.to_vec();
        bad[at] ^= 0x01;
        let result = Request::parse(&bad);
        // Outside the signed part are encodings that a reader may overlook; inside nothing may pass.
        if (start..start + signed.len()).contains(&at) {
            assert!(result.is_err(), "byte {at}");
        }
    }
    assert!(Request::parse(&vec![0x30; 1 << 20]).is_err());
    assert!(Request::parse(b"").is_err());
}

#[test]
fn garbage_is_no_certificate() {
    let der = certificates(&authority().to_pem()).unwrap();
    for cut in 0..der[0].len() {
        assert!(inspect_der(&der[0][..cut]).is_err());
    }
    for text in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "\u{0}"] {
        assert!(inspect(text).is_err(), "{text:?}");
        assert!(Trust::from_pem(text).is_err(), "{text:?}");
        assert!(Key::from_pem(text).is_err(), "{text:?}");
    }
    assert!(matches!(identity(&der[0]), Err(Error::Identity(_))));
}

#[test]
fn nothing_is_issued_for_another_site_or_past_the_root() {
    let authority = authority();
    let key = Key::generate(Algorithm::EcdsaP256).unwrap();
    let stranger = Identity::new("other", Role::Relay, "r1").unwrap();
    let day = Validity::days(1).unwrap();
    let refused = authority.issue(&request(&key), &stranger, &[], day);
    assert!(matches!(refused, Err(Error::OtherSite { .. })));
    let long = authority.issue(&request(&key), &relay(), &[], Validity::days(365).unwrap()).unwrap();
    assert_eq!(long.not_after, authority.info().validity.not_after());
    let after = authority.info().validity.not_after() + SignedDuration::from_hours(1);
    let late = Validity::between(after, after + SignedDuration::from_hours(1)).unwrap();
    let refused = authority.issue(&request(&key), &relay(), &[], late);
    assert!(matches!(refused, Err(Error::AuthorityExpired { .. })));
    let many = vec![Host::Dns("a.example".to_owned()); 65];
    let refused = authority.issue(&request(&key), &relay(), &many, day);
    assert!(matches!(refused, Err(Error::TooManyHosts { .. })));
}

#[test]
fn two_roots_are_trusted_during_a_change() {
    let (old, new) = (authority(), authority());
    let both = old.trust().unwrap().with(&new.trust().unwrap()).unwrap();
    assert_eq!(both.roots().len(), 2);
    assert_eq!(Trust::from_pem(&both.to_pem()).unwrap(), both);
    assert_eq!(both.with(&old.trust().unwrap()).unwrap(), both);
    let third = authority().trust().unwrap();
    assert!(matches!(both.with(&third), Err(Error::Roots(3))));
    let after = both.without(old.info().fingerprint).unwrap();
    assert_eq!(after, new.trust().unwrap());
    assert!(matches!(after.without(new.info().fingerprint), Err(Error::Roots(0))));
    let key = Key::generate(Algorithm::EcdsaP256).unwrap();
    let leaf = old.issue(&request(&key), &relay(), &[], Validity::days(1).unwrap()).unwrap();
    assert!(matches!(Trust::from_pem(&leaf.pem), Err(Error::NotAuthority(_))));
}

#[test]
fn a_brought_authority_needs_its_own_key() {
    let (a, b) = (authority(), authority());
    let folder = tempfile::tempdir().unwrap();
    b.save(folder.path()).unwrap();
    let key = std::fs::read_to_string(folder.path().join(KEY_FILE)).unwrap();
    let wrong = Authority::from_pem(Some("lab"), &a.to_pem(), &key);
    assert!(matches!(wrong, Err(Error::KeyMismatch(_))));
    let brought = Authority::from_pem(Some("other"), &b.to_pem(), &key).unwrap();
    assert_eq!(brought.site(), "other");
}

#[test]
fn fingerprints_hosts_and_validities_survive_their_text_form() {
    let print = authority().info().fingerprint;
    let text = print.to_string();
    assert_eq!(text.parse::<Fingerprint>().unwrap(), print);
    assert_eq!(text[7..].to_uppercase().parse::<Fingerprint>().unwrap(), print);
    for bad in ["", "sha256:", "sha256:00", &text[..70], "é"] {
        assert!(bad.parse::<Fingerprint>().is_err(), "{bad}");
    }
    for bad in ["", "a b", "1.2.3", "-a", "a..b", "*.", "a.*.b", "http://x", "1.2.3.4.5"] {
        assert!(bad.parse::<Host>().is_err(), "{bad}");
    }
    for good in ["localhost", "*.svc", "fit_td", "fe80::1", "a-b.c"] {
        assert_eq!(good.parse::<Host>().unwrap().to_string(), good);
    }
    let now = Timestamp::now();
    assert!(Validity::between(now, now).is_err());
    assert!(Validity::lasting(Duration::MAX).is_err());
    let day = Validity::days(1).unwrap();
    assert!(day.holds(now) && day.half_life() < day.not_after());
    assert_eq!("rsa".parse::<Algorithm>().unwrap(), Algorithm::Rsa4096);
    assert_eq!("ecdsa-384".parse::<Algorithm>().unwrap(), Algorithm::EcdsaP384);
}
