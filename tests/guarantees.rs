//! What we promise, line by line, proven from outside: the programs are started as an operator
//! starts them, things are broken, and what the mail server took is counted.
//!
//! Each promise has a file of its name (`docs/GUARANTEES.md`). Where it holds both on many
//! machines (`PostgreSQL`, Redis) and on one (`SQLite`, nothing else), it is proven on both.

/// Makes tests of these promises, in each place where they hold.
macro_rules! promises {
    (
        $(everywhere: $($everywhere:ident),+;)?
        $(on servers: $($on_servers:ident),+;)?
        $(as usual: $($as_usual:ident),+;)?
    ) => {
        mod on_servers {
            $($(promise!(on_servers, $everywhere);)+)?
            $($(promise!(on_servers, $on_servers);)+)?
            $($(promise!(as_usual, $as_usual);)+)?
        }
        mod embedded {
            $($(promise!(embedded, $everywhere);)+)?
        }
    };
}

macro_rules! promise {
    ($place:ident, $promise:ident) => {
        #[tokio::test(flavor = "multi_thread")]
        async fn $promise() {
            super::$promise($crate::guarantees::fleet::Fleet::$place().await).await;
        }
    };
}

mod clocks;
mod crash_points;
mod faults;
mod fleet;
mod g1;
mod g10;
mod g11;
mod g12;
mod g2;
mod g3;
mod g4;
mod g5;
mod g6;
mod g7;
mod g8;
mod g9;
mod load;
mod tally;
mod whatever_breaks;

/// What a longer run is asked for by.
fn asked_for(variable: &str) -> Option<u64> {
    let value = std::env::var(variable).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{variable} is no number")),
    )
}
