//! The names and numbers of signals.

use domain::tasks::Signal;

use super::{ArgumentError, Arguments};

/// The names of Linux' signals, the first of which has the number 1.
const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
    "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];
/// The greatest number of a signal.
const LAST: u8 = 64;

impl Arguments<'_> {
    /// A signal by its name, with or without `SIG`, or by its number; `TERM` if none is said.
    pub(super) fn signal(self, name: &'static str) -> Result<Signal, ArgumentError> {
        let fault = "is not the name or the number of a signal";
        let words = self.words(name)?;
        if words.is_empty() {
            return Ok(Signal::TERM);
        }
        signal(&words).ok_or(ArgumentError { name, fault })
    }
}

fn signal(words: &str) -> Option<Signal> {
    if let Ok(number) = words.parse() {
        return (1..=LAST).contains(&number).then_some(Signal(number));
    }
    let name = words.to_ascii_uppercase();
    let name = name.strip_prefix("SIG").unwrap_or(&name);
    let place = NAMES.iter().position(|each| *each == name)?;
    u8::try_from(place + 1).ok().map(Signal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_has_a_name_or_a_number() {
        for (words, number) in [
            ("SIGKILL", Some(9)),
            ("KILL", Some(9)),
            ("term", Some(15)),
            ("USR1", Some(10)),
            ("SYS", Some(31)),
            ("9", Some(9)),
            ("64", Some(64)),
            ("0", None),
            ("65", None),
            ("-9", None),
            ("SIG", None),
            ("BOGUS", None),
        ] {
            assert_eq!(signal(words), number.map(Signal), "{words}");
        }
    }
}
