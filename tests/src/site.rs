//! A site that is there already, such as one in a cluster, which tests use in place of a platform of their own.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Person;

/// Address of the site, `HOST:PORT`. All projects and users on it are removed: it has to be one for tests alone.
const ADDRESS: &str = "E2E_SITE";
/// File with the site's root certificates.
const ROOTS: &str = "E2E_SITE_ROOTS";
/// The administrator's password.
const PASSWORD: &str = "E2E_SITE_PASSWORD";

/// One test at a time: they use the same names.
static TURN: Mutex<()> = Mutex::new(());

/// A site that this test has for itself.
pub(crate) struct Site {
    address: String,
    roots: String,
    password: String,
    _turn: MutexGuard<'static, ()>,
}

impl Site {
    /// The site that the surroundings name, once it is this test's turn.
    pub(crate) fn named() -> Option<Self> {
        let address = std::env::var(ADDRESS).ok()?;
        let needed = |name: &str| {
            std::env::var(name).unwrap_or_else(|_| panic!("{ADDRESS} is set, so {name} has to be"))
        };
        let (roots, password) = (needed(ROOTS), needed(PASSWORD));
        // A test that failed has left nothing that the next one does not remove.
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        Some(Self { address, roots, password, _turn: turn })
    }

    /// Arguments that say where to log in.
    pub(crate) fn place(&self) -> Vec<String> {
        vec![self.address.clone(), "--roots".into(), self.roots.clone()]
    }

    /// The administrator's password.
    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    /// Removes what other tests have left.
    #[track_caller]
    pub(crate) fn clear(admin: &Person) {
        let names = |what: &[&str], list: &str, key: &str| -> Vec<String> {
            let found = admin.json(what);
            let found = found[list].as_array().cloned().unwrap_or_default();
            found.iter().filter_map(|one| Some(one[key].as_str()?.to_owned())).collect()
        };
        for id in names(&["project", "list"], "projects", "id") {
            admin.ok(&["project", "delete", &id]);
        }
        for id in names(&["project", "list", "--deleted"], "projects", "id") {
            admin.ok(&["project", "purge", &id, "--yes"]);
        }
        for name in names(&["user", "list"], "users", "name").iter().filter(|&name| name != "admin") {
            admin.ok(&["user", "delete", name, "--yes"]);
        }
    }
}
