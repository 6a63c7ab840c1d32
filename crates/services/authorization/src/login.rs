//! Logins: opened with a password, proved by a token of which only the hash is kept.

use api::v1::{Assertion, ChangePasswordRequest, LoginReply};
use api::{Code, Failure};
use runtime::Caller;

use crate::password;
use crate::records::{Found, Login, User};
use crate::register::Register;
use crate::{names, people};

/// What the record names where there is no such user: people type passwords where names belong.
const UNKNOWN: &str = "(unknown)";

/// Logins of one user at once; beyond that the oldest end.
const MOST: usize = 100;

/// How much later than it was the last use of a login is written down, at most.
const NOTED_MS: i64 = 300_000;

impl Register {
    /// Opens a login. Whether the user is unknown or the password wrong makes no difference to be seen.
    pub(crate) async fn login(
        &self,
        name: &str,
        password: &str,
        address: &str,
    ) -> Result<LoginReply, Failure> {
        let key = names::canonical(name);
        let user = if names::good(&key) { self.records.get::<User>(&key).await? } else { None };
        let shown = names::shown(&key);
        let hash = user.as_ref().map(|user| user.value.password.as_str());
        self.prove(&shown, address, password, hash).await?;
        let Some(user) = user else { return Err(wrong()) };
        if user.value.disabled {
            self.audit.note(&shown, "login", address, false).await;
            return Err(Code::Denied
                .because(format!("the user `{shown}` is disabled"))
                .remedy("ask an administrator to enable it"));
        }
        let reply = self.open_login(user).await?;
        self.audit.note(&shown, "login", address, true).await;
        Ok(reply)
    }

    /// Proves a password, with back-off on failures.
    async fn prove(
        &self,
        name: &str,
        address: &str,
        password: &str,
        hash: Option<&str>,
    ) -> Result<(), Failure> {
        let attempt = self.throttle.begin(name, address, self.now_ms()).map_err(|wait| {
            Code::Throttled.because(format!("too many failed logins: wait {wait} s")).retry_after(wait)
        })?;
        match self.hasher.verify(password, hash).await {
            Ok(true) => {
                self.throttle.succeeded(attempt, self.now_ms());
                self.keep_waits(name, address).await;
                Ok(())
            }
            Ok(false) => {
                self.keep_waits(name, address).await;
                let noted = if hash.is_some() { name } else { UNKNOWN };
                self.audit.note(noted, "login", address, false).await;
                Err(wrong())
            }
            Err(failure) => {
                attempt.take_back();
                Err(failure)
            }
        }
    }

    async fn open_login(&self, proved: Found<User>) -> Result<LoginReply, Failure> {
        let token = password::token()?;
        let now = self.now_ms();
        let _change = self.change().await?;
        let mut user = self.user(&proved.key).await?;
        if user.value.id != proved.value.id || user.value.epoch != proved.value.epoch || user.value.disabled {
            // Changed while the password was being proved.
            return Err(wrong());
        }
        user.value.last_login_ms = now;
        self.records.put(&user).await?;
        let login = Login {
            user: user.key.clone(),
            user_id: user.value.id.clone(),
            epoch: user.value.epoch,
            created_ms: now,
            used_ms: now,
        };
        self.records.create(&key(&token), &login).await?;
        let groups = self.groups_of(&user.value).await?;
        Ok(LoginReply {
            token,
            user: Some(people::wire(&user.value, groups.into_iter().map(|g| g.name))),
            expires_ms: now + self.lasting.whole_ms,
        })
    }

    /// The assertion for a login's token.
    pub(crate) async fn authenticate(&self, token: &str) -> Result<Assertion, Failure> {
        let ended = || Code::Expired.because("the login has ended");
        let key = key(token);
        let mut login = self.records.get::<Login>(&key).await?.ok_or_else(ended)?;
        let user = self.records.get::<User>(&login.value.user).await?;
        let now = self.now_ms();
        let user = user.filter(|user| self.holds(&login.value, &user.value, now)).ok_or_else(ended)?;
        if now - login.value.used_ms > NOTED_MS.min(self.lasting.idle_ms / 10) {
            login.value.used_ms = now;
            match self.records.put(&login).await {
                // Somebody else noted the same; and where nothing can be written, people can still work.
                Err(failure) if failure.code != Code::Busy => {
                    tracing::warn!(%failure, "the use of a login cannot be noted");
                }
                _ => {}
            }
        }
        let idle_left = login.value.used_ms + self.lasting.idle_ms - now;
        let left = idle_left.min(login.value.created_ms + self.lasting.whole_ms - now);
        self.assertion(&user.value, &key, left).await
    }

    fn holds(&self, login: &Login, user: &User, now_ms: i64) -> bool {
        login.user_id == user.id
            && login.epoch == user.epoch
            && !user.disabled
            && now_ms - login.used_ms < self.lasting.idle_ms
            && now_ms - login.created_ms < self.lasting.whole_ms
    }

    /// Ends the login that a caller came with.
    pub(crate) async fn logout(&self, caller: &Caller) -> Result<(), Failure> {
        let login = self.records.get::<Login>(&caller.assertion.login).await?;
        if let Some(login) = login.filter(|login| login.value.user_id == caller.assertion.user_id) {
            self.records.delete(&login).await?;
            self.audit.note(caller.name(), "logout", "", true).await;
        }
        Ok(())
    }

    /// Replaces a password, which ends all other logins of the user.
    pub(crate) async fn change_password(
        &self,
        caller: &Caller,
        request: ChangePasswordRequest,
        address: &str,
    ) -> Result<(), Failure> {
        let proved = self.user_of(caller).await?;
        // Before the old password is proved: a refused new one shall cost no attempt.
        password::check(&request.new_password, caller.name())?;
        let hash = Some(proved.value.password.as_str());
        self.prove(caller.name(), address, &request.old_password, hash).await?;
        if request.new_password == request.old_password {
            return Err(Code::Invalid
                .because("the new password is the old one")
                .remedy("choose another one"));
        }
        let hash = self.hasher.hash(request.new_password).await?;

        let _change = self.change().await?;
        let mut user = self.user_of(caller).await?;
        if user.value.epoch != proved.value.epoch {
            return Err(Code::Busy.because("the password was changed by somebody else at the same moment"));
        }
        user.value.password = hash;
        user.value.must_change_password = false;
        user.value.epoch += 1;
        self.records.put(&user).await?;
        if let Some(mut login) = self.records.get::<Login>(&caller.assertion.login).await? {
            login.value.epoch = user.value.epoch;
            self.records.put(&login).await?;
        }
        if user.key == crate::register::FIRST {
            self.forget_first_password();
        }
        self.audit.note(caller.name(), "change-password", "", true).await;
        Ok(())
    }

    /// Removes logins that have ended, and of those who have very many the oldest.
    pub(crate) async fn sweep(&self) -> Result<(), Failure> {
        let now = self.now_ms();
        let mut logins = self.records.all::<Login>().await?;
        logins.sort_by_key(|login| std::cmp::Reverse(login.value.used_ms));
        let users = self.records.all::<User>().await?;
        let mut of_user: std::collections::HashMap<_, _> =
            users.iter().map(|user| (user.value.id.as_str(), (&user.value, 0))).collect();
        for login in &logins {
            let keep = of_user.get_mut(login.value.user_id.as_str()).is_some_and(|(user, count)| {
                *count += 1;
                *count <= MOST && self.holds(&login.value, user, now)
            });
            if keep {
                continue;
            }
            match self.records.delete(login).await {
                // Used or ended in this moment.
                Err(failure) if failure.code != Code::Busy => return Err(failure),
                _ => {}
            }
        }
        Ok(())
    }
}

fn wrong() -> Failure {
    Code::Unauthenticated
        .because("the user name or the password is wrong")
        .remedy("check both; an administrator can give you a new password")
}

/// The key of the record of a token's login.
fn key(token: &str) -> String {
    blake3::hash(token.as_bytes()).to_hex().to_string()
}
