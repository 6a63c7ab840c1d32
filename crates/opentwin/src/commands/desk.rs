//! What every command works with: the options, the output, the login and the client made of it.

use std::collections::HashMap;

use api::v1::{EntitiesRequest, Entity, ListProjectsRequest, ProjectInfo, ProjectRequest};
use api::{Code, Failure};
use client::{Client, Home, Login, ask};
use serde_json::{Map, Value};

use super::Global;
use super::output::Out;

/// What a command works with.
pub(crate) struct Desk<'a> {
    pub(crate) global: &'a Global,
    pub(crate) out: Out,
}

impl<'a> Desk<'a> {
    pub(crate) fn new(global: &'a Global) -> Self {
        Self { global, out: super::out(global) }
    }

    pub(crate) fn home(&self) -> Result<Home, Failure> {
        Home::find(self.global.config_home.as_deref())
    }

    pub(crate) fn login(&self) -> Result<Login, Failure> {
        self.home()?.login()
    }

    /// A client with the login that is kept.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        let login = self.login()?;
        Client::connect(&login.address, &login.trust()?, Some(&login.token))
    }

    /// A client and the project of a name or id.
    pub(crate) async fn project(&self, name: &str) -> Result<(Client, ProjectInfo), Failure> {
        let client = self.client()?;
        let info = project(&client, name).await?;
        Ok((client, info))
    }
}

/// The project of a name or id.
pub(crate) async fn project(client: &Client, name: &str) -> Result<ProjectInfo, Failure> {
    ask!(client, project.get_project(ProjectRequest { project: name.to_owned() }))
}

/// The names of the projects that the user may see, by id.
pub(crate) async fn names(client: &Client) -> Result<HashMap<String, String>, Failure> {
    let all = ask!(client, project.list_projects(ListProjectsRequest::default()))?.projects;
    Ok(all.into_iter().map(|project| (project.id, project.name)).collect())
}

/// A project in the trash, by name or id.
pub(crate) async fn deleted(client: &Client, name: &str) -> Result<ProjectInfo, Failure> {
    let all = ask!(client, project.list_projects(ListProjectsRequest { deleted: true }))?.projects;
    let mut found = all.into_iter().filter(|p| p.deleted_ms != 0 && (p.id == name || p.name == name));
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => Err(Code::Invalid
            .because(format!("several projects named `{name}` are in the trash"))
            .remedy("name the one that you mean by its id: `opentwin project list --deleted --output json`")),
        (None, _) => Err(Code::NotFound
            .because(format!("`{name}` is not in the trash"))
            .remedy("`opentwin project list --deleted` shows what is")),
    }
}

/// Entities of a version, and the version that was read.
pub(crate) async fn entities(
    client: &Client,
    request: EntitiesRequest,
) -> Result<(String, Vec<Entity>), Failure> {
    let mut patience = client.patience();
    loop {
        match entities_once(client, request.clone()).await {
            Ok(read) => return Ok(read),
            Err(failure) => patience.pause(failure).await?,
        }
    }
}

async fn entities_once(client: &Client, request: EntitiesRequest) -> Result<(String, Vec<Entity>), Failure> {
    let mut service = client.project();
    let mut stream = client.once(service.entities(request)).await?;
    let (mut version, mut entities) = (String::new(), Vec::new());
    while let Some(part) = stream.message().await.map_err(client::failure)? {
        version = part.version;
        entities.extend(part.entities);
    }
    Ok((version, entities))
}

/// An entity's properties as JSON.
pub(crate) fn properties(entity: &Entity) -> Result<Value, Failure> {
    if entity.properties.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    serde_json::from_str(&entity.properties)
        .map_err(|e| Code::Corrupt.because(format!("the properties of `{}` are no JSON: {e}", entity.path)))
}
