//! What a disk holds after a power cut, from the system calls that a process made.
//!
//! The strictest reading of POSIX: bytes are safe once the file was synced, an entry of a folder once the folder was;
//! what was not synced is there, or not, or in part.

use std::collections::{BTreeMap, HashMap};
use std::path::{Component, Path, PathBuf};

/// A change of a file that was not synced yet.
#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Resize(usize),
}

#[derive(Clone, Default)]
struct File {
    now: Vec<u8>,
    safe: Vec<u8>,
    /// From `safe` to `now`.
    changes: Vec<Change>,
}

#[derive(Clone, Default)]
struct Folder {
    now: BTreeMap<String, usize>,
    safe: BTreeMap<String, usize>,
}

#[derive(Clone)]
enum Node {
    File(File),
    Folder(Folder),
}

/// What of a sync becomes safe when it ends: as things stood when it began.
pub enum Begun {
    File(usize, Vec<u8>, usize),
    Folder(usize, BTreeMap<String, usize>),
    Nothing,
}

/// A disk below one folder.
#[derive(Clone)]
pub struct Disk {
    root: PathBuf,
    nodes: Vec<Node>,
}

/// Decides what of the unsynced is there.
pub trait Chance {
    fn keep(&mut self) -> bool;
}

/// Nothing that was not synced is there.
pub struct Never;

impl Chance for Never {
    fn keep(&mut self) -> bool {
        false
    }
}

/// Each with one half, the same in every run of a test.
pub struct Coin(pub u64);

impl Chance for Coin {
    fn keep(&mut self) -> bool {
        // The constants of Knuth's MMIX generator.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 63 == 1
    }
}

impl Disk {
    /// An empty folder that was there before.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), nodes: vec![Node::Folder(Folder::default())] }
    }

    fn folder(&mut self, node: usize) -> &mut Folder {
        match &mut self.nodes[node] {
            Node::Folder(folder) => folder,
            Node::File(_) => panic!("a file is used as a folder"),
        }
    }

    fn file(&mut self, node: usize) -> &mut File {
        match &mut self.nodes[node] {
            Node::File(file) => file,
            Node::Folder(_) => panic!("a folder is used as a file"),
        }
    }

    /// The folder that a path lies in, and its name there; none for what lies elsewhere.
    fn place(&mut self, path: &Path) -> Option<(usize, String)> {
        let inner = path.strip_prefix(&self.root).ok()?.to_owned();
        let mut names: Vec<String> = inner
            .components()
            .map(|part| match part {
                Component::Normal(name) => name.to_str().unwrap().to_owned(),
                other => panic!("{other:?} in {}", path.display()),
            })
            .collect();
        let name = names.pop()?;
        let mut node = 0;
        for part in names {
            node = self.folder(node).now[&part];
        }
        Some((node, name))
    }

    /// What is at a path.
    pub fn find(&mut self, path: &Path) -> Option<usize> {
        if path == self.root {
            return Some(0);
        }
        let (folder, name) = self.place(path)?;
        self.folder(folder).now.get(&name).copied()
    }

    fn add(&mut self, path: &Path, node: Node) {
        let Some((folder, name)) = self.place(path) else { return };
        self.nodes.push(node);
        let number = self.nodes.len() - 1;
        self.folder(folder).now.insert(name, number);
    }

    pub fn make_folder(&mut self, path: &Path) {
        self.add(path, Node::Folder(Folder::default()));
    }

    /// Opens a file for writing, which makes or empties it as asked.
    pub fn open(&mut self, path: &Path, create: bool, truncate: bool) {
        match self.find(path) {
            Some(node) if truncate => self.resize(node, 0),
            None if create => self.add(path, Node::File(File::default())),
            _ => {}
        }
    }

    pub fn write(&mut self, node: usize, at: usize, bytes: &[u8]) {
        let file = self.file(node);
        let change = Change::Write(at, bytes.to_vec());
        apply(&mut file.now, &change);
        file.changes.push(change);
    }

    pub fn resize(&mut self, node: usize, size: usize) {
        let file = self.file(node);
        let change = Change::Resize(size);
        apply(&mut file.now, &change);
        file.changes.push(change);
    }

    pub fn rename(&mut self, from: &Path, to: &Path) {
        let (Some((old, name)), Some((new, as_name))) = (self.place(from), self.place(to)) else { return };
        let Some(node) = self.folder(old).now.remove(&name) else { return };
        self.folder(new).now.insert(as_name, node);
    }

    pub fn remove(&mut self, path: &Path) {
        if let Some((folder, name)) = self.place(path) {
            self.folder(folder).now.remove(&name);
        }
    }

    /// A sync begins.
    pub fn begin_sync(&mut self, path: &Path) -> Begun {
        let Some(node) = self.find(path) else { return Begun::Nothing };
        match &self.nodes[node] {
            Node::File(file) => Begun::File(node, file.now.clone(), file.changes.len()),
            Node::Folder(folder) => Begun::Folder(node, folder.now.clone()),
        }
    }

    /// A sync has ended well.
    pub fn end_sync(&mut self, begun: Begun) {
        match begun {
            Begun::File(node, bytes, changes) => {
                let file = self.file(node);
                file.safe = bytes;
                file.changes.drain(..changes);
            }
            Begun::Folder(node, entries) => self.folder(node).safe = entries,
            Begun::Nothing => {}
        }
    }

    /// Writes what is there after a power cut at this moment into a folder.
    pub fn cut(&self, into: &Path, chance: &mut dyn Chance) {
        let mut folders = vec![(0, into.to_owned())];
        let mut written: HashMap<usize, Vec<u8>> = HashMap::new();
        while let Some((node, path)) = folders.pop() {
            let Node::Folder(folder) = &self.nodes[node] else { continue };
            std::fs::create_dir_all(&path).unwrap();
            let mut entries = folder.safe.clone();
            for name in folder.safe.keys().chain(folder.now.keys()) {
                if folder.safe.get(name) != folder.now.get(name) && chance.keep() {
                    match folder.now.get(name) {
                        Some(node) => entries.insert(name.clone(), *node),
                        None => entries.remove(name),
                    };
                }
            }
            for (name, node) in entries {
                match &self.nodes[node] {
                    Node::Folder(_) => folders.push((node, path.join(name))),
                    Node::File(file) => {
                        let bytes = written.entry(node).or_insert_with(|| after_cut(file, chance));
                        std::fs::write(path.join(name), bytes).unwrap();
                    }
                }
            }
        }
    }
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Resize(size) => bytes.resize(*size, 0),
        Change::Write(at, new) => {
            if bytes.len() < at + new.len() {
                bytes.resize(at + new.len(), 0);
            }
            bytes[*at..at + new.len()].copy_from_slice(new);
        }
    }
}

fn after_cut(file: &File, chance: &mut dyn Chance) -> Vec<u8> {
    let mut bytes = file.safe.clone();
    for change in &file.changes {
        if chance.keep() {
            apply(&mut bytes, change);
        }
    }
    bytes
}
