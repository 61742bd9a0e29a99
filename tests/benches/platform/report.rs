//! One line a figure.

#![expect(clippy::print_stdout, reason = "figures are what a benchmark is for")]

pub(crate) fn heading() {
    line("what", "measured", "to reach");
    line("----", "--------", "--------");
}

pub(crate) fn line(what: &str, measured: &str, to_reach: &str) {
    println!("{what:<58} {measured:>24}   {to_reach}");
}

/// A row of a table with a column for each place where tasks may wait.
pub(crate) fn row(what: &str, cells: [String; 3]) {
    let [first, second, third] = cells;
    println!("{what:<58} {first:>14} {second:>14} {third:>14}");
}

/// Says where a server of the benchmark listens, as the programs do.
pub(crate) fn listens(url: &str) {
    println!("listens on {url}");
}
