//! What ports send, and at which frequencies they send nothing.

use base::units::{self, Dimension};
use fit::{Excitation, Problem};

/// A pulse that has fallen below this part of its peak, 40 dB, is taken for none: what a monitor divides by it is noise.
const LEAST: f64 = 0.01;

/// Whether waves of a frequency (Hz) carry power through a port with that cut-off; lumped ports have none, which is 0.
pub(crate) fn travels(cutoff: f64, frequency: f64) -> bool {
    cutoff == 0.0 || frequency > cutoff
}

/// Whether a driven port sends enough at a frequency (Hz) for fields to be told for 1 W.
pub(crate) fn sends(band: Excitation, cutoff: f64, frequency: f64) -> bool {
    travels(cutoff, frequency) && band.above(cutoff).level(frequency) >= LEAST
}

/// Ports whose S-parameters begin below their cut-off, which makes those doubtful.
pub(crate) fn ports(problem: &Problem, cutoffs: &[f64], target: &str) -> Vec<String> {
    let frequencies = problem.frequencies();
    let below =
        problem.ports.iter().zip(cutoffs).filter(|(_, fc)| !frequencies.iter().all(|f| travels(**fc, *f)));
    grouped(below.map(|(port, fc)| (hertz(*fc), port.name.as_str())))
        .into_iter()
        .map(|(cutoff, names)| {
            let (ports, its) = match names.len() {
                1 => ("port", "its"),
                _ => ("ports", "their"),
            };
            format!(
                "{ports} {}: S below {its} cut-off of {cutoff} is not meaningful: raise `fmin` of `{target}`",
                list(&names)
            )
        })
        .collect()
}

/// Frequencies of monitors at which a driven port sends nothing, so that nothing is recorded.
pub(crate) fn monitors(problem: &Problem, cutoffs: &[f64]) -> Vec<String> {
    let mut found = Vec::new();
    for monitor in &problem.monitors {
        let fit::Recording::Frequencies(wanted) = &monitor.recording else { continue };
        let driven = problem.ports.iter().zip(cutoffs).filter(|(port, _)| port.active);
        let missing = driven.filter_map(|(port, &cutoff)| {
            let silent = wanted.iter().filter(|f| !sends(problem.excitation, cutoff, **f));
            let silent: Vec<String> = silent.map(|f| hertz(*f)).collect();
            let band = problem.excitation.above(cutoff);
            let text = format!(
                "{}, outside of the band from {} to {}",
                silent.join(", "),
                hertz(band.fmin),
                hertz(band.fmax)
            );
            (!silent.is_empty()).then_some((text, port.name.as_str()))
        });
        found.extend(grouped(missing).into_iter().map(|(text, names)| {
            let ports = if names.len() == 1 { "port" } else { "ports" };
            format!(
                "`monitors/{}` records no field of {ports} {} at {text}, where next to nothing is sent: change its \
                 `frequencies`, or the band of the solver",
                monitor.name,
                list(&names)
            )
        }));
    }
    found
}

/// Names by what is said of them, in the order in which it is first said.
fn grouped<'a>(said: impl Iterator<Item = (String, &'a str)>) -> Vec<(String, Vec<&'a str>)> {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for (text, name) in said {
        match groups.iter_mut().find(|(known, _)| *known == text) {
            Some((_, names)) => names.push(name),
            None => groups.push((text, vec![name])),
        }
    }
    groups
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Four digits say where a band begins.
fn hertz(f: f64) -> String {
    units::format(format!("{f:.3e}").parse().unwrap_or(f), Dimension::FREQUENCY)
}
