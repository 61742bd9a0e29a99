//! What the store says of tasks and mails, as an operator is told it.

use std::collections::BTreeSet;

use serde_json::Value;
use tests::program::command;
use uuid::Uuid;

use crate::guarantees::fleet::Fleet;

/// More than any run buries or parks.
const ALL: &str = "1000000";

/// What `backbeat inspect` finds, and all of it.
pub(super) fn inspected(fleet: &Fleet) -> Value {
    let output = command("backbeat", fleet.folder())
        .args(["inspect", "--json", "--most", ALL])
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The albums whose mail is parked because the mail server refused it for good.
pub(super) fn refused_albums(found: &Value) -> BTreeSet<Uuid> {
    let parked = found["parked"].as_array().into_iter().flatten();
    let of_album = |mail: &Value| {
        let (kind, album) = mail["mail"].as_str()?.split_once(':')?;
        let reason = mail["reason"].as_str()?;
        let is_refused = reason.contains("RCPT: 550") || reason.contains("final dot: 554");
        assert!(kind == "congratulation" && is_refused, "{mail} is parked");
        album.parse().ok()
    };
    parked.filter_map(of_album).collect()
}

/// Three kills bury a task, since each may be its fault; it may also be nobody's, and so an operator
/// gives it another life.
pub(super) fn requeue_what_met_three_kills(fleet: &Fleet, found: &Value) {
    for task in found["buried"].as_array().into_iter().flatten() {
        let reason = task["reason"].as_str().unwrap_or_default();
        if reason.contains("brought down its worker") {
            let id = task["id"].as_str().expect("a task has an id");
            eprintln!("requeue {id}: {reason}");
            let requeued = command("backbeat", fleet.folder())
                .args(["requeue", id])
                .output();
            assert!(requeued.unwrap().status.success());
        }
    }
}

/// Nothing waits or runs, and no mail is on its way.
pub(in crate::guarantees) fn is_at_rest(found: &Value) -> bool {
    let queues = found["queues"].as_array().into_iter().flatten();
    let is_zero = |value: &Value| value.as_u64().unwrap_or_default() == 0;
    queues
        .flat_map(|queue| [&queue["waiting"], &queue["running"]])
        .chain([&found["mails"]["claimed"], &found["mails"]["sending"]])
        .all(is_zero)
}
