//! The judgement: what must hold at the end, whatever went wrong.

use std::collections::BTreeMap;

use domain::model::{AlbumId, MailKey};
use domain::ports::{AlbumRepo, MailLog, MailState, ScheduleRepo, TaskQueueAdmin, TaskState};
use domain::use_cases::OnDoubt;

use super::cast::entries;
use super::ledger::{Pages, Sending};
use super::world::{World, was_suspected};

/// Everything that does not hold, each in a sentence.
pub(super) async fn judge(world: &World, is_quiet: bool) -> Vec<String> {
    let mut complaints = Vec::new();
    if !is_quiet {
        complaints.push(left_over(world).await);
    }
    complaints.extend(albums(world).await);
    complaints.extend(mails(world).await);
    complaints.extend(occurrences(world).await);
    complaints.extend(work(&world.house.ledger.pages()));
    complaints
}

/// What is not at an end although nothing goes wrong any more.
async fn left_over(world: &World) -> String {
    let store = world.house.store.as_ref();
    let mut left = Vec::new();
    for state in [TaskState::Waiting, TaskState::Running, TaskState::Buried] {
        let rows = TaskQueueAdmin::list(store, state, 1000).await.unwrap();
        let rows = rows.into_iter();
        left.extend(rows.filter(|row| state != TaskState::Buried || was_suspected(row)));
    }
    let messages = world.house.conveyor.as_ref().map(|it| it.len());
    format!("it never becomes quiet: {left:?}, and on the conveyor {messages:?}")
}

/// An acknowledged album is stored, once for each request, unless it was deleted.
async fn albums(world: &World) -> Vec<String> {
    let (stored, acknowledged, deleted) = {
        let pages = world.house.ledger.pages();
        let deleted = pages.deleted.clone();
        (pages.stored.clone(), pages.acknowledged.clone(), deleted)
    };
    let mut complaints = Vec::new();
    for id in acknowledged {
        let found = AlbumRepo::get(world.house.store.as_ref(), id).await;
        if found.unwrap().is_none() && !deleted.contains_key(&id) {
            complaints.push(format!("album {id} was acknowledged and is not there"));
        }
    }
    let mut by_name: BTreeMap<&str, Vec<AlbumId>> = BTreeMap::new();
    for (id, name) in &stored {
        by_name.entry(name).or_default().push(*id);
    }
    for (name, ids) in by_name {
        if 1 < ids.len() {
            complaints.push(format!("one request made several albums {name}: {ids:?}"));
        }
    }
    complaints
}

/// Each album has its mail, and no more copies than deaths and doubts account for.
async fn mails(world: &World) -> Vec<String> {
    let mut complaints = Vec::new();
    let (stored, deleted, sendings) = {
        let pages = world.house.ledger.pages();
        let deleted = pages.deleted.clone();
        (pages.stored.clone(), deleted, pages.sendings.clone())
    };
    let mut by_mail: BTreeMap<AlbumId, Vec<Sending>> = BTreeMap::new();
    for sending in sendings {
        let album = AlbumId::new(sending.key.cause);
        by_mail.entry(album).or_default().push(sending);
    }
    let parked = keys(world, MailState::Parked).await;
    for id in stored.keys().filter(|id| !deleted.contains_key(id)) {
        let sendings = by_mail.get(id).map_or(&[][..], Vec::as_slice);
        let is_in_doubt = sendings.iter().any(|it| it.excuse.is_some());
        let is_taken = sendings.iter().any(|it| it.is_taken);
        let is_parked = parked.iter().any(|key| key.cause == id.as_uuid());
        let may_be_parked = world.plot.policy.on_doubt == OnDoubt::Park && is_in_doubt;
        let is_parked_for_a_reason = is_parked && may_be_parked;
        if !is_taken && !is_parked_for_a_reason {
            complaints.push(format!("the mail of album {id} was lost: {sendings:?}"));
        }
    }
    for (id, sendings) in &by_mail {
        let taken: Vec<_> = sendings.iter().filter(|it| it.is_taken).collect();
        let without_cause = taken.iter().filter(|it| it.excuse.is_none()).count();
        let most = match world.plot.policy.on_doubt {
            OnDoubt::Resend => usize::MAX,
            OnDoubt::Park => 1,
        };
        if 1 < without_cause || most < taken.len() {
            complaints.push(format!("the mail of album {id} was doubled: {sendings:?}"));
        }
        if !stored.contains_key(id) {
            complaints.push(format!("there was a mail, and never an album {id}"));
        }
        let gone = deleted.get(id).copied().unwrap_or(u64::MAX);
        if taken.iter().any(|it| gone < it.looked_up) {
            complaints.push(format!(
                "album {id} was deleted before its mail was written"
            ));
        }
    }
    let unended = [MailState::Claimed, MailState::Sending];
    for state in unended {
        for key in keys(world, state).await {
            // Of what was deleted nobody asks for the mail again.
            if !deleted.contains_key(&AlbumId::new(key.cause)) {
                complaints.push(format!("the mail {key} is {} for ever", state.as_str()));
            }
        }
    }
    complaints
}

async fn keys(world: &World, state: MailState) -> Vec<MailKey> {
    let store = world.house.store.as_ref();
    let entries = MailLog::list(store, state, 1000).await.unwrap();
    entries.into_iter().map(|entry| entry.key).collect()
}

/// From its anchor to where it stands, each occurrence of an entry was fired or skipped, once.
async fn occurrences(world: &World) -> Vec<String> {
    let rows = ScheduleRepo::list(world.house.store.as_ref())
        .await
        .unwrap();
    let pages = world.house.ledger.pages();
    let mut complaints = Vec::new();
    for row in rows {
        let name = row.name.to_string();
        let found = entries(2).into_iter().find(|(it, _)| it.name == row.name);
        let (_, interval) = found.expect("an entry of ours");
        let mut due = row.standing.anchor + interval;
        while due <= row.standing.last_due {
            let is_this = |(entry, at, _): &&(String, _, _)| *entry == name && *at == due;
            let fired = pages.fired.iter().filter(is_this).count();
            let skipped = pages.skipped.iter().filter(|(entry, skipped)| {
                *entry == name && skipped.from <= due && due <= skipped.to
            });
            let (fired, skipped) = (fired, skipped.count());
            if fired + skipped != 1 {
                complaints.push(format!(
                    "{name} at {due} was fired {fired} times and skipped {skipped} times"
                ));
            }
            due += interval;
        }
    }
    complaints
}

/// What was fired was carried out, and again only when whoever held it died or seemed to.
fn work(pages: &Pages) -> Vec<String> {
    let mut complaints = Vec::new();
    for (entry, due, task) in &pages.fired {
        let task = task.to_string();
        let times = pages.carried_out.get(&task).copied().unwrap_or(0);
        let dropped = pages.dropped.get(&task).copied().unwrap_or(0);
        if times < 1 || 1 + dropped < times {
            complaints.push(format!(
                "{entry} of {due} was carried out {times} times, and lost {dropped} times by who held it"
            ));
        }
    }
    complaints
}
