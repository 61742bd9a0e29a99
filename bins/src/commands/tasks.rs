//! Mends the queue by hand.

use std::io::{self, Write};

use domain::ports::Requeued;
use domain::tasks::{QueueName, TaskId};

use super::beside;
use crate::output::tell;
use crate::program::Failure;
use crate::settings::Settings;
use crate::wiring::Platform;

/// Gives the buried task `id` another life.
///
/// # Errors
///
/// When there is no such buried task or the database cannot be used.
pub async fn requeue(settings: Settings, id: String) -> Result<(), Failure> {
    let id = TaskId::try_from(id)?;
    let (platform, writer) = Platform::open(settings).await?;
    match beside(writer, platform.task_admin().requeue(&id)).await? {
        Requeued::Yes => tell(&format!("{id} waits again")),
        Requeued::NotBuried => return Err(format!("no buried task has the id {id}").into()),
    }
    Ok(())
}

/// Removes what waits in `queue` (the default queue when it is not named), after asking.
///
/// # Errors
///
/// When the database cannot be used.
pub async fn purge(settings: Settings, queue: Option<String>, force: bool) -> Result<(), Failure> {
    let queue = queue.unwrap_or_else(|| settings.worker.default_queue.clone());
    let queue = QueueName::try_from(queue)?;
    if !force && !is_sure(&queue)? {
        tell("nothing was removed");
        return Ok(());
    }
    let (platform, writer) = Platform::open(settings).await?;
    let removed = beside(writer, platform.task_admin().purge(&queue)).await?;
    tell(&format!(
        "removed {removed} waiting tasks of the queue {queue}"
    ));
    Ok(())
}

fn is_sure(queue: &QueueName) -> io::Result<bool> {
    let mut console = io::stdout().lock();
    write!(
        console,
        "Every waiting task of the queue {queue} will be lost, and its mails with it. Are you sure? (yes/no) "
    )?;
    console.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(answer.trim().eq_ignore_ascii_case("yes"))
}
