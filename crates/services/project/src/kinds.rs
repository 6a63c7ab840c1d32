//! What services declare, and what an entity of a kind must be like.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use api::v1::{Arrangement, KindDescription, ServiceDescription};
use api::{Code, Failure};
use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;
use store::Turns;

use crate::documents::Documents;
use crate::errors::{failure, shown};

/// Collection of what services declared, by name.
const SERVICES: &str = "services";

/// Collection and key of the record that changes with them.
const MARK: &str = "services-mark";

/// Longest text of one problem.
const LONGEST: usize = 300;

/// A kind with its compiled schema.
pub(crate) struct Kind {
    pub(crate) section: String,
    pub(crate) arrangement: Arrangement,
    schema: Value,
    validator: Validator,
}

impl Kind {
    fn compile(wire: &KindDescription) -> Result<Self, Failure> {
        let bad =
            |why: String| Code::Invalid.because(format!("the schema of the kind `{}` {why}", wire.kind));
        let schema: Value = match wire.schema.trim() {
            "" => serde_json::json!({"type": "object"}),
            text => serde_json::from_str(text).map_err(|e| bad(format!("is no JSON: {e}")))?,
        };
        let validator =
            jsonschema::draft202012::new(&schema).map_err(|e| bad(format!("is no JSON Schema: {e}")))?;
        let section = wire.section.clone();
        Ok(Self { section, arrangement: wire.arrangement(), schema, validator })
    }

    /// The first thing in `properties` that does not fit the schema: JSON pointer and what was expected.
    pub(crate) fn problem(&self, properties: &Value) -> Option<String> {
        self.validator.iter_errors(properties).next().map(|error| {
            let place = error.instance_path().to_string();
            let place = if place.is_empty() { "/".to_owned() } else { place };
            format!("{place}: {}", expected(&error, 0))
        })
    }
}

/// What a schema expected, in words. Alternatives are told each, since `anyOf` alone helps nobody.
fn expected(error: &ValidationError<'_>, depth: usize) -> String {
    let text = match error.kind() {
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context }
            if depth < 4 =>
        {
            let each: BTreeSet<String> =
                context.iter().filter_map(|errors| errors.first()).map(|e| expected(e, depth + 1)).collect();
            each.into_iter().collect::<Vec<_>>().join(", or ")
        }
        _ => error.to_string(),
    };
    if text.len() <= LONGEST {
        return text;
    }
    // The value itself is what makes it long.
    let mut text = error.masked().to_string();
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// All that is declared, at one moment.
pub(crate) struct Catalog {
    services: BTreeMap<String, ServiceDescription>,
    kinds: BTreeMap<String, Arc<Kind>>,
    /// Sections that hold what people enter.
    inputs: BTreeSet<String>,
}

impl Catalog {
    fn new(services: BTreeMap<String, ServiceDescription>) -> Result<Self, Failure> {
        let mut kinds = BTreeMap::new();
        for kind in services.values().flat_map(|service| &service.kinds) {
            kinds.insert(kind.kind.clone(), Arc::new(Kind::compile(kind)?));
        }
        let input = |kind: &&Arc<Kind>| kind.arrangement != Arrangement::Result;
        let inputs = kinds.values().filter(input).map(|kind| kind.section.clone()).collect();
        Ok(Self { services, kinds, inputs })
    }

    /// A kind by name.
    pub(crate) fn kind(&self, name: &str) -> Result<&Arc<Kind>, String> {
        self.kinds.get(name).ok_or_else(|| {
            let near = base::spelling::nearest(name, self.kinds.keys().map(String::as_str));
            let hint = near.map_or_else(
                || "; no service of this site declares it".to_owned(),
                |near| format!("; did you mean `{near}`?"),
            );
            format!("unknown kind `{}`{hint}", shown(name))
        })
    }

    /// The schema of a kind, if it is known.
    pub(crate) fn schema(&self, name: &str) -> Option<&Value> {
        self.kinds.get(name).map(|kind| &kind.schema)
    }

    /// Why an entity of a kind may not stand at a path; `None` where it may.
    pub(crate) fn misplaced(&self, name: &str, kind: &Kind, path: &str) -> Option<String> {
        let (section, rest) = path.split_once('/').map_or((path, None), |(a, b)| (a, Some(b)));
        let wanted = match kind.arrangement {
            Arrangement::Result if self.inputs.contains(section) => {
                return Some(format!(
                    "`{name}` is a result and cannot stand in the section `{section}` of inputs"
                ));
            }
            Arrangement::Result => return None,
            Arrangement::Single if path == kind.section => return None,
            Arrangement::Single => kind.section.clone(),
            Arrangement::Map | Arrangement::MapOfKinds => {
                let name = rest.is_some_and(|rest| !rest.contains('/'));
                if section == kind.section && name {
                    return None;
                }
                format!("{}/<name>", kind.section)
            }
        };
        Some(format!("a `{name}` stands at `{wanted}`"))
    }
}

/// What the services of the site declare, kept in the store.
pub(crate) struct Kinds {
    documents: Documents,
    now: RwLock<Arc<Catalog>>,
    /// One registration at a time.
    change: Turns,
    /// The revision of the mark that the catalog was read at.
    seen: AtomicU64,
}

impl Kinds {
    pub(crate) async fn open(documents: Documents) -> Result<Self, Failure> {
        let kinds = Self {
            change: Turns::new(documents.0.clone(), "services"),
            now: RwLock::new(Arc::new(Catalog::new(BTreeMap::new())?)),
            seen: AtomicU64::new(0),
            documents,
        };
        kinds.load(kinds.mark().await?).await?;
        Ok(kinds)
    }

    /// Grows with every registration, whichever process it came to.
    async fn mark(&self) -> Result<u64, Failure> {
        let record = self.documents.0.get_record(MARK, MARK).await.map_err(failure)?;
        Ok(record.map_or(0, |record| record.revision))
    }

    async fn load(&self, mark: u64) -> Result<(), Failure> {
        let mut services = BTreeMap::new();
        for held in self.documents.all::<Value>(SERVICES).await? {
            let service: ServiceDescription = api::json::from_value(&held.value)?;
            services.insert(service.name.clone(), service);
        }
        let own = own();
        services.insert(own.name.clone(), own);
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Catalog::new(services)?);
        self.seen.store(mark, Ordering::Release);
        Ok(())
    }

    /// What is declared now, also to other processes of this service.
    pub(crate) async fn fresh(&self) -> Result<Arc<Catalog>, Failure> {
        if self.documents.0.shared() {
            // The mark first: what is registered meanwhile is read again next time.
            let mark = self.mark().await?;
            if mark != self.seen.load(Ordering::Acquire) {
                self.load(mark).await?;
            }
        }
        Ok(self.catalog())
    }

    /// Tells other processes that there is something new.
    async fn set_mark(&self) -> Result<(), Failure> {
        let old = self.documents.0.get_record(MARK, MARK).await.map_err(failure)?;
        let old = old.map(|record| record.revision);
        let new = self.documents.0.put_record(MARK, MARK, old, "{}".into()).await.map_err(failure)?;
        self.seen.store(new, Ordering::Release);
        Ok(())
    }

    /// What this process knows.
    fn catalog(&self) -> Arc<Catalog> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All descriptions, by name.
    pub(crate) async fn describe(&self) -> Result<Vec<ServiceDescription>, Failure> {
        Ok(self.fresh().await?.services.values().cloned().collect())
    }

    /// Takes over what a service declares; what it declared before is replaced.
    pub(crate) async fn register(&self, service: ServiceDescription) -> Result<(), Failure> {
        check(&service)?;
        let _turn = self.change.take().await.map_err(failure)?;
        let catalog = self.fresh().await?;
        if catalog.services.get(&service.name) == Some(&service) {
            // Perhaps the process that wrote it came no further.
            return if self.documents.0.shared() { self.set_mark().await } else { Ok(()) };
        }
        agrees(&catalog, &service)?;
        let name = service.name.clone();
        let value = api::json::to_value(&service)?;
        let mut services = catalog.services.clone();
        services.insert(name.clone(), service);
        let next = Catalog::new(services)?;
        let old = self.documents.get::<Value>(SERVICES, &name).await?.map(|held| held.revision);
        self.documents.put(SERVICES, &name, old, &value).await?;
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        if self.documents.0.shared() {
            self.set_mark().await?;
        }
        tracing::info!(service = name, "service registered");
        Ok(())
    }
}

/// The kinds that every project has.
fn own() -> ServiceDescription {
    ServiceDescription {
        name: "project".to_owned(),
        title: "Project".to_owned(),
        description: "What every project has, whatever services a site runs.".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        kinds: base::common::kinds().iter().map(compute::kind_to_wire).collect(),
        ..ServiceDescription::default()
    }
}

/// Refuses a description that could not be the name's own.
fn check(service: &ServiceDescription) -> Result<(), Failure> {
    let name = &service.name;
    let label = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > 63 || !name.chars().all(label) || name == "project" {
        return Err(Code::Invalid
            .because(format!("`{}` is no name for a compute service", shown(name)))
            .remedy("use 1 to 63 characters of a-z, 0-9 and `-`"));
    }
    let names = service.kinds.iter().map(|k| &k.kind).chain(service.actions.iter().map(|a| &a.name));
    for word in names {
        if word.strip_prefix(name.as_str()).and_then(|rest| rest.strip_prefix('.')).is_none_or(str::is_empty)
        {
            return Err(Code::Invalid.because(format!(
                "the service `{name}` declares `{}`, which does not begin with `{name}.`",
                shown(word)
            )));
        }
    }
    let input = |kind: &&KindDescription| kind.arrangement() != Arrangement::Result;
    match service.kinds.iter().filter(input).find(|k| k.section.is_empty() || k.section.contains('/')) {
        Some(kind) => Err(Code::Invalid.because(format!("the kind `{}` names no section", kind.kind))),
        None => Ok(()),
    }
}

/// Refuses kinds that arrange a section otherwise than other services do.
fn agrees(catalog: &Catalog, service: &ServiceDescription) -> Result<(), Failure> {
    for kind in service.kinds.iter().filter(|kind| kind.arrangement() != Arrangement::Result) {
        let other = catalog
            .services
            .values()
            .filter(|other| other.name != service.name)
            .flat_map(|other| &other.kinds)
            .filter(|other| other.arrangement() != Arrangement::Result)
            .find(|other| other.section == kind.section && other.arrangement != kind.arrangement);
        if let Some(other) = other {
            return Err(Code::Invalid.because(format!(
                "`{}` and `{}` arrange the section `{}` in different ways",
                kind.kind, other.kind, kind.section
            )));
        }
    }
    Ok(())
}
