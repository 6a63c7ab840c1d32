//! Users.

use api::v1::{self, CreateUserReply, CreateUserRequest, UpdateUserRequest};
use api::{Code, Failure};
use runtime::Caller;

use crate::records::{Found, Group, User};
use crate::register::Register;
use crate::{names, password};

impl Register {
    pub(crate) async fn new_user(
        &self,
        name: &str,
        full_name: &str,
        administrator: bool,
        password: String,
    ) -> Result<User, Failure> {
        Ok(User {
            id: uuid::Uuid::now_v7().to_string(),
            name: name.to_owned(),
            full_name: full_name.to_owned(),
            administrator,
            disabled: false,
            password: self.hasher.hash(password).await?,
            must_change_password: true,
            epoch: 0,
            created_ms: self.now_ms(),
            last_login_ms: 0,
        })
    }

    /// All users; to those who are no administrators only who they are.
    pub(crate) async fn users(&self, administrator: bool) -> Result<Vec<v1::User>, Failure> {
        let users = self.records.all::<User>().await?;
        if !administrator {
            let of = |user: User| v1::User {
                id: user.id,
                name: user.name,
                full_name: user.full_name,
                ..v1::User::default()
            };
            return Ok(users
                .into_iter()
                .filter(|user| !user.value.disabled)
                .map(|user| of(user.value))
                .collect());
        }
        let groups = self.records.all::<Group>().await?;
        let groups_of = |user: &User| -> Vec<String> {
            let of = groups.iter().filter(|group| group.value.members.contains_key(&user.id));
            of.map(|group| group.value.name.clone()).collect()
        };
        Ok(users.iter().map(|user| wire(&user.value, groups_of(&user.value))).collect())
    }

    /// A user with the groups.
    pub(crate) async fn described(&self, user: &User) -> Result<v1::User, Failure> {
        Ok(wire(user, self.groups_of(user).await?.into_iter().map(|group| group.name)))
    }

    pub(crate) async fn create_user(
        &self,
        by: &Caller,
        request: CreateUserRequest,
    ) -> Result<CreateUserReply, Failure> {
        let name = names::new("user", &request.name)?;
        let full_name = names::full(&request.full_name)?;
        let password = password::one_time()?;
        let user = self.new_user(&name, &full_name, request.administrator, password.clone()).await?;
        let _change = self.change_by(by).await?;
        self.records.create(&name, &user).await.map_err(|failure| match failure.code {
            Code::Exists => Code::Exists.because(format!("there is a user `{name}` already")),
            _ => failure,
        })?;
        Ok(CreateUserReply { user: Some(wire(&user, [])), one_time_password: password })
    }

    pub(crate) async fn update_user(
        &self,
        by: &Caller,
        request: UpdateUserRequest,
    ) -> Result<v1::User, Failure> {
        let full_name = request.full_name.as_deref().map(names::full).transpose()?;
        let _change = self.change_by(by).await?;
        let mut user = self.user(&request.name).await?;
        let was = user.value.clone();
        if let Some(full_name) = full_name {
            user.value.full_name = full_name;
        }
        user.value.administrator = request.administrator.unwrap_or(was.administrator);
        user.value.disabled = request.disabled.unwrap_or(was.disabled);
        if user.value.disabled && !was.disabled {
            user.value.epoch += 1;
        }
        if !user.value.administrator || user.value.disabled {
            self.demand_other_administrator(&was).await?;
        }
        self.records.put(&user).await?;
        self.described(&user.value).await
    }

    pub(crate) async fn delete_user(&self, by: &Caller, name: &str) -> Result<(), Failure> {
        let _change = self.change_by(by).await?;
        let user = self.user(name).await?;
        self.demand_other_administrator(&user.value).await?;
        // The record first: with it all rights and logins end. What still names the user's id means nobody.
        self.records.delete(&user).await?;
        for mut group in self.records.all::<Group>().await? {
            if group.value.members.remove(&user.value.id).is_some() {
                self.records.put(&group).await?;
            }
        }
        self.drop_subject(|shares| shares.users.remove(&user.value.id).is_some()).await
    }

    /// A new one-time password; ends all logins.
    pub(crate) async fn reset_password(&self, by: &Caller, name: &str) -> Result<CreateUserReply, Failure> {
        let password = password::one_time()?;
        let hash = self.hasher.hash(password.clone()).await?;
        let _change = self.change_by(by).await?;
        let mut user = self.user(name).await?;
        user.value.password = hash;
        user.value.must_change_password = true;
        user.value.epoch += 1;
        self.records.put(&user).await?;
        self.throttle.forgive(&user.key);
        Ok(CreateUserReply { user: Some(self.described(&user.value).await?), one_time_password: password })
    }

    /// Refuses to do without the last one who can administer the site.
    async fn demand_other_administrator(&self, user: &User) -> Result<(), Failure> {
        let can = |user: &User| user.administrator && !user.disabled;
        if !can(user) {
            return Ok(());
        }
        let others = self.records.all::<User>().await?;
        if others.iter().any(|other: &Found<User>| other.value.id != user.id && can(&other.value)) {
            return Ok(());
        }
        Err(Code::Precondition
            .because(format!("`{}` is the last administrator of this site", user.name))
            .remedy("make somebody else an administrator first"))
    }
}

/// A user as the contract has it.
pub(crate) fn wire(user: &User, groups: impl IntoIterator<Item = String>) -> v1::User {
    v1::User {
        id: user.id.clone(),
        name: user.name.clone(),
        full_name: user.full_name.clone(),
        administrator: user.administrator,
        disabled: user.disabled,
        groups: groups.into_iter().collect(),
        must_change_password: user.must_change_password,
        created_ms: user.created_ms,
        last_login_ms: user.last_login_ms,
    }
}
