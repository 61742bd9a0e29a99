//! How those who send mails end, all that may double a mail; each answers which mails may come
//! once more for it.

use std::time::Duration;

use tests::proxy::Way;
use tokio::time::sleep;

use crate::guarantees::fleet::{Claim, Fleet, Role};

/// A worker is killed and started again.
pub(super) async fn one_dies(fleet: &mut Fleet) -> Vec<Claim> {
    let claims = fleet.kill_sender().await;
    fleet.start(Role::Worker);
    claims
}

/// All programs are killed at once and started again.
pub(super) async fn all_die(fleet: &mut Fleet) -> Vec<Claim> {
    let roles = fleet.kill_all();
    start_again(fleet, &roles).await
}

/// The same, and so are their servers.
pub(super) async fn all_die_with_their_servers(fleet: &mut Fleet) -> Vec<Claim> {
    let roles = fleet.kill_all();
    if let Some(servers) = &mut fleet.servers {
        servers.redis.crash().await;
        servers.postgres.kill();
        servers.postgres.go_on();
        servers.redis.start_again().await;
    }
    start_again(fleet, &roles).await
}

async fn start_again(fleet: &mut Fleet, roles: &[Role]) -> Vec<Claim> {
    // Nobody lives who could have taken anything over.
    let claims = fleet.at_final_step().await;
    fleet.start_all(roles);
    claims
}

/// The way to the mail server is cut for a while.
pub(super) async fn are_cut_off(fleet: &Fleet, for_a_while: Duration) -> Vec<Claim> {
    let claims = fleet.cut_senders_off().await;
    sleep(for_a_while).await;
    fleet.to_sink.becomes(Way::Open);
    claims
}
