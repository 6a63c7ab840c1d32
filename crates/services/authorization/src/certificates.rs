//! Certificates of services: who may have which.

use std::path::PathBuf;
use std::time::Duration;

use api::v1::{IssueCertificateReply, IssueCertificateRequest};
use api::{Code, Failure};
use base::identity::{Identity, Role};
use pki::{Authority, Host, Request, Trust, Validity};

/// Signs with the site's authority.
#[derive(Clone)]
pub(crate) struct Certificates {
    site: String,
    /// Folder of the authority.
    authority: Option<PathBuf>,
    /// The trust bundle that instances are given.
    roots: Option<PathBuf>,
    lasting: Duration,
    /// Instances that were taken out for good.
    denied: Vec<Identity>,
}

impl Certificates {
    /// Fails where there is an authority that cannot be used.
    pub(crate) fn new(
        site: &str,
        authority: Option<PathBuf>,
        roots: Option<PathBuf>,
        hours: u32,
        denied: &[String],
    ) -> Result<Self, Failure> {
        if !(1..=8760).contains(&hours) {
            return Err(Code::Config
                .because(format!("`certificate-hours` is {hours}"))
                .remedy("give 1 to 8760 hours"));
        }
        let lasting = Duration::from_secs(u64::from(hours) * 3600);
        let denied = denied.iter().map(|text| instance(site, text)).collect::<Result<_, _>>()?;
        let certificates = Self { site: site.to_owned(), authority, roots, lasting, denied };
        if certificates.authority.is_some() {
            certificates.open()?;
        }
        Ok(certificates)
    }

    /// Issues what `peer` asks for, if it may have it. A compute service stays where its local-session enrolled it: it keeps
    /// the hosts of the certificate that it shows, for one that was taken over could else have any name of the site.
    pub(crate) async fn issue(
        &self,
        peer: &Identity,
        shown: &[Host],
        request: IssueCertificateRequest,
    ) -> Result<IssueCertificateReply, Failure> {
        let identity = entitled(peer, &request.role, &request.instance)?;
        if let Some(out) = self.denied.iter().find(|out| **out == *peer || **out == identity) {
            return Err(Code::Denied
                .because(format!("{out} was taken out of this site"))
                .remedy("if that is no longer so, remove it from `denied` of authorization"));
        }
        let hosts = match peer.role {
            Role::Compute(_) => shown.to_vec(),
            _ => hosts(&request.hosts)?,
        };
        let certificates = self.clone();
        // Reads files and signs, with RSA perhaps.
        tokio::task::spawn_blocking(move || {
            certificates.sign(&identity, &hosts, request.request_pem.as_bytes())
        })
        .await
        .map_err(|e| Code::Internal.because(format!("a certificate could not be signed: {e}")))?
    }

    fn sign(
        &self,
        identity: &Identity,
        hosts: &[Host],
        request: &[u8],
    ) -> Result<IssueCertificateReply, Failure> {
        let request = Request::parse(request).map_err(|e| Code::Invalid.because(e.to_string()))?;
        let (authority, trust) = self.open()?;
        let failed = |e: pki::Error| Code::Certificate.because(e.to_string());
        let validity = Validity::lasting(self.lasting).map_err(failed)?;
        let leaf = authority.issue(&request, identity, hosts, validity).map_err(failed)?;
        tracing::info!(%identity, serial = leaf.serial, not_after = %leaf.not_after, "certificate issued");
        Ok(IssueCertificateReply {
            chain_pem: leaf.pem,
            roots_pem: trust.to_pem(),
            not_after_s: leaf.not_after.as_second(),
        })
    }

    /// The authority and the trust bundle, read anew each time: a change of root needs no restart.
    fn open(&self) -> Result<(Authority, Trust), Failure> {
        let folder = self.authority.as_ref().ok_or_else(|| {
            Code::Precondition
                .because("this site's authority is not here, so that certificates are not issued here")
                .remedy("issue them where the authority is, or give its folder with --authority")
        })?;
        let failed = |e: pki::Error| {
            Code::Config.because(format!("the authority in {} cannot be used: {e}", folder.display()))
        };
        let authority = Authority::load(folder).map_err(failed)?;
        if authority.site() != self.site {
            return Err(Code::Config
                .because(format!(
                    "the authority in {} is of site `{}`, not `{}`",
                    folder.display(),
                    authority.site(),
                    self.site
                ))
                .remedy("give the site's name with --site, or the folder of the right authority"));
        }
        let own = authority.trust().map_err(failed)?;
        let trust = match &self.roots {
            None => own,
            // In a change of root the bundle holds both; one that lacks the signing root would be useless.
            Some(path) => Trust::load(path).and_then(|bundle| bundle.with(&own)).map_err(|e| {
                Code::Config.because(format!("the trust bundle {} cannot be used: {e}", path.display()))
            })?,
        };
        Ok((authority, trust))
    }
}

/// An instance as configuration names it: `local-session/host-b`.
fn instance(site: &str, text: &str) -> Result<Identity, Failure> {
    let bad = |why: String| {
        Code::Config
            .because(format!("`{text}` in `denied` is no instance: {why}"))
            .remedy("write the role and the name of the instance, as in `local-session/host-b`")
    };
    let (role, instance) = text.rsplit_once('/').ok_or_else(|| bad("a `/` is missing".to_owned()))?;
    let role: Role = role.parse().map_err(|e: base::identity::Error| bad(e.to_string()))?;
    Identity::new(site, role, instance).map_err(|e| bad(e.to_string()))
}

/// The identity that is asked for, if the peer may have it: its own, or for a local-session that of a compute
/// service, which it spawned.
fn entitled(peer: &Identity, role: &str, instance: &str) -> Result<Identity, Failure> {
    let invalid = |e: base::identity::Error| Code::Invalid.because(e.to_string());
    let role: Role = role.parse().map_err(invalid)?;
    let asked = Identity::new(&peer.site, role, instance).map_err(invalid)?;
    let spawned = peer.role == Role::LocalSession && matches!(asked.role, Role::Compute(_));
    if asked == *peer || spawned {
        return Ok(asked);
    }
    Err(Code::Denied
        .because(format!("{peer} may not have a certificate of {asked}"))
        .remedy("a service gets its own certificate only, a local-session those of compute services too"))
}

fn hosts(texts: &[String]) -> Result<Vec<Host>, Failure> {
    texts
        .iter()
        .map(|text| match text.parse() {
            Ok(Host::Dns(name)) if name.starts_with('*') => Err(Code::Invalid
                .because(format!("`{name}` stands for many hosts"))
                .remedy("name the host on which the service runs")),
            Ok(host) => Ok(host),
            Err(e) => Err(Code::Invalid.because(pki::Error::to_string(&e))),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use pki::{Algorithm, Key};

    fn identity(text: &str) -> Identity {
        format!("spiffe://lab/{text}").parse().unwrap()
    }

    #[test]
    fn a_service_may_have_its_own_name_and_a_local_session_those_of_its_children() {
        let peers = [
            "relay/0",
            "relay/1",
            "authorization/0",
            "logger/0",
            "project/0",
            "global-session/0",
            "local-session/0",
            "local-session/1",
            "compute/fit-td/a",
            "compute/fit-td/b",
            "compute/modeling/a",
        ];
        for peer in peers {
            for asked in peers {
                let (role, instance) = asked.rsplit_once('/').unwrap();
                let allowed =
                    peer == asked || peer.starts_with("local-session/") && asked.starts_with("compute/");
                let answer = entitled(&identity(peer), role, instance);
                match answer {
                    Ok(got) => assert!(allowed && got == identity(asked), "{peer} got {asked}"),
                    Err(failure) => assert!(!allowed && failure.code == Code::Denied, "{peer} {asked}"),
                }
            }
        }
        assert_eq!(entitled(&identity("relay/0"), "king", "0").unwrap_err().code, Code::Invalid);
        assert_eq!(entitled(&identity("relay/0"), "relay", "A B").unwrap_err().code, Code::Invalid);
    }

    #[tokio::test]
    async fn a_certificate_carries_the_name_the_rule_gives_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("authority");
        let authority = Authority::create("lab", Algorithm::EcdsaP256, Validity::days(30).unwrap()).unwrap();
        authority.save(&folder).unwrap();
        let issuer = Certificates::new("lab", Some(folder), None, 24, &[]).unwrap();
        let key = Key::generate(Algorithm::EcdsaP256).unwrap();
        // The request wishes for another name than the call does.
        let request_pem = key.request(&identity("authorization/0"), &[]).unwrap();
        let request = IssueCertificateRequest {
            request_pem,
            role: "relay".into(),
            instance: "0".into(),
            hosts: vec!["127.0.0.1".into(), "relay.lab".into()],
        };
        let reply = issuer.issue(&identity("relay/0"), &[], request.clone()).await.unwrap();
        let der = pki::certificates(&reply.chain_pem).unwrap();
        assert_eq!(pki::identity(&der[0]).unwrap(), identity("relay/0"));
        assert_eq!(reply.roots_pem, authority.trust().unwrap().to_pem());

        let wild = IssueCertificateRequest { hosts: vec!["*.lab".into()], ..request.clone() };
        assert_eq!(issuer.issue(&identity("relay/0"), &[], wild).await.unwrap_err().code, Code::Invalid);
        let broken = IssueCertificateRequest { request_pem: "no request".into(), ..request };
        assert_eq!(issuer.issue(&identity("relay/0"), &[], broken).await.unwrap_err().code, Code::Invalid);
    }

    #[tokio::test]
    async fn an_instance_that_was_taken_out_gets_no_certificate_and_none_for_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("authority");
        let authority = Authority::create("lab", Algorithm::EcdsaP256, Validity::days(30).unwrap()).unwrap();
        authority.save(&folder).unwrap();
        let denied = ["local-session/b".to_owned()];
        let issuer = Certificates::new("lab", Some(folder), None, 24, &denied).unwrap();
        let ask = async |peer: &str, role: &str, instance: &str| {
            let key = Key::generate(Algorithm::EcdsaP256).unwrap();
            let request = IssueCertificateRequest {
                request_pem: key.request(&identity("relay/0"), &[]).unwrap(),
                role: role.into(),
                instance: instance.into(),
                hosts: vec!["127.0.0.1".into()],
            };
            issuer.issue(&identity(peer), &[], request).await.map(drop).map_err(|failure| failure.code)
        };
        assert_eq!(ask("local-session/a", "local-session", "a").await, Ok(()));
        assert_eq!(ask("local-session/b", "local-session", "b").await, Err(Code::Denied));
        assert_eq!(ask("local-session/b", "compute/fit-td", "x").await, Err(Code::Denied));
        for bad in ["local-session", "king/0", "relay/A B"] {
            let refused = Certificates::new("lab", None, None, 24, &[bad.to_owned()]).err().unwrap();
            assert_eq!(refused.code, Code::Config, "{bad}");
        }
    }

    #[test]
    fn an_authority_of_another_site_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("authority");
        Authority::create("lab", Algorithm::EcdsaP256, Validity::days(30).unwrap())
            .unwrap()
            .save(&folder)
            .unwrap();
        assert_eq!(Certificates::new("other", Some(folder), None, 24, &[]).err().unwrap().code, Code::Config);
        assert_eq!(Certificates::new("lab", None, None, 0, &[]).err().unwrap().code, Code::Config);
    }
}
