//! What `strace -f -y -xx` wrote, call by call.

use std::collections::HashMap;
use std::path::PathBuf;

/// A system call, or the beginning of one.
#[derive(Debug)]
pub enum Event {
    Begins { thread: u32, call: Call },
    Ends { thread: u32, call: Call, result: i64 },
}

/// Name and arguments, as written.
#[derive(Clone, Debug)]
pub struct Call {
    pub name: String,
    arguments: Vec<String>,
}

impl Call {
    /// A text or bytes in quotes.
    pub fn bytes(&self, argument: usize) -> Vec<u8> {
        let text = &self.arguments[argument];
        let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        unescaped(inner.unwrap_or_else(|| panic!("{text} is cut off")))
    }

    /// A path, below the folder that an argument before it may name.
    pub fn path(&self, argument: usize) -> PathBuf {
        let path = PathBuf::from(String::from_utf8(self.bytes(argument)).unwrap());
        match argument.checked_sub(1).and_then(|folder| self.opened(folder)) {
            Some(folder) if path.is_relative() => folder.join(path),
            _ => path,
        }
    }

    /// The path of an open file: `7</state/store.db>`.
    pub fn opened(&self, argument: usize) -> Option<PathBuf> {
        let (_, path) = self.arguments.get(argument)?.split_once('<')?;
        let path = String::from_utf8(unescaped(path.strip_suffix('>')?)).unwrap();
        path.starts_with('/').then(|| PathBuf::from(path))
    }

    /// The number of an open file.
    pub fn descriptor(&self, argument: usize) -> i64 {
        let text = &self.arguments[argument];
        text.split('<').next().and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{self:?}"))
    }

    pub fn number(&self, argument: usize) -> usize {
        self.arguments[argument].parse().unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// Whether a set of flags has one.
    pub fn has(&self, argument: usize, flag: &str) -> bool {
        self.arguments.get(argument).is_some_and(|flags| flags.split('|').any(|one| one == flag))
    }
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4);
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(hex) = rest.strip_prefix("\\x") {
            bytes.push(u8::from_str_radix(&hex[..2], 16).unwrap());
            rest = &hex[2..];
        } else {
            bytes.push(rest.as_bytes()[0]);
            rest = &rest[1..];
        }
    }
    bytes
}

/// All calls of a trace in their order.
pub fn read(text: &str) -> Vec<Event> {
    let mut events = Vec::new();
    let mut unfinished: HashMap<u32, String> = HashMap::new();
    for line in text.lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let (Ok(thread), rest) = (thread.parse::<u32>(), rest.trim_start()) else { continue };
        if rest.starts_with("---") || rest.starts_with("+++") {
            continue;
        }
        if let Some(begun) = rest.strip_suffix("<unfinished ...>") {
            let begun = begun.trim_end();
            if let Some(call) = call(begun) {
                events.push(Event::Begins { thread, call });
            }
            unfinished.insert(thread, begun.to_owned());
            continue;
        }
        let resumed = rest.strip_prefix("<... ").and_then(|rest| rest.split_once(" resumed>"));
        let whole = match resumed {
            Some((_, end)) => unfinished.remove(&thread).unwrap_or_default() + end,
            None => rest.to_owned(),
        };
        let Some((begun, result)) = whole.rsplit_once(" = ") else { continue };
        let result = result.split([' ', '<']).next().and_then(|number| number.parse().ok());
        let begun = begun.trim_end().strip_suffix(')').unwrap_or(begun);
        let (Some(call), Some(result)) = (call(begun), result) else { continue };
        if resumed.is_none() {
            events.push(Event::Begins { thread, call: call.clone() });
        }
        events.push(Event::Ends { thread, call, result });
    }
    events
}

fn call(text: &str) -> Option<Call> {
    let (name, arguments) = text.split_once('(')?;
    let arguments = arguments.trim_end().trim_end_matches(',').split(", ").map(str::to_owned).collect();
    Some(Call { name: name.to_owned(), arguments })
}
