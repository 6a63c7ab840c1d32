//! The site's register: people, groups, logins, rights, and the record of what was done with them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};

use api::v1::Assertion;
use api::{Code, Failure};
use runtime::Caller;
use store::{Backend, Turn, Turns};

use crate::audit::Audit;
use crate::password::{self, Hasher};
use crate::records::{Found, Group, Records, User, failure};
use crate::throttle::Throttle;
use crate::{Clock, names, secret};

/// The first user, made at the first start.
pub(crate) const FIRST: &str = "admin";

/// File in the state directory that holds the first user's one-time password until somebody takes it.
pub(crate) const FIRST_PASSWORD: &str = "first-password";

/// How long an assertion is good.
const ASSERTION_S: i64 = 300;

/// The same for those who have to change their password: relays shall ask again soon.
const SHORT_ASSERTION_S: i64 = 15;

/// An administrator's way into a project of others is noted once in this time.
const NOTED_MS: i64 = 3_600_000;

/// Such notes remembered at most.
const MOST_NOTED: usize = 10_000;

/// How long a login lasts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lasting {
    /// Without use.
    pub idle_ms: i64,
    /// In all.
    pub whole_ms: i64,
}

/// The site's register.
pub(crate) struct Register {
    pub(crate) records: Records,
    pub(crate) audit: Audit,
    pub(crate) hasher: Hasher,
    pub(crate) throttle: Throttle,
    pub(crate) clock: Clock,
    pub(crate) lasting: Lasting,
    first_password: PathBuf,
    /// Held while something is changed: rules such as that of the last administrator span several records.
    changes: Turns,
    noted: std::sync::Mutex<HashMap<(String, String), i64>>,
    /// Somebody has logged in some time: that stays so.
    entered: AtomicBool,
}

impl Register {
    pub(crate) async fn open(
        backend: Arc<dyn Backend>,
        state: &Path,
        lasting: Lasting,
        clock: Clock,
    ) -> Result<Self, Failure> {
        let register = Self {
            audit: Audit::new(backend.clone(), clock.clone()),
            changes: Turns::new(backend.clone(), "register"),
            records: Records::new(backend),
            hasher: Hasher::new().await?,
            throttle: Throttle::new(),
            clock,
            lasting,
            first_password: state.join(FIRST_PASSWORD),
            noted: std::sync::Mutex::default(),
            entered: AtomicBool::new(false),
        };
        if register.records.page::<User>(None).await?.is_empty() {
            register.make_first_user().await?;
        }
        register.restore_waits().await?;
        Ok(register)
    }

    async fn make_first_user(&self) -> Result<(), Failure> {
        let password = password::one_time()?;
        // The file first: a crash in between leaves a password too many, not a site that nobody can enter.
        secret::write(&self.first_password, format!("{password}\n").as_bytes())?;
        let user = self.new_user(FIRST, "Administrator", true, password).await?;
        self.records.create(FIRST, &user).await?;
        self.audit.note("", "first-start", FIRST, true).await;
        tracing::info!(
            file = %self.first_password.display(),
            "the administrator `{FIRST}` was made; the one-time password is in the file"
        );
        Ok(())
    }

    /// True until somebody has logged in for the first time.
    pub(crate) async fn never_entered(&self) -> Result<bool, Failure> {
        if self.entered.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let users = self.records.all::<User>().await?;
        let entered = users.iter().any(|user| user.value.last_login_ms > 0);
        self.entered.store(entered, Ordering::Relaxed);
        Ok(!entered)
    }

    /// The first password has been replaced, so its file, if still there, opens nothing any more.
    pub(crate) fn forget_first_password(&self) {
        let _ = std::fs::remove_file(&self.first_password);
    }

    /// Begins a change; others wait.
    pub(crate) async fn change(&self) -> Result<Turn<'_>, Failure> {
        self.changes.take().await.map_err(failure)
    }

    /// Begins a change by an administrator, who may have lost that right while others changed something.
    pub(crate) async fn change_by(&self, caller: &Caller) -> Result<Turn<'_>, Failure> {
        let turn = self.change().await?;
        demand_administrator(&self.user_of(caller).await?.value)?;
        Ok(turn)
    }

    pub(crate) fn now_ms(&self) -> i64 {
        (self.clock)()
    }

    /// A user by the name as somebody wrote it.
    pub(crate) async fn user(&self, name: &str) -> Result<Found<User>, Failure> {
        let key = names::canonical(name);
        let found = if names::good(&key) { self.records.get::<User>(&key).await? } else { None };
        found.ok_or_else(|| Code::NotFound.because(format!("there is no user `{}`", names::shown(name))))
    }

    /// A group by the name as somebody wrote it.
    pub(crate) async fn group(&self, name: &str) -> Result<Found<Group>, Failure> {
        let key = names::canonical(name);
        let found = if names::good(&key) { self.records.get::<Group>(&key).await? } else { None };
        found.ok_or_else(|| Code::NotFound.because(format!("there is no group `{}`", names::shown(name))))
    }

    /// The user of a caller as of now: what an assertion says may be some minutes old.
    pub(crate) async fn user_of(&self, caller: &Caller) -> Result<Found<User>, Failure> {
        let user = self.records.get::<User>(&caller.assertion.user_name).await?;
        user.filter(|user| user.value.id == caller.assertion.user_id && !user.value.disabled)
            .ok_or_else(|| Code::Expired.because(format!("the user `{}` is no more", caller.name())))
    }

    /// Groups of a user.
    pub(crate) async fn groups_of(&self, user: &User) -> Result<Vec<Group>, Failure> {
        let groups = self.records.all::<Group>().await?;
        Ok(groups.into_iter().map(|g| g.value).filter(|g| g.members.contains_key(&user.id)).collect())
    }

    /// What is vouched for about a user whose login lasts for another `left_ms`: never longer than that.
    pub(crate) async fn assertion(
        &self,
        user: &User,
        login: &str,
        left_ms: i64,
    ) -> Result<Assertion, Failure> {
        let groups = self.groups_of(user).await?;
        let issued_s = self.now_ms() / 1000;
        let lasting = if user.must_change_password { SHORT_ASSERTION_S } else { ASSERTION_S };
        let lasting = lasting.min(left_ms / 1000);
        Ok(Assertion {
            user_id: user.id.clone(),
            user_name: user.name.clone(),
            groups: groups.into_iter().map(|group| group.name).collect(),
            administrator: user.administrator,
            issued_s,
            expires_s: issued_s + lasting,
            must_change_password: user.must_change_password,
            login: login.to_owned(),
            ..Assertion::default()
        })
    }

    /// Notes that an administrator uses a project on which the user has no such right by a share.
    pub(crate) async fn note_administrator(&self, user: &User, project: &str) {
        let now = self.now_ms();
        {
            let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
            if noted.len() >= MOST_NOTED {
                noted.clear();
            }
            let last = noted.entry((user.id.clone(), project.to_owned())).or_insert(i64::MIN);
            if now.saturating_sub(*last) < NOTED_MS {
                return;
            }
            *last = now;
        }
        self.audit.note(&user.name, "administrator-access", project, true).await;
    }
}

/// Refuses all but administrators of the site, as they are now and not as an assertion says.
pub(crate) fn demand_administrator(user: &User) -> Result<(), Failure> {
    if user.administrator {
        return Ok(());
    }
    Err(Code::Denied
        .because(format!("`{}` is no administrator of this site", user.name))
        .remedy("ask an administrator to do it"))
}
