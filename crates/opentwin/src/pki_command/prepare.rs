//! `opentwin pki prepare`: the authority of a site and the certificates of all its services, made where they are
//! missing and issued anew from half of their life on. Doing it again before that changes nothing.

use std::path::{Path, PathBuf};

use api::{Code, Failure};
use base::identity::{Identity, Role};
use clap::Args;
use jiff::Timestamp;
use pki::{Authority, Description, Key, Validity};
use serde_json::json;

use super::cluster::Cluster;
use super::folder::Folder;
use super::{refused, request};
use crate::commands::Out;

/// A site has no more services than this; more files are a mistake.
const MOST: usize = 1000;

/// Make the authority and the certificates of all services of a site, as far as they are missing
///
/// Reads one CSR description in cfssl's JSON for each service, named ROLE.INSTANCE.json. A certificate that is there
/// already is kept until half of its life is over, its description changes, or the authority does.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  opentwin pki prepare --site lab --csr csr --authority authority --out certificates\n  opentwin pki prepare --site lab --csr csr --secrets opentwin"
)]
pub struct Prepare {
    /// Name of the site: 1 to 63 characters of a-z, 0-9, `-` and `.`
    #[arg(long, value_name = "NAME")]
    site: String,
    /// Folder of CSR descriptions
    #[arg(long, value_name = "DIR")]
    csr: PathBuf,
    /// Folder of the authority
    #[arg(long, value_name = "DIR", requires = "out")]
    authority: Option<PathBuf>,
    /// Folder for the certificates: ROLE.INSTANCE/tls.crt, tls.key and ca.crt
    #[arg(long, value_name = "DIR", requires = "authority", required_unless_present = "secrets")]
    out: Option<PathBuf>,
    /// User id that the files are given to, where the services run as another user than this one
    #[arg(long, value_name = "UID", requires = "out")]
    owner: Option<u32>,
    /// Keep all in Secrets of the Kubernetes namespace that this runs in: PREFIX-authority, PREFIX-ROLE-INSTANCE
    #[arg(long, value_name = "PREFIX", conflicts_with = "out")]
    secrets: Option<String>,
    /// Days that certificates are good
    #[arg(long, default_value_t = 90, value_name = "DAYS")]
    days: u32,
    /// Days that a new authority is good
    #[arg(long, default_value_t = 3650, value_name = "DAYS")]
    authority_days: u32,
}

/// The certificate of a service, its key, and the roots that it trusts, each PEM.
pub(super) struct Files {
    pub(super) certificate: String,
    pub(super) key: String,
    pub(super) roots: String,
}

/// A certificate that is wanted.
struct Wanted {
    /// `ROLE.INSTANCE`.
    name: String,
    identity: Identity,
    description: Description,
}

/// Where authority and certificates are kept.
enum Place {
    Folder(Folder),
    Cluster(Cluster),
}

impl Place {
    async fn authority(
        &self,
        make: impl FnOnce() -> Result<Authority, Failure>,
    ) -> Result<Authority, Failure> {
        match self {
            Self::Folder(folder) => folder.authority(make),
            Self::Cluster(cluster) => cluster.authority(make).await,
        }
    }

    async fn read(&self, name: &str) -> Result<Option<Files>, Failure> {
        match self {
            Self::Folder(folder) => folder.read(name),
            Self::Cluster(cluster) => cluster.read(name).await,
        }
    }

    async fn write(&self, name: &str, files: &Files) -> Result<(), Failure> {
        match self {
            Self::Folder(folder) => folder.write(name, files),
            Self::Cluster(cluster) => cluster.write(name, files).await,
        }
    }
}

impl Prepare {
    /// Does it.
    pub async fn execute(self, out: &Out) -> Result<(), Failure> {
        let wanted = wanted(&self.csr, &self.site)?;
        let validity = Validity::days(self.days).map_err(refused)?;
        let place = self.place()?;
        let told = |line: String| if out.json() { Ok(()) } else { out.line(&line) };
        let make = || {
            let validity = Validity::days(self.authority_days).map_err(refused)?;
            told(format!("authority of `{}`: made", self.site))?;
            Authority::create(&self.site, pki::Algorithm::default(), validity).map_err(refused)
        };
        let authority = place.authority(make).await?;
        if authority.site() != self.site {
            return Err(Code::Config
                .because(format!("the authority is of site `{}`, not `{}`", authority.site(), self.site))
                .remedy("give the site's name with --site, or another place for the authority"));
        }
        let root = authority.info().fingerprint;
        told(format!("root {root}"))?;
        let mut certificates = Vec::new();
        for wanted in &wanted {
            let found = place.read(&wanted.name).await?;
            match found.as_ref().map_or(Err("there was none"), |files| good(files, wanted, &authority)) {
                Ok(until) => {
                    told(format!("{}: kept, good until {until}", wanted.name))?;
                    certificates.push(json!({"name": wanted.name, "issued": false}));
                }
                Err(reason) => {
                    let files = issue(wanted, &authority, validity)?;
                    place.write(&wanted.name, &files).await?;
                    told(format!("{}: issued ({reason})", wanted.name))?;
                    certificates.push(json!({"name": wanted.name, "issued": true, "reason": reason}));
                }
            }
        }
        if !out.json() {
            return Ok(());
        }
        out.value(&json!({"site": self.site, "root": root.to_string(), "certificates": certificates}))
    }

    fn place(&self) -> Result<Place, Failure> {
        match (&self.secrets, &self.authority, &self.out) {
            (Some(prefix), _, _) => Ok(Place::Cluster(Cluster::around(prefix)?)),
            (None, Some(authority), Some(out)) => Ok(Place::Folder(Folder {
                authority: authority.clone(),
                certificates: out.clone(),
                owner: self.owner,
            })),
            _ => Err(Code::Usage
                .because("no place is given")
                .remedy("give --authority and --out, or --secrets")),
        }
    }
}

/// What the folder of descriptions asks for, in the order of names.
fn wanted(folder: &Path, site: &str) -> Result<Vec<Wanted>, Failure> {
    let failed = |e: std::io::Error| Code::Io.because(format!("cannot read {}: {e}", folder.display()));
    let mut wanted = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".json")) else {
            continue;
        };
        // Beside the files of a mounted ConfigMap there are hidden ones.
        if name.starts_with('.') {
            continue;
        }
        if wanted.len() == MOST {
            return Err(
                Code::TooLarge.because(format!("{} holds more than {MOST} descriptions", folder.display()))
            );
        }
        wanted.push(read(&path, name, site)?);
    }
    if wanted.is_empty() {
        return Err(Code::Invalid
            .because(format!("{} holds no CSR description", folder.display()))
            .remedy("put one file ROLE.INSTANCE.json there for each service"));
    }
    wanted.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(wanted)
}

fn read(path: &Path, name: &str, site: &str) -> Result<Wanted, Failure> {
    let wrong = |reason: String| Code::Invalid.because(format!("{}: {reason}", path.display()));
    let (role, instance) = name
        .split_once('.')
        .ok_or_else(|| wrong("its name is not of the form ROLE.INSTANCE.json".to_owned()))?;
    let role: Role = role.parse().map_err(|e: base::identity::Error| wrong(e.to_string()))?;
    let identity = Identity::new(site, role, instance).map_err(|e| wrong(e.to_string()))?;
    let text = std::fs::read_to_string(path)
        .map_err(|e| Code::Io.because(format!("cannot read {}: {e}", path.display())))?;
    let description = Description::parse(&text).map_err(|e| wrong(e.to_string()))?;
    Ok(Wanted { name: name.to_owned(), identity, description })
}

/// Until when files that were found are good, or why they are not what is wanted.
fn good(files: &Files, wanted: &Wanted, authority: &Authority) -> Result<Timestamp, &'static str> {
    let credentials = rpc::Credentials::from_pem(&files.certificate, &files.key, &files.roots)
        .map_err(|_| "what was there could not be used")?;
    let info = pki::inspect(&files.certificate).map_err(|_| "what was there could not be used")?;
    if credentials.identity() != wanted.identity {
        return Err("it was of another service");
    }
    let root = authority.info();
    if info.issuer != root.subject || !credentials.trust().fingerprints().contains(&root.fingerprint) {
        return Err("it was of another authority");
    }
    let described = wanted.description.hosts().map_err(|_| "its description changed")?;
    if described.len() != info.hosts.len() || !described.iter().all(|host| info.hosts.contains(host)) {
        return Err("its description changed");
    }
    if credentials.half_life() <= Timestamp::now() {
        return Err("half of its life was over");
    }
    Ok(credentials.expires_at())
}

fn issue(wanted: &Wanted, authority: &Authority, validity: Validity) -> Result<Files, Failure> {
    let key = Key::generate(wanted.description.algorithm().map_err(refused)?).map_err(refused)?;
    let hosts = wanted.description.hosts().map_err(refused)?;
    let request = request(&key, &wanted.identity, &hosts)?;
    let issued = authority
        .issue_described(&request, &wanted.identity, &wanted.description, validity)
        .map_err(refused)?;
    let roots = authority.trust().map_err(refused)?.to_pem();
    Ok(Files { certificate: issued.pem, key: key.to_pem().to_owned(), roots })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    struct Site {
        folder: tempfile::TempDir,
    }

    impl Site {
        fn new() -> Self {
            let site = Self { folder: tempfile::tempdir().unwrap() };
            std::fs::create_dir(site.path("csr")).unwrap();
            site.describe("relay.0", r#"["relay", "127.0.0.1"]"#);
            site
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn describe(&self, name: &str, hosts: &str) {
            let text = format!(r#"{{"CN": "{name}", "hosts": {hosts}, "names": [{{"O": "OpenTwin"}}]}}"#);
            std::fs::write(self.path("csr").join(format!("{name}.json")), text).unwrap();
        }

        async fn prepare(&self, days: u32) -> Result<(), Failure> {
            let command = Prepare {
                site: "lab".into(),
                csr: self.path("csr"),
                authority: Some(self.path("authority")),
                out: Some(self.path("out")),
                owner: None,
                secrets: None,
                days,
                authority_days: 3650,
            };
            command.execute(&Out::nowhere()).await
        }

        fn certificate(&self) -> String {
            std::fs::read_to_string(self.path("out/relay.0/tls.crt")).unwrap()
        }
    }

    #[tokio::test]
    async fn what_is_good_is_kept_and_what_is_not_is_issued_anew() {
        let site = Site::new();
        site.prepare(90).await.unwrap();
        let first = site.certificate();
        site.prepare(90).await.unwrap();
        assert_eq!(site.certificate(), first);

        site.describe("relay.0", r#"["relay", "127.0.0.1", "relay.lab"]"#);
        site.prepare(90).await.unwrap();
        let second = site.certificate();
        assert_ne!(second, first);
        assert!(pki::inspect(&second).unwrap().hosts.contains(&"relay.lab".parse().unwrap()));

        std::fs::write(site.path("out/relay.0/tls.key"), "broken").unwrap();
        site.prepare(90).await.unwrap();
        assert_ne!(site.certificate(), second);
        let read = |name: &str| std::fs::read_to_string(site.path("out/relay.0").join(name)).unwrap();
        rpc::Credentials::from_pem(&read("tls.crt"), &read("tls.key"), &read("ca.crt")).unwrap();
    }

    #[tokio::test]
    async fn another_authority_means_other_certificates() {
        let site = Site::new();
        site.prepare(90).await.unwrap();
        let first = site.certificate();
        std::fs::remove_dir_all(site.path("authority")).unwrap();
        site.prepare(90).await.unwrap();
        assert_ne!(site.certificate(), first);
    }

    #[tokio::test]
    async fn wrong_descriptions_are_refused_by_name() {
        for (name, hosts) in [("king.0", "[]"), ("relay", "[]"), ("relay.1", r#"["a b"]"#)] {
            let site = Site::new();
            site.describe(name, hosts);
            let failure = site.prepare(90).await.unwrap_err();
            assert_eq!(failure.code, Code::Invalid, "{failure}");
            assert!(failure.message.contains(name), "{failure}");
        }
    }
}
