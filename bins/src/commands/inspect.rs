//! Shows what is in the queues, what is due when, and what is in the mail log.

mod redis;
mod schedules;

use chrono::{DateTime, SecondsFormat, Utc};
use domain::ports::{MailLogEntry, MailPause, MailState, QueueCounts, TaskRow, TaskState};
use serde_json::{Value, json};

use crate::arguments::Inspect;
use crate::output::tell;
use crate::program::Failure;
use crate::settings::Settings;
use crate::wiring::Platform;

/// Everything `inspect` shows.
struct Findings {
    queues: Vec<QueueCounts>,
    running: Vec<TaskRow>,
    buried: Vec<TaskRow>,
    redis: Option<redis::OnRedis>,
    schedules: Vec<schedules::Entry>,
    mails: Vec<(MailState, u64)>,
    parked: Vec<MailLogEntry>,
    pauses: Vec<MailPause>,
}

/// Shows tasks, buried ones with their reasons, schedules, and mails.
///
/// # Errors
///
/// When the database cannot be used.
pub async fn inspect(settings: Settings, how: Inspect) -> Result<(), Failure> {
    let (platform, _) = Platform::open(settings).await?;
    let (tasks, mails) = (platform.task_admin(), platform.mail_log());
    let rows = platform.schedules().list().await?;
    let redis = match platform.conveyor() {
        Some(redis) => Some(redis::OnRedis::look(redis, how.most).await),
        None => None,
    };
    let findings = Findings {
        queues: tasks.counts().await?,
        running: tasks.list(TaskState::Running, how.most).await?,
        buried: tasks.list(TaskState::Buried, how.most).await?,
        redis,
        schedules: schedules::entries(platform.schedule_entries(), rows, how.most),
        mails: mails.counts().await?,
        parked: mails.list(MailState::Parked, how.most).await?,
        pauses: platform.mail_pauses().list().await?,
    };
    if how.json {
        tell(&format!("{:#}", as_json(&findings)));
    } else {
        for line in as_text(&findings) {
            tell(&line);
        }
    }
    Ok(())
}

fn as_text(findings: &Findings) -> Vec<String> {
    let mut lines = vec!["Tasks".to_owned()];
    for QueueCounts {
        queue,
        waiting,
        running,
        done,
        buried,
        oldest_due_at,
    } in &findings.queues
    {
        let since = oldest_due_at.map(|at| format!(", the oldest due since {}", written(at)));
        lines.push(format!(
            "  {queue}: {waiting} waiting{}, {running} running, {done} done, {buried} buried",
            since.unwrap_or_default()
        ));
    }
    if findings.queues.is_empty() {
        lines.push("  none".to_owned());
    }
    lines.extend(section("Running", &findings.running, task_line));
    lines.extend(section(
        "Buried (backbeat requeue ID gives one another life)",
        &findings.buried,
        task_line,
    ));
    lines.extend(findings.redis.iter().flat_map(redis::OnRedis::lines));
    lines.extend(section(
        "Schedules",
        &findings.schedules,
        schedules::Entry::line,
    ));
    lines.push("Mails".to_owned());
    let counts: Vec<String> = findings
        .mails
        .iter()
        .map(|(state, count)| format!("{count} {}", state.as_str()))
        .collect();
    lines.push(if counts.is_empty() {
        "  none".to_owned()
    } else {
        format!("  {}", counts.join(", "))
    });
    lines.extend(section(
        "Paused (mails wait and lose no attempt; a restart tries at once)",
        &findings.pauses,
        pause_line,
    ));
    lines.extend(section("Parked", &findings.parked, |mail| {
        format!(
            "{} since {}: {}",
            mail.key,
            written(mail.changed_at),
            words(mail.reason.as_ref())
        )
    }));
    lines
}

fn section<T>(heading: &str, items: &[T], line: impl Fn(&T) -> String) -> Vec<String> {
    if items.is_empty() {
        return Vec::new();
    }
    let items = items.iter().map(|item| format!("  {}", line(item)));
    std::iter::once(heading.to_owned()).chain(items).collect()
}

fn task_line(task: &TaskRow) -> String {
    let TaskRow {
        id,
        name,
        attempts,
        crashes,
        reason,
        ..
    } = task;
    let reason = reason.as_ref().map(|reason| format!(": {reason}"));
    format!(
        "{id} {name} ({attempts} attempts, {crashes} crashes){}",
        reason.unwrap_or_default()
    )
}

fn pause_line(pause: &MailPause) -> String {
    let MailPause {
        sender,
        since,
        until,
        reason,
    } = pause;
    format!(
        "by {sender} since {}, one mail is tried at {}: {reason}",
        written(*since),
        written(*until)
    )
}

fn as_json(findings: &Findings) -> Value {
    let queues: Vec<Value> = findings.queues.iter().map(queue_json).collect();
    let tasks = |tasks: &[TaskRow]| tasks.iter().map(task_json).collect::<Vec<_>>();
    let mails: serde_json::Map<String, Value> = findings
        .mails
        .iter()
        .map(|(state, count)| (state.as_str().to_owned(), json!(count)))
        .collect();
    let parked = findings.parked.iter().map(|mail| {
        json!({"mail": mail.key.to_string(), "changed_at": written(mail.changed_at), "reason": mail.reason.as_ref().map(ToString::to_string)})
    });
    json!({
        "queues": queues,
        "running": tasks(&findings.running),
        "buried": tasks(&findings.buried),
        "redis": findings.redis.as_ref().map(redis::OnRedis::json),
        "schedules": findings.schedules.iter().map(schedules::Entry::json).collect::<Vec<_>>(),
        "mails": mails,
        "parked": parked.collect::<Vec<_>>(),
        "pauses": findings.pauses.iter().map(pause_json).collect::<Vec<_>>(),
    })
}

fn pause_json(pause: &MailPause) -> Value {
    json!({
        "sender": pause.sender.to_string(), "since": written(pause.since), "until": written(pause.until),
        "reason": pause.reason.as_str(),
    })
}

fn queue_json(counts: &QueueCounts) -> Value {
    let QueueCounts {
        queue,
        waiting,
        running,
        done,
        buried,
        oldest_due_at,
    } = counts;
    json!({
        "queue": queue.as_str(), "waiting": waiting, "running": running, "done": done, "buried": buried,
        "oldest_due_at": oldest_due_at.map(written),
    })
}

fn task_json(task: &TaskRow) -> Value {
    json!({
        "id": task.id.as_str(), "name": task.name.as_str(), "queue": task.queue.as_str(),
        "payload": String::from_utf8_lossy(task.payload.as_bytes()),
        "attempts": task.attempts, "crashes": task.crashes, "due_at": written(task.due_at),
        "reason": task.reason.as_ref().map(ToString::to_string), "ended_at": task.ended_at.map(written),
    })
}

fn written(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn words(reason: Option<&domain::tasks::Reason>) -> &str {
    reason.map_or("no reason", domain::tasks::Reason::as_str)
}
