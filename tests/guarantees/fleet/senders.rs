//! Workers that die, or are cut off, with mails at their final step, and which mails those are.

use std::ops::RangeInclusive;

use tests::proxy::Way;
use uuid::Uuid;

use super::{Fleet, Role};

/// The right to send one mail: the album it speaks of, and a number that tells this right from
/// every other to send the same mail.
pub(in crate::guarantees) type Claim = (Uuid, i64);

impl Fleet {
    /// Kills the oldest worker (SIGKILL); answers what it had at the final step.
    pub(in crate::guarantees) async fn kill_sender(&mut self) -> Vec<Claim> {
        let began = self.oldest(Role::Worker).began.clone();
        // Who stands still keeps what it holds, so that it is counted before anybody takes it over.
        self.freeze(Role::Worker);
        let claims = self.at_final_step_of(began).await;
        self.kill(Role::Worker);
        claims
    }

    /// Cuts all workers off from the mail server; answers what they had at the final step.
    pub(in crate::guarantees) async fn cut_senders_off(&self) -> Vec<Claim> {
        // Else those would be counted that they know of already, and no others.
        self.freeze_all(Role::Worker);
        self.to_sink.becomes(Way::Cut);
        let claims = self.at_final_step().await;
        self.thaw_all(Role::Worker);
        claims
    }

    /// What is at the final step by the store: *sending* is stored, and not what came of it.
    pub(in crate::guarantees) async fn at_final_step(&self) -> Vec<Claim> {
        self.at_final_step_of(Uuid::nil()..=Uuid::max()).await
    }

    /// The same in the hands of the worker that began then: its id is an instant.
    async fn at_final_step_of(&self, began: RangeInclusive<Uuid>) -> Vec<Claim> {
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
            let claim = (album, words.next()?.parse().ok()?);
            Some((sender, claim))
        };
        let rows = self.stored(&sending).await.into_iter();
        let claims = rows.map(|row| claim(row).expect("two ids and a number"));
        let its = claims.filter(|(sender, _)| began.contains(sender));
        its.map(|(_, claim)| claim).collect()
    }
}
