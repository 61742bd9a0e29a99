//! The laws of the right to send a mail.

mod claiming;
mod doubt;
mod ended;
mod looking;
mod steps;

use chrono::TimeDelta;
use domain::model::{MailKey, MailKind};
use domain::ports::{Claim, MailClaim, MailStep, Recorded, WorkerId};
use uuid::Uuid;

use super::world::World;

/// Longer than any law takes.
const HOLD: TimeDelta = TimeDelta::minutes(11);

/// The mail with this number.
fn mail(number: u128) -> MailKey {
    MailKey {
        kind: MailKind::Congratulation,
        cause: Uuid::from_u128(number),
    }
}

async fn claim(world: &World, key: MailKey, sender: &WorkerId) -> Claim {
    world.mails.claim(key, *sender, HOLD).await.unwrap()
}

/// Claims a mail that is free for `sender`, who gives a sign of life first.
async fn granted(world: &World, key: MailKey, sender: &WorkerId) -> MailClaim {
    world.alive(sender).await;
    match claim(world, key, sender).await {
        Claim::Granted(claim) => claim,
        refused => panic!("the right to send, but {refused:?}"),
    }
}

async fn record(world: &World, claim: &MailClaim, step: MailStep) -> Recorded {
    world.mails.record(claim, step).await.unwrap()
}

/// Claims the mail for `sender` and takes it to the final step.
async fn sending(world: &World, key: MailKey, sender: &WorkerId) -> MailClaim {
    let claim = granted(world, key, sender).await;
    let recorded = record(world, &claim, MailStep::Sending).await;
    assert_eq!(recorded, Recorded::InTime);
    claim
}
