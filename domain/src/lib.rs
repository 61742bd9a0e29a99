//! What is true on the platform: its nouns, its rules, its use cases, and the ports
//! through which it asks for everything else.
//!
//! Nothing here knows of a runtime, a database, a wire or a mail server. Read
//! [`model`] for the nouns, [`ports`] for the questions, [`tasks`] for work done
//! later, [`schedules`] for work due at times, [`relay`] for work on its way,
//! [`use_cases`] for the stories.

pub mod beat;
pub mod model;
pub mod ports;
pub mod relay;
pub mod schedules;
pub mod tasks;
pub mod use_cases;
