//! The library behind the programs: it reads settings, wires adapters to ports, runs the
//! loops, tells what happens, and stops in order.

pub mod arguments;
pub mod commands;
mod housekeeping;
mod node_name;
mod output;
pub mod program;
mod relaying;
pub mod roles;
pub mod settings;
pub mod shutdown;
pub mod telemetry;
mod ticker;
mod wiring;
