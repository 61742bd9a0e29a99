//! The library behind the programs: it reads settings, tells what happens, and stops in order.

pub mod settings;
pub mod shutdown;
pub mod telemetry;
