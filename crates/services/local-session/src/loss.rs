//! What the end of an instance means for the work that it had.

use api::{Code, Failure};
use spawn::End;

/// Losses that a run outlives without getting on in between. Being moved is none.
const LOSSES: u32 = 5;

/// Why an attempt at a step gave no results.
pub(crate) enum Missed {
    /// The service said why, or the run was called off.
    Told(Failure),
    /// The service was not heard of any more.
    Silent(Failure),
    /// It still computes this run, for a connection that is gone.
    Underway(Failure),
}

impl Missed {
    pub(crate) fn is_told(&self) -> bool {
        matches!(self, Self::Told(_))
    }

    pub(crate) fn is_underway(&self) -> bool {
        matches!(self, Self::Underway(_))
    }

    pub(crate) fn failure(self) -> Failure {
        match self {
            Self::Told(failure) | Self::Silent(failure) | Self::Underway(failure) => failure,
        }
    }
}

impl From<Failure> for Missed {
    fn from(failure: Failure) -> Self {
        Self::Told(failure)
    }
}

/// Why a service that ended before it enrolled did so: for good, or worth another try.
pub(crate) fn failed_at_start(service: &str, end: &End) -> Failure {
    // What the cluster says of a pod that does not start is for people as it is.
    if let Some((code, words)) =
        end.last_words.as_ref().and_then(|words| Some((Code::named(&words.code)?, words)))
        && code.row().name.starts_with("cluster.")
    {
        return code
            .because(format!("`{service}` cannot start: {}", words.reason))
            .remedy(words.remedy.clone());
    }
    let code = permanent(end).unwrap_or(Code::Crashed);
    let failure = code.because(format!("`{service}` ended while it started: {}", end.describe()));
    // What it said itself names the thing; the table cannot.
    match end.last_words.as_ref().filter(|words| !words.remedy.is_empty()) {
        Some(words) => failure.remedy(words.remedy.clone()),
        None => failure,
    }
}

/// The code that an instance ended with, if another try cannot help.
fn permanent(end: &End) -> Option<Code> {
    if end.moved.is_some() {
        return None;
    }
    // Several codes share a number: what it said itself is the better word.
    let said = end.last_words.as_ref().and_then(|words| Code::named(&words.code));
    let code = said.or_else(|| end.code.filter(|&code| code != 0).and_then(Code::of_exit));
    code.filter(|code| !code.row().retryable)
}

/// Whether the loss of an instance can be answered by starting another one for the same run, which had so many losses
/// since it last got on.
pub(crate) fn worth_another(failure: &Failure, end: Option<&End>, losses: u32) -> Result<(), Failure> {
    if let Some(code) = end.and_then(permanent) {
        let why = end.map(End::describe).unwrap_or_default();
        let failure = code.because(format!("the service ended: {why}"));
        let remedy = end.and_then(|end| end.last_words.as_ref()).map(|words| words.remedy.clone());
        return Err(match remedy.filter(|remedy| !remedy.is_empty()) {
            Some(remedy) => failure.remedy(remedy),
            None => failure,
        });
    }
    if losses < LOSSES || end.is_some_and(|end| end.moved.is_some()) {
        return Ok(());
    }
    let Some(end) = end else { return Err(failure.clone()) };
    Err(Code::Crashed
        .because(format!("the service ended {} times, last: {}", losses + 1, end.describe()))
        .remedy("look at `opentwin logs`; the run can be started again and goes on from its checkpoint"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use spawn::Words;

    fn said(code: Code) -> End {
        let row = code.row();
        let (code, reason) = (row.name.to_owned(), "because".to_owned());
        let words = Words { code, reason, remedy: "do this".into(), exit_code: row.exit };
        End { code: Some(row.exit), last_words: Some(words), ..End::default() }
    }

    #[test]
    fn what_is_for_good_ends_the_run_and_a_move_never_does() {
        let lost = Code::Unavailable.because("lost");
        let failure = worth_another(&lost, Some(&said(Code::Memory)), 0).unwrap_err();
        assert_eq!((failure.code, failure.what_to_do()), (Code::Memory, "do this"));
        let crash = End { signal: Some(11), ..End::default() };
        assert!(worth_another(&lost, Some(&crash), LOSSES - 1).is_ok());
        assert_eq!(worth_another(&lost, Some(&crash), LOSSES).unwrap_err().code, Code::Crashed);
        let moved = End { moved: Some("its node is emptied".into()), ..End::default() };
        assert!(worth_another(&lost, Some(&moved), 99).is_ok());
    }

    #[test]
    fn what_the_cluster_says_is_told_as_it_is() {
        let failure = failed_at_start("echo", &said(Code::NoRoom));
        assert_eq!((failure.code, failure.what_to_do()), (Code::NoRoom, "do this"));
        let again = failed_at_start("echo", &said(Code::Busy));
        assert_eq!((again.code, again.what_to_do()), (Code::Crashed, "do this"));
    }
}
