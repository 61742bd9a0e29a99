//! What the machine says of itself and of this process. Where it says nothing, all is zero.

use std::fs;

use serde_json::{Value, json};

/// How many ticks of its clock Linux counts as a second for those who read `/proc`.
const TICKS: f64 = 100.0;

/// What this machine is called.
pub fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => "localhost".to_owned(),
        name => name.to_owned(),
    }
}

/// The load of the machine: of a minute, of five, of fifteen.
pub(super) fn load() -> [f64; 3] {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let mut words = text.split_ascii_whitespace();
    std::array::from_fn(|_| {
        words
            .next()
            .and_then(|word| word.parse().ok())
            .unwrap_or(0.0)
    })
}

/// What this process has used, by the names that Python has for it.
pub(super) fn usage() -> Value {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program may hold anything; behind its last bracket come numbers.
    let (_, numbers) = stat.rsplit_once(')').unwrap_or_default();
    let numbers: Vec<&str> = numbers.split_ascii_whitespace().collect();
    let number = |at: usize| numbers.get(at).and_then(|word| word.parse::<f64>().ok());
    let number = |at| number(at).unwrap_or(0.0);
    json!({
        "utime": number(11) / TICKS,
        "stime": number(12) / TICKS,
        "maxrss": status("VmHWM:"),
        "minflt": number(7),
        "majflt": number(9),
        "nvcsw": status("voluntary_ctxt_switches:"),
        "nivcsw": status("nonvoluntary_ctxt_switches:"),
    })
}

/// The number behind `name` in what Linux says of this process.
fn status(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let word = line.and_then(|line| line.split_ascii_whitespace().next());
    word.and_then(|word| word.parse().ok()).unwrap_or(0)
}

/// What the kernel calls itself.
pub(super) fn kernel() -> String {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease");
    release.unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_looked_at() {
        assert!(load().iter().all(|each| each.is_finite()));
        let usage = usage();
        assert!(usage["utime"].as_f64() >= Some(0.0));
        assert!(usage["maxrss"].as_u64() > Some(0), "{usage}");
        assert!(!kernel().is_empty());
    }
}
