//! Groups.

use std::collections::BTreeMap;

use api::v1::{self, SetGroupMembersRequest};
use api::{Code, Failure};
use runtime::Caller;

use crate::names;
use crate::records::Group;
use crate::register::Register;

impl Register {
    pub(crate) async fn groups(&self) -> Result<Vec<v1::Group>, Failure> {
        Ok(self.records.all::<Group>().await?.into_iter().map(|group| wire(group.value)).collect())
    }

    pub(crate) async fn create_group(&self, by: &Caller, name: &str) -> Result<v1::Group, Failure> {
        let name = names::new("group", name)?;
        let _change = self.change_by(by).await?;
        let id = uuid::Uuid::now_v7().to_string();
        let group = Group { id, name: name.clone(), members: BTreeMap::new() };
        self.records.create(&name, &group).await.map_err(|failure| match failure.code {
            Code::Exists => Code::Exists.because(format!("there is a group `{name}` already")),
            _ => failure,
        })?;
        Ok(wire(group))
    }

    /// Adds and removes members, all or none.
    pub(crate) async fn set_members(
        &self,
        by: &Caller,
        request: SetGroupMembersRequest,
    ) -> Result<v1::Group, Failure> {
        let _change = self.change_by(by).await?;
        let mut group = self.group(&request.name).await?;
        for name in &request.remove {
            let name = names::canonical(name);
            group.value.members.retain(|_, member| *member != name);
        }
        for name in &request.add {
            let user = self.user(name).await?.value;
            group.value.members.insert(user.id, user.name);
        }
        self.records.put(&group).await?;
        Ok(wire(group.value))
    }

    pub(crate) async fn delete_group(&self, by: &Caller, name: &str) -> Result<(), Failure> {
        let _change = self.change_by(by).await?;
        let group = self.group(name).await?;
        self.records.delete(&group).await?;
        self.drop_subject(|shares| shares.groups.remove(&group.value.id).is_some()).await
    }
}

fn wire(group: Group) -> v1::Group {
    let mut members: Vec<String> = group.members.into_values().collect();
    members.sort();
    v1::Group { name: group.name, members }
}
