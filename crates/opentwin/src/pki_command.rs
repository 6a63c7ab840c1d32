//! `opentwin pki`: the site's authority and the certificates that it issues by hand.

mod cluster;
mod folder;
mod prepare;

use std::path::{Path, PathBuf};

use api::{Code, Failure};
use base::identity::{Identity, Role};
use clap::Subcommand;
use pki::{Algorithm, Authority, Description, Host, Info, Key, Request, Validity};
use serde_json::{Value, json};

use crate::commands::Out;

/// What can be done with certificates.
#[derive(Subcommand)]
pub enum Command {
    /// Make the root authority of a site
    #[command(after_help = "Example:\n  opentwin pki create --site lab --dir pki")]
    Create {
        /// Name of the site: 1 to 63 characters of a-z, 0-9, `-` and `.`
        #[arg(long, value_name = "NAME")]
        site: String,
        /// Folder to put root.pem and root.key into
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// Kind of key and its bits: ecdsa:256, ecdsa:384, rsa:2048, rsa:3072 or rsa:4096
        #[arg(long, default_value = "ecdsa:256", value_name = "KIND:BITS")]
        algorithm: String,
        /// Days that it is good
        #[arg(long, default_value_t = 3650, value_name = "DAYS")]
        days: u32,
    },
    /// Issue a certificate for a service from a CSR description in cfssl's JSON
    ///
    /// Makes a key as the description says, and writes OUT.pem (certificate) and OUT.key (private key).
    #[command(
        after_help = "Example:\n  opentwin pki issue --authority pki --csr relay.json --role relay --instance 0 --out pki/relay"
    )]
    Issue {
        /// Folder of the authority
        #[arg(long, value_name = "DIR")]
        authority: PathBuf,
        /// CSR description: CN, hosts, key.algo, key.size, names
        #[arg(long, value_name = "FILE")]
        csr: PathBuf,
        /// What the service is: authorization, project, relay, …, or compute/<service>
        #[arg(long, value_name = "ROLE")]
        role: String,
        /// Which one of its role
        #[arg(long, default_value = "0", value_name = "NAME")]
        instance: String,
        /// Path of the files to write, without their ending
        #[arg(long, value_name = "PATH")]
        out: PathBuf,
        /// Days that it is good
        #[arg(long, default_value_t = 90, value_name = "DAYS")]
        days: u32,
    },
    Prepare(prepare::Prepare),
    /// Show what stands in certificates
    #[command(after_help = "Example:\n  opentwin pki show pki/root.pem pki/relay.pem")]
    Show {
        /// Certificate (PEM)
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
    /// Issue a certificate anew, with a new key, for the same service and names
    ///
    /// Writes over CERTIFICATE and its key; a running service takes both at its next start.
    #[command(after_help = "Example:\n  opentwin pki renew --authority pki pki/relay.pem")]
    Renew {
        /// Folder of the authority
        #[arg(long, value_name = "DIR")]
        authority: PathBuf,
        /// The certificate to renew; its key stands beside it with the ending .key
        #[arg(value_name = "CERTIFICATE")]
        certificate: PathBuf,
        /// Days that the new one is good
        #[arg(long, default_value_t = 90, value_name = "DAYS")]
        days: u32,
    },
}

/// Does it.
pub async fn execute(command: Command, out: &Out) -> Result<(), Failure> {
    match command {
        Command::Create { site, dir, algorithm, days } => {
            let algorithm = algorithm_of(&algorithm)?;
            let authority = Authority::create(&site, algorithm, Validity::days(days).map_err(refused)?)
                .map_err(refused)?;
            authority.save(&dir).map_err(refused)?;
            if out.json() {
                return show(&[dir.join(pki::ROOT_FILE)], out);
            }
            out.line(&authority.info().to_string())?;
            out.line(&format!("written to {}: keep root.key where only you can read it", dir.display()))
        }
        Command::Issue { authority, csr, role, instance, out: place, days } => {
            let authority = Authority::load(&authority).map_err(refused)?;
            let text = std::fs::read_to_string(&csr)
                .map_err(|e| Code::Io.because(format!("cannot read {}: {e}", csr.display())))?;
            let description = Description::parse(&text)
                .map_err(|e| Code::Invalid.because(format!("{}: {e}", csr.display())))?;
            let role: Role =
                role.parse().map_err(|e: base::identity::Error| Code::Usage.because(e.to_string()))?;
            let identity = Identity::new(authority.site(), role, &instance)
                .map_err(|e| Code::Usage.because(e.to_string()))?;
            let key = Key::generate(description.algorithm().map_err(refused)?).map_err(refused)?;
            let hosts = description.hosts().map_err(refused)?;
            let request = request(&key, &identity, &hosts)?;
            let validity = Validity::days(days).map_err(refused)?;
            let issued =
                authority.issue_described(&request, &identity, &description, validity).map_err(refused)?;
            key.save(&place.with_extension("key")).map_err(refused)?;
            write(&place.with_extension("pem"), &issued.pem)?;
            show(&[place.with_extension("pem")], out)
        }
        Command::Prepare(command) => command.execute(out).await,
        Command::Show { files } => show(&files, out),
        Command::Renew { authority, certificate, days } => {
            renew(&authority, &certificate, days)?;
            show(&[certificate], out)
        }
    }
}

fn show(files: &[PathBuf], out: &Out) -> Result<(), Failure> {
    let mut all = Vec::new();
    for file in files {
        let pem = pki::read(file).map_err(refused)?;
        let info = pki::inspect(&pem).map_err(refused)?;
        match out.json() {
            true => all.push(described(file, &info)),
            false => out.line(&format!("{}\n{info}", file.display()))?,
        }
    }
    if out.json() { out.value(&json!({"certificates": all})) } else { Ok(()) }
}

/// A certificate as programs read it.
fn described(file: &Path, info: &Info) -> Value {
    let hosts: Vec<String> = info.hosts.iter().map(Host::to_string).collect();
    json!({
        "file": file,
        "subject": info.subject,
        "issuer": info.issuer,
        "identity": info.uris.first(),
        "hosts": hosts,
        "serial": info.serial,
        "notBefore": info.validity.not_before().to_string(),
        "notAfter": info.validity.not_after().to_string(),
        "key": info.key,
        "authority": info.authority,
        "fingerprint": info.fingerprint.to_string(),
    })
}

fn renew(authority: &Path, certificate: &Path, days: u32) -> Result<(), Failure> {
    let authority = Authority::load(authority).map_err(refused)?;
    let info = pki::inspect(&pki::read(certificate).map_err(refused)?).map_err(refused)?;
    let identity = info.identity.ok_or_else(|| {
        Code::Invalid.because(format!("{} names no service: issue a new one", certificate.display()))
    })?;
    let key_file = certificate.with_extension("key");
    // A kind of key that was chosen once stays.
    let algorithm = Key::load(&key_file).map_or_else(|_| Algorithm::default(), |old| old.algorithm());
    let key = Key::generate(algorithm).map_err(refused)?;
    let request = request(&key, &identity, &info.hosts)?;
    let validity = Validity::days(days).map_err(refused)?;
    let issued = authority.issue(&request, &identity, &info.hosts, validity).map_err(refused)?;
    // Beside the old one first: a failure in between leaves a pair that fits.
    let fresh = certificate.with_extension("key.new");
    let _ = std::fs::remove_file(&fresh);
    key.save(&fresh).map_err(refused)?;
    std::fs::rename(&fresh, &key_file)
        .map_err(|e| Code::Io.because(format!("cannot write {}: {e}", key_file.display())))?;
    write(certificate, &issued.pem)
}

fn request(key: &Key, identity: &Identity, hosts: &[Host]) -> Result<Request, Failure> {
    let text = key.request(identity, hosts).map_err(refused)?;
    Request::parse(text.as_bytes()).map_err(refused)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|e| Code::Io.because(format!("cannot write {}: {e}", path.display())))
}

/// A kind of key as `ecdsa:256` says it.
fn algorithm_of(text: &str) -> Result<Algorithm, Failure> {
    let (kind, bits) = text.split_once(':').unwrap_or((text, ""));
    let unknown = || {
        Code::Usage
            .because(format!("`{text}` is no kind of key"))
            .remedy("use ecdsa:256, ecdsa:384, rsa:2048, rsa:3072 or rsa:4096")
    };
    Algorithm::new(kind, bits.parse().map_err(|_| unknown())?).map_err(|_| unknown())
}

fn refused(error: pki::Error) -> Failure {
    match error {
        pki::Error::Io { .. } => Code::Io.because(error.to_string()),
        pki::Error::Exists(_) => Code::Exists.because(error.to_string()),
        pki::Error::Description(_) => {
            Code::Invalid.because(error.to_string()).remedy("correct the CSR description that you gave")
        }
        other => Code::Certificate.because(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_keys_are_told_by_name_and_bits() {
        assert!(matches!(algorithm_of("ecdsa:256"), Ok(Algorithm::EcdsaP256)));
        assert!(matches!(algorithm_of("rsa:4096"), Ok(Algorithm::Rsa4096)));
        for wrong in ["", "rsa", "rsa:1024", "ed25519:256", "rsa:x"] {
            assert_eq!(algorithm_of(wrong).err().map(|failure| failure.code), Some(Code::Usage), "{wrong}");
        }
    }
}
