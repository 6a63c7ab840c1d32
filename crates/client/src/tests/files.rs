//! What is kept on disk, and addresses.

#[cfg(unix)]
use std::path::{Path, PathBuf};

use api::Code;

use crate::home::write_private;
use crate::{Home, LocalSite, Login, address, hash_file};

fn login() -> Login {
    Login {
        address: "localhost:8443".into(),
        roots: "-----BEGIN CERTIFICATE-----".into(),
        token: "secret".into(),
        user: "ada".into(),
        expires_ms: 7,
    }
}

#[test]
fn a_login_is_kept_for_its_owner_only_and_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::find(Some(&folder.path().join("a/b"))).unwrap();
    assert_eq!(home.login().unwrap_err().code, Code::Unauthenticated);
    assert!(!home.forget().unwrap());
    home.keep(&login()).unwrap();
    home.keep(&login()).unwrap();
    assert_eq!(home.login().unwrap(), login());
    let names: Vec<_> = std::fs::read_dir(home.path()).unwrap().collect();
    assert_eq!(names.len(), 1, "something is left beside the login");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let file = home.path().join("login.json");
        assert_eq!((mode(&file), mode(home.path())), (0o600, 0o700));
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let failure = home.login().unwrap_err();
        assert_eq!(failure.code, Code::Config);
        assert!(failure.what_to_do().contains("chmod 600"), "{failure:?}");
    }
    assert!(home.forget().unwrap());
    assert!(home.find_login().unwrap().is_none());
}

#[test]
fn a_damaged_login_is_told_and_a_token_is_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    write_private(&folder.path().join("login.json"), b"{").unwrap();
    let failure = Home::find(Some(folder.path())).unwrap().login().unwrap_err();
    assert_eq!(failure.code, Code::Config);
    assert!(!format!("{:?}", login()).contains("secret"));
}

#[cfg(unix)]
#[test]
fn the_folder_follows_the_given_one_then_xdg_then_home() {
    let find = |given: Option<&str>, xdg: Option<&str>, home: Option<&str>| {
        let xdg = xdg.map(PathBuf::from);
        Home::of(given.map(Path::new), |_| xdg.clone(), home.map(PathBuf::from))
            .map(|home| home.path().display().to_string())
            .map_err(|failure| failure.code)
    };
    assert_eq!(find(Some("/g"), Some("/x"), Some("/h")), Ok("/g".into()));
    assert_eq!(find(None, Some("/x"), Some("/h")), Ok("/x/opentwin".into()));
    assert_eq!(find(None, Some("x"), Some("/h")), Ok("/h/.config/opentwin".into()));
    assert_eq!(find(Some(""), None, Some("/h")), Ok("/h/.config/opentwin".into()));
    assert_eq!(find(None, None, None), Err(Code::Config));
}

#[test]
fn a_platform_on_this_machine_is_found_by_its_state() {
    let state = tempfile::tempdir().unwrap();
    assert_eq!(LocalSite::read(state.path()).unwrap_err().code, Code::NotFound);
    let site = LocalSite { address: "127.0.0.1:8443".into(), roots: "pki/root.pem".into() };
    site.write(state.path()).unwrap();
    let read = LocalSite::read(state.path()).unwrap();
    assert_eq!((read.address, read.roots), (site.address, state.path().join("pki/root.pem")));
}

#[test]
fn addresses_are_taken_as_people_write_them() {
    for (text, meant) in [
        ("localhost:8443", Some("localhost:8443")),
        (" https://twin.example:8443/ ", Some("twin.example:8443")),
        ("https://twin.example", Some("twin.example:443")),
        ("https://[::1]", Some("[::1]:443")),
        ("[::1]:8443", Some("[::1]:8443")),
        ("http://twin.example:80", None),
        ("twin.example", None),
        ("twin.example:", None),
        ("twin.example:0", None),
        ("twin.example:http", None),
        ("https://twin.example/projects", None),
        ("ada@twin.example:1", None),
        ("", None),
    ] {
        assert_eq!(address(text).ok().as_deref(), meant, "{text}");
    }
}

#[test]
fn a_file_has_the_hash_of_its_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("part.step");
    let bytes = vec![7; 3 << 20];
    std::fs::write(&file, &bytes).unwrap();
    let hash = blake3::hash(&bytes).to_hex().to_string();
    assert_eq!(hash_file(&file).unwrap(), (hash, bytes.len() as u64));
    assert_eq!(hash_file(&folder.path().join("nothing")).unwrap_err().code, Code::NotFound);
    assert_eq!(hash_file(folder.path()).unwrap_err().code, Code::Invalid);
}
