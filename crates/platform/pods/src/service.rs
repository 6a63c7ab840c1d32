//! What is different for one service: options of local-session, from its configuration file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What is different for one service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Service {
    /// Its image.
    pub image: String,
    /// True where that is the image of the launcher, which has to be told what to run; without it so on Windows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launcher: Option<bool>,
    /// Operating system of its nodes; without it as for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<Os>,
    /// Architecture of its nodes; without it as for all.
    pub arch: String,
    /// A bare pod or a job; without it a job where its work can go on from a checkpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// MiB that its pods ask for at least; 0: as for all.
    pub memory: u64,
    /// Cores that its pods ask for at least; 0: as for all.
    pub cores: f64,
    /// Priority class of its pods.
    pub priority_class: String,
    /// Further labels of nodes to choose from.
    pub node_selector: BTreeMap<String, String>,
    /// Further tolerations.
    pub tolerations: Vec<Value>,
    /// Laid over the template of all.
    pub template: Map<String, Value>,
}

/// What an instance is in the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A pod.
    Pod,
    /// A job with one pod.
    Job,
}

/// Operating system of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Os {
    /// Linux.
    Linux,
    /// Windows.
    Windows,
}

impl Os {
    /// Where a folder of a container stands.
    pub(crate) fn place(self, folder: &str) -> String {
        match self {
            Self::Linux => format!("/{folder}"),
            Self::Windows => format!("C:\\{folder}"),
        }
    }
}
