//! The objects: made, changed, ended, collected.

use serde_json::{Value, json};

use super::{Change, Cluster, Happening, Refusal, lock};
use crate::manifest::merge;

/// Plural and name of an object; there is one namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Such as `pods`.
    pub plural: String,
    /// Its name.
    pub name: String,
}

impl Key {
    fn new(plural: &str, name: &str) -> Self {
        Self { plural: plural.to_owned(), name: name.to_owned() }
    }
}

impl Cluster {
    /// Takes note of a call; refuses it where the test wants that.
    pub(super) fn call(&self, verb: &str, object: &Value) -> Result<(), Refusal> {
        self.state().calls.push(verb.to_owned());
        let admission = lock(&self.0.admission);
        admission.as_ref().and_then(|admit| admit(verb, object)).map_or(Ok(()), Err)
    }

    /// Makes an object; the pod of a job, too.
    pub(super) fn create(&self, plural: &str, object: Value) -> Result<Value, Refusal> {
        self.call(&format!("create {plural}"), &object)?;
        let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        if self.state().objects.contains_key(&Key::new(plural, &name)) {
            return Err((409, "AlreadyExists", format!("{plural} \"{name}\" already exists")));
        }
        let made = self.insert(plural, object);
        if plural == "jobs" {
            self.work(&made);
        }
        Ok(made)
    }

    /// Puts an object in, with a version and an identity of its own.
    pub(super) fn insert(&self, plural: &str, mut object: Value) -> Value {
        let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        {
            let mut state = self.state();
            state.made += 1;
            object["metadata"]["uid"] = json!(format!("uid-{}", state.made));
            object["metadata"]["namespace"] = json!("default");
        }
        self.write(Key::new(plural, &name), object.clone(), "ADDED");
        if plural == "pods" {
            self.tell_kubelet(Happening::Made(object.clone()));
        }
        object
    }

    /// What the controller of jobs does.
    fn work(&self, job: &Value) {
        let name = job["metadata"]["name"].as_str().unwrap_or_default();
        let mut pod = job["spec"]["template"].clone();
        pod["apiVersion"] = json!("v1");
        pod["kind"] = json!("Pod");
        pod["metadata"]["name"] = json!(format!("{name}-x7k2p"));
        pod["metadata"]["labels"]["batch.kubernetes.io/job-name"] = json!(name);
        let owner =
            json!({"apiVersion": "batch/v1", "kind": "Job", "name": name, "uid": job["metadata"]["uid"]});
        pod["metadata"]["ownerReferences"] = json!([owner]);
        if let Err((_, _, message)) = self.call("create pods", &pod) {
            self.warn(name, "FailedCreate", &format!("Error creating: {message}"));
            return;
        }
        self.insert("pods", pod);
    }

    /// Lays a change over an object; false where there is none of that name.
    pub(super) fn change(&self, plural: &str, name: &str, patch: &Value) -> Option<Value> {
        let key = Key::new(plural, name);
        let mut object = self.state().objects.get(&key).cloned()?;
        merge(&mut object, patch);
        self.write(key, object.clone(), "MODIFIED");
        Some(object)
    }

    fn write(&self, key: Key, mut object: Value, what: &'static str) {
        let mut state = self.state();
        let version = *self.0.version.borrow() + 1;
        object["metadata"]["resourceVersion"] = json!(version.to_string());
        let plural = key.plural.clone();
        match what {
            "DELETED" => drop(state.objects.remove(&key)),
            _ => drop(state.objects.insert(key, object.clone())),
        }
        state.log.push(Change { version, plural, what, object });
        // Under the lock, so that no two changes have one version.
        self.0.version.send_replace(version);
    }

    /// Ends an object: pods with a kubelet in their time, all else at once.
    pub(super) fn ask_to_end(&self, plural: &str, name: &str, grace: Option<u64>) -> bool {
        let key = Key::new(plural, name);
        let Some(object) = self.state().objects.get(&key).cloned() else { return false };
        let own = object["spec"]["terminationGracePeriodSeconds"].as_u64().unwrap_or(30);
        let grace = grace.unwrap_or(own);
        let started = !object["status"]["containerStatuses"].is_null();
        let over = object["status"]["containerStatuses"][0]["state"]["terminated"].is_object();
        if plural == "pods" && grace > 0 && started && !over {
            let patch = json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z",
                "deletionGracePeriodSeconds": grace}});
            if let Some(object) = self.change(plural, name, &patch) {
                self.tell_kubelet(Happening::AskedToEnd(object, grace));
            }
            return true;
        }
        self.remove(plural, name);
        true
    }

    /// Removes an object and what it owns.
    pub fn remove(&self, plural: &str, name: &str) {
        let key = Key::new(plural, name);
        let Some(object) = self.state().objects.get(&key).cloned() else { return };
        self.write(key, object.clone(), "DELETED");
        if plural == "pods" {
            self.tell_kubelet(Happening::Removed(object.clone()));
        }
        let uid = object["metadata"]["uid"].clone();
        let owned: Vec<Key> = {
            let state = self.state();
            let owned = |object: &Value| {
                object["metadata"]["ownerReferences"]
                    .as_array()
                    .is_some_and(|o| o.iter().any(|o| o["uid"] == uid))
            };
            state.objects.iter().filter(|(_, object)| owned(object)).map(|(key, _)| key.clone()).collect()
        };
        for key in owned {
            self.ask_to_end(&key.plural, &key.name, None);
        }
    }
}
