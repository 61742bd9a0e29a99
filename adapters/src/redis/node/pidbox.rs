//! Hears commands, and answers them.

use std::time::Duration;

use redis::RedisResult;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::Node;
use crate::redis::keys::Keys;
use crate::redis::wire::control::{
    Asker, COMMANDS, Command, CommandError, Request, channel_of_commands, error_reply,
    read_request, write_reply,
};

/// How often the connection is looked at on which commands arrive.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often the node says that it hears commands.
const BIND_EVERY: Duration = Duration::from_mins(1);
/// How long a command may take to obey.
const OBEY_WITHIN: Duration = Duration::from_secs(5);

/// The channel on which commands are told.
pub(super) fn channel(keys: &Keys, database: i64) -> String {
    keys.celerys(&channel_of_commands(database))
}

impl Node {
    /// Keeps listening: whenever the connection is lost, another is made.
    pub(super) async fn listen(&self) {
        if !self.settings.obeys {
            return;
        }
        let mut bound: Option<Instant> = None;
        loop {
            match self.inbox.is_open().await {
                Ok(()) if bound.is_none_or(|bound| BIND_EVERY <= bound.elapsed()) => {
                    bound = self.bind_pidbox().await.is_ok().then(Instant::now);
                }
                Ok(()) => {}
                Err(_) => bound = None,
            }
            tokio::select! {
                () = sleep(LOOK_EVERY) => {}
                () = self.inbox.is_cut_off() => {}
            }
        }
    }

    /// Obeys what is said, one command after the other.
    pub(super) async fn obey(&self) {
        if !self.settings.obeys {
            return;
        }
        loop {
            let message = self.inbox.next().await;
            match read_request(&message) {
                Ok(request) => self.hear(&request).await,
                Err(refusal) => tracing::warn!("a command was dropped: {refusal}"),
            }
        }
    }

    async fn hear(&self, request: &Request) {
        self.who.hears(request.clock);
        if !request.address.includes(&self.who.name) {
            return;
        }
        let answer = match Command::read(request) {
            Ok(command) => {
                tracing::debug!("obeying {command:?}");
                let answer = timeout(OBEY_WITHIN, self.answer(command)).await;
                answer.unwrap_or_else(|_| Some(error_reply("it took too long")))
            }
            Err(error) => Some(refuse(request, &error)),
        };
        if let (Some(asker), Some(answer)) = (&request.asker, answer) {
            self.reply(asker, &answer).await;
        }
    }

    async fn reply(&self, asker: &Asker, answer: &Value) {
        let tag = Uuid::now_v7();
        let reply = write_reply(&self.who.name, answer, asker, self.who.tick(), tag);
        match self.push_reply(asker, &reply).await {
            Ok(0) => tracing::debug!("whoever asked does not wait any more"),
            Ok(_) => {}
            Err(error) => tracing::warn!("a command could not be answered: {error}"),
        }
    }

    async fn bind_pidbox(&self) -> RedisResult<()> {
        self.note_ours("SADD", &self.pidbox()).await?;
        self.bind(COMMANDS, "", &self.pidbox()).await
    }

    /// Says that the node hears no more commands.
    pub(super) async fn unbind(&self) {
        // It says so itself after an hour.
        let _ = self.unbind_queue(COMMANDS, "", &self.pidbox()).await;
        let _ = self.note_ours("SREM", &self.pidbox()).await;
    }

    /// The queue that Celery gives a node. Nothing is ever in it: commands are published.
    fn pidbox(&self) -> String {
        format!("{}.{COMMANDS}", self.who.name)
    }
}

fn refuse(request: &Request, error: &CommandError) -> Value {
    if request.asker.is_none() {
        tracing::warn!("a command was dropped: {error}");
    }
    error_reply(error.to_string())
}
