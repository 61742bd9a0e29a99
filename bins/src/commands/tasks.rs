//! Mends the queue by hand.

use domain::ports::{Requeued, TaskQueueAdmin as _};
use domain::tasks::{QueueName, TaskId};

use super::{beside, is_sure};
use crate::output::tell;
use crate::program::Failure;
use crate::settings::Settings;
use crate::wiring::Platform;

/// Gives the buried task `id` another life.
///
/// # Errors
///
/// When there is no such buried task or the database cannot be used, or Redis.
pub async fn requeue(settings: Settings, id: String) -> Result<(), Failure> {
    let id = TaskId::try_from(id)?;
    let (platform, writer) = Platform::open(settings).await?;
    let mut requeued = beside(writer, platform.task_admin().requeue(&id)).await?;
    if let (Requeued::NotBuried, Some(redis)) = (requeued, platform.conveyor()) {
        requeued = redis.requeue(&id).await?;
    }
    match requeued {
        Requeued::Yes => tell(&format!("{id} waits again")),
        Requeued::NotBuried => return Err(format!("no buried task has the id {id}").into()),
    }
    Ok(())
}

/// Removes what waits in `queue` (the default queue when it is not named), after asking; on
/// Redis, if it is set, what Python sent there, too.
///
/// # Errors
///
/// When the database cannot be used, or Redis.
pub async fn purge(settings: Settings, queue: Option<String>, force: bool) -> Result<(), Failure> {
    let queue = match queue {
        Some(queue) => QueueName::try_from(queue)?,
        None => settings.routes.default_queue().clone(),
    };
    let lost =
        format!("Every waiting task of the queue {queue} will be lost, and its mails with it.");
    if !force && !is_sure(&lost)? {
        tell("nothing was removed");
        return Ok(());
    }
    let (platform, writer) = Platform::open(settings).await?;
    beside(writer, remove(&platform, &queue)).await
}

/// Removes what waits in the queues that a worker with `-Q names -X excluded` would serve, as its
/// `--purge` asks.
pub(crate) async fn purge_all(
    settings: Settings,
    names: &[String],
    excluded: &[String],
) -> Result<(), Failure> {
    let (platform, writer) = Platform::open(settings).await?;
    let queues = platform.queues(names, excluded)?;
    let removing = async {
        for queue in queues.names() {
            remove(&platform, queue).await?;
        }
        Ok(())
    };
    beside(writer, removing).await
}

async fn remove(platform: &Platform, queue: &QueueName) -> Result<(), Failure> {
    let removed = platform.task_admin().purge(queue).await?;
    tell(&format!(
        "removed {removed} waiting tasks of the queue {queue}"
    ));
    if let Some(redis) = platform.conveyor() {
        let removed = redis.purge(queue).await?;
        tell(&format!(
            "removed {removed} messages of the queue {queue} from redis"
        ));
    }
    Ok(())
}
