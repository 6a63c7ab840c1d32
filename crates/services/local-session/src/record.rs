//! What stands in the record of a run: its end, what people see of it, how large it may grow.

use api::Failure;
use api::v1::{Run, RunState};
use runtime::caller::now_ms;

/// Bytes that are kept of a text without bounds.
const TEXT: usize = 1 << 10;

/// A run as people may see it.
pub(crate) fn told(run: &Run) -> Run {
    Run { assertion: None, ..run.clone() }
}

/// True once nothing more will happen to it.
pub(crate) fn ended(run: &Run) -> bool {
    matches!(run.state(), RunState::Succeeded | RunState::Failed | RunState::Cancelled)
}

/// Marks a run as ended.
pub(crate) fn end(run: &mut Run, state: RunState, failure: Option<&Failure>) {
    run.set_state(state);
    run.ended_ms = now_ms();
    run.queue_position = 0;
    run.eta_s = 0.0;
    run.failure = failure.map(Into::into);
}

/// Drops what a record can do without: one that is too large could never end.
pub(crate) fn shorten(run: &mut Run) {
    run.warnings.clear();
    run.arguments.clear();
    run.checkpoints.clear();
    run.step = cut(&run.step);
    if let Some(failure) = &mut run.failure {
        failure.places.clear();
        failure.message = cut(&failure.message);
        failure.remedy = cut(&failure.remedy);
    }
}

/// The beginning of a text.
pub(crate) fn cut(text: &str) -> String {
    let end = text.floor_char_boundary(TEXT);
    if end == text.len() { text.to_owned() } else { format!("{}…", &text[..end]) }
}
