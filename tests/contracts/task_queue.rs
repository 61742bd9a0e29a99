//! The laws of the task queue.

mod deaths;
mod due;
mod enqueuing;
mod offering;
mod settling;
mod suspects;
mod waiting;
