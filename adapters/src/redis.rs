//! A conveyor on Redis, in the form in which Celery keeps its queues there.

pub mod wire;
