//! One mail handed over: sender, recipient, text, and after the gate the final dot.

use std::time::Duration;

use lettre::transport::smtp::commands::{Data, Rset};

use super::letter::Letter;
use super::session::{Session, expected, refusal};
use super::trouble::{Stage, Trouble};

impl Session {
    /// Hands over everything of `letter` but the final dot.
    pub(super) async fn present(&mut self, letter: &Letter) -> Result<(), Trouble> {
        let presented = self.announced_and_written(letter).await;
        if let Err(trouble) = &presented {
            self.is_spent |= !trouble.leaves_the_connection_alive();
        }
        presented
    }

    /// Says the final dot: after `Ok` the mail is the server's.
    pub(super) async fn finish(&mut self, limit: Duration) -> Result<(), Trouble> {
        self.wire.say(".\r\n");
        let answer = match self.wire.hand_over(Stage::Dot).await {
            Ok(()) => self.wire.reply_within(limit, Stage::Dot).await,
            Err(trouble) => Err(trouble),
        };
        let taken = answer.and_then(|reply| expected(Stage::Dot, reply));
        match &taken {
            Ok(_) => self.must_reset = false,
            Err(trouble) => self.is_spent |= !trouble.leaves_the_connection_alive(),
        }
        taken.map(drop)
    }

    async fn announced_and_written(&mut self, letter: &Letter) -> Result<(), Trouble> {
        let sender = letter.mail_command(&self.offers)?;
        let mut steps = Vec::with_capacity(4);
        if self.must_reset {
            steps.push((Stage::Reset, Rset.to_string()));
        }
        steps.push((Stage::Sender, sender));
        steps.push((Stage::Recipient, letter.rcpt_command()));
        steps.push((Stage::Data, Data.to_string()));
        self.must_reset = true;
        if self.offers.has("PIPELINING") {
            self.all_at_once(&steps).await?;
        } else {
            self.one_by_one(&steps).await?;
        }
        self.wire.say_mail(&letter.text);
        self.wire.hand_over(Stage::Body).await?;
        if self.wire.is_quiet() {
            return Ok(());
        }
        // It is our turn to speak: the server has had enough, or is gone.
        let reply = self.wire.reply(Stage::Body).await?;
        self.is_spent = true;
        Err(refusal(Stage::Body, reply))
    }

    async fn one_by_one(&mut self, steps: &[(Stage, String)]) -> Result<(), Trouble> {
        for (stage, line) in steps {
            self.wire.say(line);
            self.wire.hand_over(*stage).await?;
            expected(*stage, self.wire.reply(*stage).await?)?;
        }
        Ok(())
    }

    /// Says everything, then hears every answer, in order (RFC 2920).
    async fn all_at_once(&mut self, steps: &[(Stage, String)]) -> Result<(), Trouble> {
        for (_, line) in steps {
            self.wire.say(line);
        }
        self.wire.hand_over(steps[0].0).await?;
        let mut outcome = Ok(());
        for (stage, _) in steps {
            let answer = self.wire.reply(*stage).await;
            let answer = answer.and_then(|reply| expected(*stage, reply));
            // After a refusal, whatever we say to a server that waits for the text is the text.
            let waits_for_text = outcome.is_err() && answer.is_ok() && *stage == Stage::Data;
            let is_lost = answer
                .as_ref()
                .is_err_and(|trouble| !trouble.leaves_the_connection_alive());
            outcome = outcome.and(answer.map(drop));
            if waits_for_text || is_lost {
                self.is_spent = true;
                break;
            }
        }
        outcome
    }
}
