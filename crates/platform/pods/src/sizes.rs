//! How large a pod is made for a demand.

use api::{Code, Failure};
use spawn::Size;

use crate::options::Options;

const MIB: u64 = 1 << 20;

/// The size of a pod that shall hold `demand`: at least what the options ask for, in steps, so that an instance can
/// serve the next run as well where that is a little larger.
pub(crate) fn room(options: &Options, service: &str, demand: &Size) -> Result<Size, Failure> {
    let own = options.services.get(service);
    let memory = own.map(|s| s.memory).filter(|&m| m > 0).unwrap_or(options.memory).saturating_mul(MIB);
    let cores = own.map(|s| s.cores).filter(|&c| c > 0.0).unwrap_or(options.cores);
    let (most, most_cores) = (options.most_memory.saturating_mul(MIB), options.most_cores);
    if most > 0 && demand.memory > most {
        let (needed, most) = (demand.memory.div_ceil(MIB), options.most_memory);
        return Err(Code::Memory
            .because(format!(
                "`{service}` needs about {needed} MiB for this, but one pod may have {most} MiB"
            ))
            .remedy("coarsen the mesh, or raise `kubernetes.most-memory`"));
    }
    let mut size =
        Size { memory: step(demand.memory.max(memory)), cores: core_step(demand.cores.max(cores).max(0.05)) };
    if most > 0 {
        size.memory = size.memory.min(most);
    }
    if most_cores > 0.0 {
        // With fewer cores it takes longer, but it works.
        size.cores = size.cores.min(most_cores);
    }
    Ok(size)
}

/// Up to the next of four steps an octave, in whole MiB.
fn step(bytes: u64) -> u64 {
    let mib = bytes.div_ceil(MIB).max(1);
    let octave = 1_u64 << mib.ilog2();
    let quarter = (octave / 4).max(1);
    mib.div_ceil(quarter).saturating_mul(quarter).saturating_mul(MIB)
}

/// Up to the next twentieth of a core below one, and to whole cores from there.
fn core_step(cores: f64) -> f64 {
    if cores <= 1.0 { (cores * 20.0 - 1e-9).ceil() / 20.0 } else { (cores - 1e-9).ceil() }
}

/// As Kubernetes writes memory.
pub(crate) fn memory(bytes: u64) -> String {
    format!("{}Mi", bytes.div_ceil(MIB))
}

/// As Kubernetes writes cores.
pub(crate) fn cores(cores: f64) -> String {
    format!("{}m", (cores * 1000.0).ceil())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn sizes_go_in_steps_from_the_least() {
        let options = Options { memory: 256, cores: 0.25, ..Options::default() };
        let of = |memory, cores| room(&options, "echo", &Size { memory: memory * MIB, cores }).unwrap();
        assert_eq!(of(0, 0.0), Size { memory: 256 * MIB, cores: 0.25 });
        assert_eq!(of(257, 1.0), Size { memory: 320 * MIB, cores: 1.0 });
        assert_eq!(of(5000, 2.2), Size { memory: 5120 * MIB, cores: 3.0 });
        assert_eq!((memory(of(5000, 0.0).memory), cores(0.3)), ("5120Mi".to_owned(), "300m".to_owned()));
        assert!(of(u64::MAX / MIB, 1.0).memory > u64::MAX / 2);
    }

    #[test]
    fn more_than_a_pod_may_have_is_refused_with_the_numbers() {
        let options = Options { most_memory: 1000, most_cores: 4.0, ..Options::default() };
        let of = |memory| room(&options, "echo", &Size { memory: memory * MIB, cores: 9.0 });
        assert_eq!(of(990).unwrap(), Size { memory: 1000 * MIB, cores: 4.0 });
        let failure = of(1001).unwrap_err();
        assert_eq!(failure.code, Code::Memory);
        assert!(failure.message.contains("1001 MiB") && failure.message.contains("1000 MiB"), "{failure}");
    }
}
