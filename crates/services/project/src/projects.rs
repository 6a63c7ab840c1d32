//! The projects themselves: names, descriptions, the trash.

use api::v1::{
    CreateProjectRequest, Empty, ListProjectsRequest, ProjectInfo, ProjectRequest, Right,
    UpdateProjectRequest,
};
use api::{Code, Failure};
use base::common::{PROJECT_NAME, is_project_name};
use futures::{StreamExt as _, TryStreamExt as _};
use runtime::Caller;
use runtime::caller::now_ms;
use serde::{Deserialize, Serialize};

use crate::documents::Held;
use crate::errors::{failure, shown};
use crate::guard::{Access, Asker, Standing, no_project};
use crate::server::Core;

/// Collection of the projects, by id.
pub(crate) const PROJECTS: &str = "projects";

/// Branch that every project begins with.
pub(crate) const MAIN: &str = "main";

const DESCRIPTION: usize = 64 << 10;
const TAGS: usize = 64;

/// What is known of a project besides its content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Meta {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) tags: Vec<String>,
    pub(crate) owner: String,
    pub(crate) owner_id: String,
    pub(crate) created_ms: i64,
    pub(crate) changed_ms: i64,
    /// 0 unless it is in the trash.
    pub(crate) deleted_ms: i64,
    /// Hash of the blob with its picture; empty where it has none.
    pub(crate) picture: String,
}

impl Meta {
    /// A new project of a caller, its texts checked.
    pub(crate) fn new(
        caller: &Caller,
        name: &str,
        description: &str,
        tags: Vec<String>,
    ) -> Result<Self, Failure> {
        let now = now_ms();
        Ok(Self {
            name: good_name(name)?,
            description: good_description(description)?,
            tags: good_tags(tags)?,
            owner: caller.name().to_owned(),
            owner_id: caller.assertion.user_id.clone(),
            created_ms: now,
            changed_ms: now,
            deleted_ms: 0,
            picture: String::new(),
        })
    }

    fn is_called(&self, name: &str) -> bool {
        self.name.to_lowercase() == name.to_lowercase()
    }
}

impl Core {
    pub(crate) async fn list_projects(
        &self,
        asker: Asker,
        asked: ListProjectsRequest,
    ) -> Result<Vec<ProjectInfo>, Failure> {
        let caller = self.guard.caller(asker).await?;
        let mut visible = self.visible(&caller).await?;
        visible.retain(|(held, _)| asked.deleted || held.value.deleted_ms == 0);
        let infos = visible.into_iter().map(|(held, standing)| self.info(held.key, held.value, standing));
        let mut infos: Vec<ProjectInfo> = futures::stream::iter(infos).buffered(8).try_collect().await?;
        infos.sort_by_key(|info| (info.deleted_ms, std::cmp::Reverse(info.changed_ms)));
        Ok(infos)
    }

    pub(crate) async fn create_project(
        &self,
        asker: Asker,
        asked: CreateProjectRequest,
    ) -> Result<ProjectInfo, Failure> {
        let caller = self.guard.person(asker).await?;
        let meta = Meta::new(&caller, &asked.name, &asked.description, asked.tags)?;
        let _names = self.names.take().await.map_err(failure)?;
        self.demand_free(&meta, None).await?;
        let id = new_id();
        self.grant(&caller, &id).await?;
        let entered = self.enter(&id, &meta).await;
        if entered.is_err() {
            self.forget(&id).await;
        }
        entered?;
        self.info(id, meta, Standing::owner()).await
    }

    /// Makes a caller the owner of a project that is to be known: nobody could see a project without one.
    pub(crate) async fn grant(&self, caller: &Caller, id: &str) -> Result<(), Failure> {
        let granted = caller.request(ProjectRequest { project: id.to_owned() });
        self.context.peers.authorization()?.grant_owner(granted).await?;
        Ok(())
    }

    /// Makes a project known that has an owner. To be called with the names locked.
    pub(crate) async fn enter(&self, id: &str, meta: &Meta) -> Result<(), Failure> {
        self.documents.put(PROJECTS, id, None, meta).await?;
        tracing::info!(project = id, name = meta.name, owner = meta.owner, "project created");
        Ok(())
    }

    /// Drops the rights on a project that is no more. Where that fails rights remain on an id that is never used
    /// again.
    pub(crate) async fn forget(&self, id: &str) {
        let forget = async {
            self.context
                .peers
                .authorization()?
                .forget_project(ProjectRequest { project: id.to_owned() })
                .await?;
            Ok::<(), Failure>(())
        };
        if let Err(failure) = forget.await {
            tracing::warn!(project = id, %failure, "rights on a project that is gone remain");
        }
    }

    pub(crate) async fn get_project(&self, asker: Asker, wanted: &str) -> Result<ProjectInfo, Failure> {
        let caller = self.guard.caller(asker).await?;
        let standing = self.guard.standing(&caller, wanted).await?;
        if standing.right >= Right::Viewer
            && let Some(held) = self.documents.get::<Meta>(PROJECTS, wanted).await?
        {
            return self.info(held.key, held.value, standing).await;
        }
        let (owner, name) =
            wanted.split_once('/').map_or((None, wanted), |(owner, name)| (Some(owner), name));
        let mut fitting = self.visible(&caller).await?;
        fitting.retain(|(held, _)| {
            let meta = &held.value;
            let of = owner.is_none_or(|owner| owner.to_lowercase() == meta.owner.to_lowercase());
            meta.deleted_ms == 0 && of && meta.is_called(name)
        });
        if fitting.len() > 1 {
            let names: Vec<String> =
                fitting.iter().map(|(held, _)| format!("{}/{}", held.value.owner, held.value.name)).collect();
            return Err(Code::Invalid
                .because(format!("several projects are called `{}`: {}", shown(wanted), names.join(", ")))
                .remedy("write the owner before the name, or the project's id")
                .places(fitting.into_iter().map(|(held, _)| held.key)));
        }
        let (held, standing) = fitting.pop().ok_or_else(|| no_project(wanted))?;
        self.info(held.key, held.value, standing).await
    }

    pub(crate) async fn update_project(
        &self,
        asker: Asker,
        asked: UpdateProjectRequest,
    ) -> Result<ProjectInfo, Failure> {
        let _names = self.names.take().await.map_err(failure)?;
        let mut access = self.guard.demand(asker, &asked.project, Right::Editor).await?;
        let before = access.meta.clone();
        let meta = &mut access.meta;
        if let Some(description) = &asked.description {
            meta.description = good_description(description)?;
        }
        let mut tags = std::mem::take(&mut meta.tags);
        tags.retain(|tag| !asked.remove_tags.contains(tag));
        tags.extend(asked.add_tags);
        meta.tags = good_tags(tags)?;
        if let Some(name) = &asked.name {
            meta.name = good_name(name)?;
            self.demand_free(meta, Some(&access.id)).await?;
        }
        if access.meta != before {
            access.meta.changed_ms = now_ms();
        }
        if let Some(picture) = asked.picture {
            access.meta.picture = self.good_picture(&access.id, picture).await?;
        }
        self.change(access, before).await
    }

    pub(crate) async fn delete_project(&self, asker: Asker, project: &str) -> Result<Empty, Failure> {
        let _names = self.names.take().await.map_err(failure)?;
        let mut access = self.guard.demand_even_deleted(asker, project, Right::Owner).await?;
        let before = access.meta.clone();
        if before.deleted_ms == 0 {
            access.meta.deleted_ms = now_ms();
            self.change(access, before).await?;
        }
        Ok(Empty {})
    }

    pub(crate) async fn restore_project(&self, asker: Asker, project: &str) -> Result<ProjectInfo, Failure> {
        let _names = self.names.take().await.map_err(failure)?;
        let mut access = self.guard.demand_even_deleted(asker, project, Right::Owner).await?;
        let before = access.meta.clone();
        if before.deleted_ms != 0 {
            self.demand_free(&before, Some(project)).await?;
            access.meta.deleted_ms = 0;
        }
        self.change(access, before).await
    }

    /// Writes what changed of a project and tells those who watch it.
    async fn change(&self, access: Access, before: Meta) -> Result<ProjectInfo, Failure> {
        if access.meta != before {
            self.documents.put(PROJECTS, &access.id, Some(access.revision), &access.meta).await?;
        }
        let changed = access.meta != before;
        let info = self.info(access.id.clone(), access.meta, access.standing).await?;
        if changed {
            self.live.project(&info);
        }
        Ok(info)
    }

    pub(crate) async fn purge_project(&self, asker: Asker, project: &str) -> Result<Empty, Failure> {
        let _names = self.names.take().await.map_err(failure)?;
        let access = self.guard.demand_even_deleted(asker, project, Right::Owner).await?;
        if access.meta.deleted_ms == 0 {
            return Err(Code::Precondition
                .because(format!("the project `{}` is not in the trash", access.meta.name))
                .remedy("delete it first; then it can be ended for good"));
        }
        self.demand_idle(project).await?;
        // The record goes last: until then the call can be repeated.
        self.repository.drop_project(project).await.map_err(failure)?;
        self.sizes.changed(project);
        self.drop_runs(project).await?;
        self.documents.delete(PROJECTS, project).await?;
        self.live.purged(project);
        self.forget(project).await;
        tracing::info!(project, by = access.caller.name(), "project purged");
        Ok(Empty {})
    }

    /// Those projects that a caller may see, with the right on each.
    pub(crate) async fn visible(&self, caller: &Caller) -> Result<Vec<(Held<Meta>, Standing)>, Failure> {
        let mut standings = self.guard.standings(caller).await?;
        let all = self.documents.all::<Meta>(PROJECTS).await?;
        let seen = |held: Held<Meta>| standings.remove(&held.key).map(|standing| (held, standing));
        Ok(all.into_iter().filter_map(seen).collect())
    }

    /// Refuses a name that another project of the same owner has. Those in the trash do not count.
    pub(crate) async fn demand_free(&self, meta: &Meta, but: Option<&str>) -> Result<(), Failure> {
        if self.is_free(meta, but).await? {
            return Ok(());
        }
        Err(Code::Exists.because(format!("`{}` has a project `{}` already", meta.owner, meta.name)))
    }

    async fn is_free(&self, meta: &Meta, but: Option<&str>) -> Result<bool, Failure> {
        let others = self.others(meta, but).await?;
        Ok(!others.iter().any(|other| other.is_called(&meta.name)))
    }

    /// The projects of the same owner, without those in the trash.
    async fn others(&self, meta: &Meta, but: Option<&str>) -> Result<Vec<Meta>, Failure> {
        let all = self.documents.all::<Meta>(PROJECTS).await?;
        let other = |held: &Held<Meta>| {
            let same = held.value.owner_id == meta.owner_id && held.value.deleted_ms == 0;
            same && but != Some(held.key.as_str())
        };
        Ok(all.into_iter().filter(other).map(|held| held.value).collect())
    }

    /// Numbers the name until it is free.
    pub(crate) async fn make_free(&self, meta: &mut Meta) -> Result<(), Failure> {
        let others = self.others(meta, None).await?;
        let plain: String = meta.name.chars().take(PROJECT_NAME - 8).collect();
        let mut number = 2;
        while others.iter().any(|other| other.is_called(&meta.name)) {
            meta.name = format!("{plain} ({number})");
            number += 1;
        }
        Ok(())
    }

    pub(crate) async fn info(
        &self,
        id: String,
        meta: Meta,
        standing: Standing,
    ) -> Result<ProjectInfo, Failure> {
        let bytes = self.sizes.of(self.repository.backend().as_ref(), &id).await?;
        let project = self.repository.project(&id).map_err(failure)?;
        let (mut head, mut entities, mut changed) = (String::new(), 0, meta.changed_ms);
        match project.branch(MAIN).await {
            Err(store::Error::NotFound { .. }) => {}
            Err(error) => return Err(failure(error)),
            Ok(version) => {
                head = version.to_string();
                entities = or_nothing(project.count(version).await)?;
                let time = or_nothing(project.version(version).await.map(|version| version.time))?;
                changed = changed.max(i64::try_from(time).unwrap_or(i64::MAX));
            }
        }
        Ok(ProjectInfo {
            id,
            name: meta.name,
            description: meta.description,
            tags: meta.tags,
            owner: meta.owner,
            right: standing.right.into(),
            created_ms: meta.created_ms,
            changed_ms: changed,
            head,
            deleted_ms: meta.deleted_ms,
            entities,
            picture: meta.picture,
            bytes,
            groups: standing.groups,
        })
    }
}

/// What is told of a content that is pruned or damaged: nothing. One such project must not hide all others from a
/// listing; whoever reads it is told what is wrong.
fn or_nothing<T: Default>(found: store::Result<T>) -> Result<T, Failure> {
    use store::Error::{Corrupt, NotFound, Pruned};
    match found {
        Err(Pruned { .. } | Corrupt { .. } | NotFound { .. }) => Ok(T::default()),
        found => found.map_err(failure),
    }
}

pub(crate) fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// A name of a project: 1–128 characters in one line, without `/`, which stands between owner and name.
pub(crate) fn good_name(name: &str) -> Result<String, Failure> {
    let name = name.trim();
    // One that looks like an id could hide the project that has the id.
    let id = uuid::Uuid::try_parse(name).is_ok();
    if !is_project_name(name) || id {
        return Err(Code::Invalid
            .because(format!("`{}` is no name for a project", shown(name)))
            .remedy(format!("use 1 to {PROJECT_NAME} characters without `/`")));
    }
    Ok(name.to_owned())
}

fn good_description(text: &str) -> Result<String, Failure> {
    if text.len() <= DESCRIPTION {
        return Ok(text.to_owned());
    }
    Err(Code::TooLarge.because(format!("the description has {} bytes, {DESCRIPTION} at most", text.len())))
}

fn good_tags(tags: Vec<String>) -> Result<Vec<String>, Failure> {
    let mut good: Vec<String> = Vec::new();
    for tag in tags {
        let tag = tag.trim().to_owned();
        if tag.is_empty() || tag.chars().count() > TAGS || tag.chars().any(char::is_control) {
            return Err(Code::Invalid
                .because(format!("`{}` is no tag", shown(&tag)))
                .remedy("use 1 to 64 characters"));
        }
        if !good.contains(&tag) {
            good.push(tag);
        }
    }
    if good.len() > TAGS {
        return Err(Code::TooLarge.because(format!("the project has {} tags, {TAGS} at most", good.len())));
    }
    Ok(good)
}
