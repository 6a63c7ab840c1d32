//! Who waits for a session while the site is full, in the order of coming.

use std::time::{Duration, Instant};

/// Who has not asked again for this long has gone away.
const PATIENCE: Duration = Duration::from_secs(30);

/// Projects that wait.
#[derive(Default)]
pub(crate) struct Waiting(Vec<(String, Instant)>);

impl Waiting {
    /// Takes note that a project waits; its place, from 1.
    pub(crate) fn ask(&mut self, project: &str, now: Instant) -> u32 {
        self.0.retain(|(known, asked)| known == project || now.saturating_duration_since(*asked) < PATIENCE);
        let index = match self.0.iter().position(|(known, _)| known == project) {
            Some(index) => index,
            None => {
                self.0.push((project.to_owned(), now));
                self.0.len() - 1
            }
        };
        self.0[index].1 = now;
        index as u32 + 1
    }

    /// True if nobody else came before.
    pub(crate) fn turn_of(&self, project: &str, now: Instant) -> bool {
        self.0
            .iter()
            .find(|(_, asked)| now.saturating_duration_since(*asked) < PATIENCE)
            .is_none_or(|(first, _)| first == project)
    }

    /// How many wait.
    pub(crate) fn count(&mut self, now: Instant) -> u32 {
        self.0.retain(|(_, asked)| now.saturating_duration_since(*asked) < PATIENCE);
        self.0.len() as u32
    }

    pub(crate) fn served(&mut self, project: &str) {
        self.0.retain(|(known, _)| known != project);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_kept_and_the_impatient_forgotten() {
        let start = Instant::now();
        let mut waiting = Waiting::default();
        assert_eq!((waiting.ask("a", start), waiting.ask("b", start)), (1, 2));
        assert!(waiting.turn_of("a", start) && !waiting.turn_of("b", start));
        assert_eq!(waiting.count(start), 2);
        let later = start + PATIENCE;
        assert_eq!(waiting.ask("b", later), 1);
        assert!(waiting.turn_of("b", later));
        waiting.served("b");
        assert!(waiting.turn_of("c", later));
    }
}
