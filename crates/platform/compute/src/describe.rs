//! What a service declares.

use api::v1::{
    ActionDescription, Amount as WireAmount, Arrangement, Demand, KindDescription, Ribbon,
    ServiceDescription, Term, ViewDescription,
};
use base::kind::KindDescriptor;
use schemars::JsonSchema;

use crate::convert::{kind_to_wire, result_schema, with_units};

/// A service's description, put together piece by piece.
#[derive(Clone, Debug)]
pub struct Description(ServiceDescription);

impl Description {
    /// A service of this name. `version` changes whenever the same inputs may give other results.
    pub fn new(name: &str, title: &str, version: &str) -> Self {
        Self(ServiceDescription {
            name: name.to_owned(),
            title: title.to_owned(),
            version: version.to_owned(),
            ..ServiceDescription::default()
        })
    }

    /// One sentence on what it is for.
    #[must_use]
    pub fn about(mut self, text: &str) -> Self {
        self.0.description = text.to_owned();
        self
    }

    /// A kind that users write.
    #[must_use]
    pub fn kind(mut self, icon: &str, kind: KindDescriptor) -> Self {
        self.0.kinds.push(KindDescription { icon: icon.to_owned(), ..kind_to_wire(&kind) });
        self
    }

    /// A kind that the service computes.
    #[must_use]
    pub fn result_kind(mut self, icon: &str, kind: &str, title: &str, description: &str) -> Self {
        self.0.kinds.push(KindDescription {
            kind: kind.to_owned(),
            title: title.to_owned(),
            description: description.to_owned(),
            icon: icon.to_owned(),
            arrangement: Arrangement::Result.into(),
            schema: r#"{"type":"object"}"#.to_owned(),
            ..KindDescription::default()
        });
        self
    }

    /// Files that people may ask for of a result kind declared before: where its entities stand, and their blobs that are
    /// such files. In the path a kind in braces stands for the names of its entities:
    /// `results/{fit-td.solver}/fields/{fit-td.monitor}`; one that ends in `.` for all kinds that begin so.
    #[must_use]
    pub fn files(mut self, kind: &str, path: &str, formats: &[&str]) -> Self {
        for known in self.0.kinds.iter_mut().filter(|known| known.kind == kind) {
            known.schema = result_schema(path, formats);
        }
        self
    }

    /// Units of the numbers in the properties of a result kind declared before, to be called after [`Self::files`]: by JSON
    /// pointers, where `*` stands for each item of a list. A unit holds for all numbers at its place and below; it is SI
    /// without a prefix, or `dB`; or it is a pointer to the property that names it.
    #[must_use]
    pub fn units(mut self, kind: &str, units: &[(&str, &str)]) -> Self {
        for known in self.0.kinds.iter_mut().filter(|known| known.kind == kind) {
            known.schema = with_units(&known.schema, units);
        }
        self
    }

    /// An action.
    #[must_use]
    pub fn action(mut self, action: Action) -> Self {
        self.0.actions.push(action.0);
        self
    }

    /// A view.
    #[must_use]
    pub fn view(mut self, view: View) -> Self {
        self.0.views.push(view.0);
        self
    }

    /// As the contract says it.
    pub fn into_wire(self) -> ServiceDescription {
        self.0
    }
}

/// An action, put together piece by piece.
#[derive(Clone, Debug)]
pub struct Action(ActionDescription);

impl Action {
    /// An action of this name (`<service>.<verb>`).
    pub fn new(name: &str, label: &str) -> Self {
        Self(ActionDescription { name: name.to_owned(), label: label.to_owned(), ..Default::default() })
    }

    /// What it does.
    #[must_use]
    pub fn about(mut self, text: &str) -> Self {
        self.0.description = text.to_owned();
        self
    }

    /// Its place in the ribbon.
    #[must_use]
    pub fn ribbon(mut self, icon: &str, tab: &str, group: &str, order: u32) -> Self {
        self.0.icon = icon.to_owned();
        self.0.ribbon = Some(Ribbon { tab: tab.to_owned(), group: group.to_owned(), order });
        self
    }

    /// Kinds of the entity that it is asked of.
    #[must_use]
    pub fn target(mut self, kinds: &[&str]) -> Self {
        self.0.targets = owned(kinds);
        self
    }

    /// What it is asked with: the type's JSON Schema becomes a form, and [`Job::arguments`](crate::Job::arguments)
    /// gives what was filled in. The result is stale where the same arguments would give another one.
    #[must_use]
    pub fn arguments<T: JsonSchema>(mut self) -> Self {
        self.0.arguments = schemars::schema_for!(T).as_value().to_string();
        self
    }

    /// Actions whose results it needs.
    #[must_use]
    pub fn requires(mut self, actions: &[&str]) -> Self {
        self.0.requires = owned(actions);
        self
    }

    /// Kinds that it reads, besides the target and what the required actions wrote.
    #[must_use]
    pub fn reads(mut self, kinds: &[&str]) -> Self {
        self.0.reads = owned(kinds);
        self
    }

    /// Path of what it writes; `{target}` stands for the target's last name.
    #[must_use]
    pub fn result(mut self, path: &str) -> Self {
        self.0.result = path.to_owned();
        self
    }

    /// It saves checkpoints and can go on from one.
    #[must_use]
    pub fn resumable(mut self) -> Self {
        self.0.resumable = true;
        self
    }

    /// Bytes of memory that it needs, with those of the program.
    #[must_use]
    pub fn memory(mut self, bytes: Amount) -> Self {
        self.0.demand.get_or_insert_with(Demand::default).memory = Some(bytes.0);
        self
    }

    /// Cores that it can make use of.
    #[must_use]
    pub fn cores(mut self, cores: Amount) -> Self {
        self.0.demand.get_or_insert_with(Demand::default).cores = Some(cores.0);
        self
    }
}

/// How much of something an action needs, from above: a base, and so much more for numbers that stand in entities.
///
/// ```
/// // 100 MB, and 64 bytes for each cell of the grid.
/// compute::Amount::of(1e8).plus("grid", "/statistics/cells", 64.0);
/// ```
#[derive(Clone, Debug)]
pub struct Amount(WireAmount);

impl Amount {
    /// So much in any case.
    pub fn of(base: f64) -> Self {
        Self(WireAmount { base, ..WireAmount::default() })
    }

    /// And `factor` times the number at a JSON pointer into the properties of the entity at `path` (`{target}` for the
    /// target).
    #[must_use]
    pub fn plus(mut self, path: &str, property: &str, factor: f64) -> Self {
        self.0.terms.push(Term { path: path.to_owned(), property: property.to_owned(), factor });
        self
    }

    /// But no more than that.
    #[must_use]
    pub fn at_most(mut self, most: f64) -> Self {
        self.0.most = most;
        self
    }
}

/// A view of a kind.
#[derive(Clone, Debug)]
pub struct View(ViewDescription);

impl View {
    /// `view` is one of `scene`, `series`, `table`, `smith`, `field`.
    pub fn new(kind: &str, view: &str, label: &str) -> Self {
        Self(ViewDescription {
            kind: kind.to_owned(),
            view: view.to_owned(),
            label: label.to_owned(),
            settings: String::new(),
        })
    }

    /// Settings of the view.
    #[must_use]
    pub fn settings(mut self, settings: &serde_json::Value) -> Self {
        self.0.settings = settings.to_string();
        self
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}
