//! Workers that die, or are cut off, with mails at their final step, and which mails those are.

use tests::proxy::Way;
use uuid::Uuid;

use super::{Fleet, Role};

/// The right to send one mail: the album it speaks of, and a number that tells this right from
/// every other to send the same mail.
pub(in crate::guarantees) type Claim = (Uuid, i64);

impl Fleet {
    /// Kills the oldest worker (SIGKILL); answers what it had at the final step.
    pub(in crate::guarantees) async fn kill_sender(&mut self) -> Vec<Claim> {
        let died = self.oldest(Role::Worker).ready;
        // Who stands still keeps what it holds, so that it is counted before anybody takes it over.
        self.signal(Role::Worker, "STOP");
        let claims = self.at_final_step(died).await;
        self.kill(Role::Worker);
        claims
    }

    /// Cuts all workers off from the mail server; answers what they had at the final step.
    pub(in crate::guarantees) async fn cut_senders_off(&self) -> Vec<Claim> {
        // Else those would be counted that they know of already, and no others.
        self.signal_all(Role::Worker, "STOP");
        self.to_sink.becomes(Way::Cut);
        let claims = self.at_final_step(Uuid::max()).await;
        self.signal_all(Role::Worker, "CONT");
        claims
    }

    /// What is at the final step by the store, in the hands of workers that were started before
    /// `then`: *sending* is stored, and not what came of it.
    pub(in crate::guarantees) async fn at_final_step(&self, then: Uuid) -> Vec<Claim> {
        let as_text = |id| match self.servers {
            Some(_) => format!("{id}::text"),
            None => format!("hex({id})"),
        };
        let (sender, album) = (as_text("sender"), as_text("cause"));
        let sending = format!(
            "SELECT {sender} || ' ' || {album} || ' ' || fence FROM mail_log WHERE state = 'sending'"
        );
        let claim = |row: String| {
            let mut words = row.split(' ');
            let mut id = || words.next()?.parse::<Uuid>().ok();
            let (sender, album) = (id()?, id()?);
            // The id of a worker is the instant at which it began.
            (sender < then).then_some((album, words.next()?.parse().ok()?))
        };
        let rows = self.stored(&sending).await;
        rows.into_iter().filter_map(claim).collect()
    }
}
