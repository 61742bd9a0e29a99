//! Gets to know what other workers know.

use std::time::Duration;

use domain::ports::Revoked;
use redis::{RedisResult, cmd};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{Node, pidbox};
use crate::redis::wire::control::{Arguments, Asker, REPLIES, read_reply, write_request};

/// How long the others have for their answers.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);
/// How often the answers are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(20);

impl Node {
    /// Asks the other workers which tasks are revoked, and what their logical clocks show.
    pub(super) async fn get_to_know(&self) {
        if let Err(error) = self.mingle().await {
            tracing::debug!("the other workers could not be asked what they know: {error}");
        }
    }

    async fn mingle(&self) -> RedisResult<()> {
        let asker = Asker {
            key: Uuid::now_v7().to_string(),
            ticket: Some(Uuid::now_v7().to_string()),
        };
        self.bind(REPLIES, &asker.key, &asker.list()).await?;
        let answered = self.ask(&asker).await;
        self.unbind_queue(REPLIES, &asker.key, &asker.list())
            .await?;
        let mut forget = cmd("DEL");
        forget.arg(self.keys.celerys(&asker.list()));
        self.link.command::<()>(&forget).await?;
        answered
    }

    async fn ask(&self, asker: &Asker) -> RedisResult<()> {
        let arguments = json!({
            "from_node": self.who.name,
            "revoked": self.revoked_ids(),
        });
        let tag = Uuid::now_v7();
        let request = write_request("hello", &arguments, asker, self.who.tick(), tag);
        let mut publish = cmd("PUBLISH");
        publish.arg(pidbox::channel(&self.keys, self.database));
        publish.arg(request);
        let mut expected: u64 = self.link.command(&publish).await?;
        let deadline = Instant::now() + ANSWER_WITHIN;
        let mut pop = cmd("RPOP");
        pop.arg(self.keys.celerys(&asker.list()));
        while 0 < expected && Instant::now() < deadline {
            match self.link.command::<Option<Vec<u8>>>(&pop).await? {
                Some(reply) => {
                    self.learn(&reply);
                    expected -= 1;
                }
                None => sleep(LOOK_EVERY).await,
            }
        }
        Ok(())
    }

    fn learn(&self, reply: &[u8]) {
        let reply = match read_reply(reply) {
            Ok(reply) => reply,
            Err(refusal) => return tracing::warn!("an answer was dropped: {refusal}"),
        };
        self.who.hears(reply.clock);
        for answer in reply.answers.values() {
            let Value::Object(answer) = answer else {
                continue;
            };
            if let Ok(ids) = Arguments(answer).known_ids("revoked") {
                self.control.revoke(&Revoked::Ids(ids), None);
            }
        }
    }
}
