//! A run followed on the terminal: a bar with the time that is left, or plain lines.

use std::io::IsTerminal as _;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use api::v1::{Run, RunState, RunUpdate};
use api::{Code, Failure};
use client::{Client, Followed};
use indicatif::{ProgressBar, ProgressStyle};

use super::desk::Desk;
use super::output::Out;
use super::text;

/// Steps of the bar.
const LENGTH: u64 = 1000;

/// Plain lines come this often at least.
const OFTEN: Duration = Duration::from_secs(30);

/// Follows a run to its end, and ends as the run did.
pub(crate) async fn follow(
    desk: &Desk<'_>,
    client: &Client,
    run: &Run,
    cancel_on_interrupt: bool,
) -> Result<Run, Failure> {
    let display = Display::new(&desk.out);
    let mut asked_to_end = false;
    let ended = {
        let following = client.follow(&run.id, |followed| display.tell(followed));
        tokio::pin!(following);
        loop {
            tokio::select! {
                ended = &mut following => break ended?,
                _ = tokio::signal::ctrl_c() => {
                    if !cancel_on_interrupt || std::mem::replace(&mut asked_to_end, true) {
                        display.clear();
                        return Err(detached(run));
                    }
                    display.remark("asking the run to end; Ctrl-C once more leaves it");
                    client.cancel_run(run).await?;
                }
            }
        }
    };
    display.clear();
    if !desk.out.json() {
        summary(desk, &ended)?;
    }
    outcome(&ended)?;
    Ok(ended)
}

fn detached(run: &Run) -> Failure {
    let id = &run.id;
    Code::Cancelled
        .because(format!("the run {id} is not followed any more; it goes on"))
        .remedy(format!("`opentwin runs follow {id}` comes back to it, `opentwin runs cancel {id}` ends it"))
}

/// The failure of a run that did not succeed.
pub(crate) fn outcome(run: &Run) -> Result<(), Failure> {
    match (run.state(), &run.failure) {
        (RunState::Failed, Some(failure)) => Err(failure.clone().into()),
        (RunState::Failed, None) => Err(Code::Internal.because(format!("the run {} failed", run.id))),
        (RunState::Cancelled, _) => Err(Code::Cancelled.because(format!("the run {} was cancelled", run.id))),
        _ => Ok(()),
    }
}

fn summary(desk: &Desk<'_>, run: &Run) -> Result<(), Failure> {
    let took = match run.started_ms {
        0 => String::new(),
        started => format!(" in {}", text::duration((run.ended_ms - started) as f64 / 1000.0)),
    };
    let version = match run.result_version.as_str() {
        "" => String::new(),
        version => format!(", version {}", text::short(version)),
    };
    desk.out.line(&text::clean(&format!("{}: {}{took}{version}", what(run), text::state(run))))
}

/// What a run computes.
pub(crate) fn what(run: &Run) -> String {
    if run.target.is_empty() { run.action.clone() } else { format!("{} of {}", run.action, run.target) }
}

/// Shows how a run goes on.
struct Display<'a> {
    out: &'a Out,
    bar: Option<ProgressBar>,
    /// The last plain line, without what always changes, and when it was.
    last: Mutex<Option<(String, Instant)>>,
    lost: Mutex<bool>,
}

impl<'a> Display<'a> {
    fn new(out: &'a Out) -> Self {
        let wanted = !out.quiet() && !out.json() && std::io::stderr().is_terminal();
        let bar = wanted.then(|| {
            let bar = ProgressBar::new(LENGTH);
            bar.set_style(style("[{bar:30}] {wide_msg}"));
            bar
        });
        Self { out, bar, last: Mutex::default(), lost: Mutex::default() }
    }

    fn tell(&self, followed: Followed) -> ControlFlow<()> {
        match followed {
            Followed::Lost(failure) => {
                if !std::mem::replace(&mut *lock(&self.lost), true) {
                    self.remark(&format!("{failure}; trying again, the run goes on meanwhile"));
                }
            }
            Followed::Update(update) => {
                *lock(&self.lost) = false;
                self.update(&update);
                if self.out.json() {
                    // A reader who has gone is noticed below.
                    let _ = self.out.item(&*update);
                }
            }
        }
        if self.out.closed() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn update(&self, update: &RunUpdate) {
        if !update.log.is_empty() && update.level != "DEBUG" && update.level != "TRACE" && !self.out.json() {
            let mark = if update.level == "INFO" { String::new() } else { format!("{}: ", update.level) };
            self.remark(&format!("{mark}{}", update.log));
        }
        let Some(run) = &update.run else { return };
        if let Some(bar) = &self.bar {
            bar.set_position((run.progress.clamp(0.0, 1.0) * LENGTH as f64) as u64);
            bar.set_message(line(run));
        } else if !self.out.json() {
            self.plain(run);
        }
    }

    /// A line where the state or the step has changed, a tenth more is done, or it is long since the last.
    fn plain(&self, run: &Run) {
        let now = key(run);
        let mut last = lock(&self.last);
        if last.as_ref().is_none_or(|(known, at)| *known != now || at.elapsed() >= OFTEN) {
            *last = Some((now, Instant::now()));
            self.out.remark(&line(run));
        }
    }

    fn remark(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.out.remark(text)),
            None => self.out.remark(text),
        }
    }

    fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// What makes a new plain line: not the counts that a step tells after its name.
fn key(run: &Run) -> String {
    let step = run.step.split(':').next().unwrap_or_default();
    format!("{:?} {} {step} {}", run.state(), run.queue_position, (run.progress * 10.0).floor())
}

/// How far a run is, on one line.
fn line(run: &Run) -> String {
    let mut parts = vec![text::state(run)];
    if run.state() == RunState::Running {
        parts.push(run.step.clone());
        if run.eta_s >= 0.0 {
            parts.push(format!("{} left", text::duration(run.eta_s)));
        }
    }
    if run.restarts > 0 {
        parts.push(format!("restarted {}×", run.restarts));
    }
    parts.retain(|part| !part.is_empty());
    text::clean(&parts.join(" · "))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

/// A bar for bytes on their way; unseen where nobody looks.
pub(crate) fn bytes(desk: &Desk<'_>, what: &str) -> Transfer {
    let wanted = !desk.out.quiet() && !desk.out.json() && std::io::stderr().is_terminal();
    let bar = if wanted { ProgressBar::no_length() } else { ProgressBar::hidden() };
    bar.set_style(style("{wide_msg}"));
    Transfer { bar, what: text::clean(what) }
}

/// Bytes on their way.
#[derive(Clone)]
pub(crate) struct Transfer {
    bar: ProgressBar,
    what: String,
}

impl Transfer {
    /// Shows how many have come; with a bar and the time that is left where it is known how many there will be.
    pub(crate) fn at(&self, done: u64, whole: Option<u64>) {
        // What is known at the first step only has a bar from then on.
        if let Some(whole) = whole
            && self.bar.length() != Some(whole)
        {
            self.bar.set_style(style("[{bar:30}] {wide_msg}"));
            self.bar.set_length(whole);
        }
        self.bar.set_position(done);
        let left = whole.map(|_| self.bar.eta().as_secs_f64());
        self.bar.set_message(moved(&self.what, done, whole, self.bar.per_sec(), left));
    }

    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

/// How far a transfer is, on one line.
fn moved(what: &str, done: u64, whole: Option<u64>, per_second: f64, left: Option<f64>) -> String {
    let mut parts = vec![what.to_owned(), text::size(done)];
    if let (Some(whole), Some(part)) = (whole, parts.last_mut()) {
        *part = format!("{part} of {}", text::size(whole));
    }
    if per_second >= 1.0 {
        parts.push(format!("{}/s", text::size(per_second as u64)));
        // Without a rate there is no end.
        parts.extend(left.map(|left| format!("{} left", text::duration(left))));
    }
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_told_on_one_line() {
        let mut run = Run { progress: 0.429, step: "fit-td.solve".into(), eta_s: 75.0, ..Run::default() };
        run.set_state(RunState::Running);
        assert_eq!(line(&run), "running 42 % · fit-td.solve · 1 min 15 s left");
        run.eta_s = -1.0;
        run.restarts = 2;
        assert_eq!(line(&run), "running 42 % · fit-td.solve · restarted 2×");
        run.set_state(RunState::Queued);
        run.queue_position = 3;
        assert_eq!(line(&run), "queued (3) · restarted 2×");
    }

    #[test]
    fn a_transfer_tells_its_end_where_that_is_known() {
        let mib = 1 << 20;
        assert_eq!(
            moved("part.step", 12 * mib, Some(40 * mib), 4.0 * mib as f64, Some(7.0)),
            "part.step · 12.0 MiB of 40.0 MiB · 4.0 MiB/s · 7.0 s left"
        );
        assert_eq!(moved("iris", 12 * mib, None, 4.0 * mib as f64, None), "iris · 12.0 MiB · 4.0 MiB/s");
        assert_eq!(moved("part.step", 0, Some(40 * mib), 0.0, Some(0.0)), "part.step · 0 B of 40.0 MiB");
    }

    #[test]
    fn a_bar_is_as_long_as_what_is_moved() {
        let bar = ProgressBar::hidden();
        let transfer = Transfer { bar: bar.clone(), what: "part.step".into() };
        transfer.at(3, None);
        assert_eq!((bar.length(), bar.position()), (None, 3));
        transfer.at(5, Some(10));
        assert_eq!((bar.length(), bar.position()), (Some(10), 5));
    }

    #[test]
    fn plain_lines_come_with_steps_not_with_counts() {
        let at = |step: &str, progress| key(&Run { step: step.into(), progress, ..Run::default() });
        assert_eq!(at("Solve: step 50", 0.61), at("Solve: step 90", 0.62));
        assert_ne!(at("Solve: step 50", 0.69), at("Solve: step 90", 0.71));
        assert_ne!(at("Mesh", 0.6), at("Solve: step 1", 0.6));
    }

    #[test]
    fn a_run_ends_the_command_as_it_ended() {
        let mut run = Run { id: "r".into(), ..Run::default() };
        run.set_state(RunState::Failed);
        run.failure = Some((&Code::Diverged.because("fields grew without bound")).into());
        assert_eq!(outcome(&run).map_err(|f| f.code), Err(Code::Diverged));
        run.set_state(RunState::Cancelled);
        assert_eq!(outcome(&run).map_err(|f| f.code), Err(Code::Cancelled));
        run.set_state(RunState::Succeeded);
        assert!(outcome(&run).is_ok());
        assert_eq!(detached(&run).code.row().exit, 85);
    }
}
