//! One line a figure.

use std::io::Write;

pub(crate) fn heading() {
    line("what", "measured", "to reach");
    line("----", "--------", "--------");
}

pub(crate) fn line(what: &str, measured: &str, to_reach: &str) {
    writeln!(std::io::stdout(), "{what:<58} {measured:>24}   {to_reach}").unwrap();
}
