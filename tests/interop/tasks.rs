//! The tasks of the contract: what each takes, and what it does.

mod arithmetic;
mod failing;
mod record;

use domain::tasks::Router;

use arithmetic::{AddHandler, EchoHandler, ErrbackHandler, SleepHandler};
use failing::{FailHandler, RejectHandler, RetryHandler};
use record::RecordHandler;

/// Knows who does which task on the worker called `node`.
pub(crate) fn router(node: &str) -> Router {
    let record = RecordHandler::on(node);
    Router::default()
        .route(AddHandler)
        .route(EchoHandler)
        .route(ErrbackHandler)
        .route(FailHandler)
        .route(RejectHandler::default())
        .route::<record::Record>(record.clone())
        .route::<record::RecordLate>(record)
        .route(RetryHandler)
        .route(SleepHandler)
}
