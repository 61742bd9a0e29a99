//! The producer: orders on its input, one in a line, and what became of each on its output.

use std::io::{self, BufRead as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use adapters::clock::SystemClock;
use adapters::redis::wire::Signature;
use adapters::redis::{CeleryClient, ClientSettings, RedisUrl, ResultSettings};
use clap::Args;
use domain::tasks::numbers;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::sources::Redis;

type Failure = Box<dyn std::error::Error>;

/// Where the producer sends to.
#[derive(Debug, Args)]
pub(crate) struct Produce {
    #[command(flatten)]
    redis: Redis,
}

/// What is to be sent, and whether its result is waited for.
#[derive(Debug, Deserialize)]
struct Order {
    #[serde(flatten)]
    first: Step,
    #[serde(default)]
    link: Option<Vec<Step>>,
    #[serde(default)]
    chain: Option<Vec<Step>>,
    /// How many seconds.
    #[serde(default)]
    wait: Option<f64>,
}

/// One task.
#[derive(Debug, Deserialize)]
struct Step {
    task: String,
    #[serde(default)]
    args: Option<Vec<Value>>,
    #[serde(default)]
    kwargs: Option<Map<String, Value>>,
    #[serde(default)]
    options: Option<Map<String, Value>>,
}

impl Produce {
    pub(crate) fn run(self) -> ExitCode {
        match self.produce() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("interop produce: {error}");
                ExitCode::FAILURE
            }
        }
    }

    #[tokio::main(flavor = "current_thread")]
    async fn produce(self) -> Result<(), Failure> {
        let client = self.client()?;
        for line in io::stdin().lock().lines() {
            let line = line?;
            if line.trim().is_empty() {
                continue;
            }
            let order = numbers::read(line.as_bytes(), |json| serde_json::from_slice(json))?;
            let said = carried_out(&client, order).await?;
            writeln!(io::stdout(), "{}", numbers::written(said.to_string()))?;
        }
        Ok(())
    }

    fn client(self) -> Result<CeleryClient, Failure> {
        let Redis {
            broker,
            result,
            key_prefix,
            sent_event,
            ..
        } = self.redis;
        let result = result.as_ref().unwrap_or(&broker);
        let settings = ClientSettings {
            prefix: key_prefix.clone(),
            results: ResultSettings {
                prefix: key_prefix,
                ..ResultSettings::default()
            },
            tells_sent: sent_event == "1",
            ..ClientSettings::default()
        };
        Ok(CeleryClient::open(
            &RedisUrl::try_from(broker.as_str())?,
            Some(&RedisUrl::try_from(result.as_str())?),
            Arc::new(SystemClock),
            settings,
        )?)
    }
}

/// Sends what is ordered, and says what became of it.
async fn carried_out(client: &CeleryClient, order: Order) -> Result<Value, Failure> {
    let wait = order.wait.map(Duration::try_from_secs_f64).transpose()?;
    let id = client.send(signature(order)).await?;
    let Some(wait) = wait else {
        return Ok(json!({"id": id}));
    };
    Ok(match client.wait(&id, wait).await? {
        Some(document) if document["status"] == "SUCCESS" => {
            json!({"id": id, "state": "SUCCESS", "result": document["result"]})
        }
        Some(document) => {
            let error = json!({
                "type": document["result"]["exc_type"],
                "message": words(&document["result"]["exc_message"]),
            });
            json!({"id": id, "state": document["status"], "error": error})
        }
        None => {
            let error = json!({"type": "TimeoutError", "message": "The operation timed out."});
            json!({"id": id, "state": "PENDING", "error": error})
        }
    })
}

/// The task, with what follows it; all of a chain goes to the queue of its first step.
fn signature(order: Order) -> Signature {
    let first = order.first.signature();
    let signatures = |steps: Vec<Step>| steps.into_iter().map(Step::signature);
    if let Some(steps) = order.chain.filter(|steps| !steps.is_empty()) {
        let queue = first.options.get("queue").cloned();
        let behind = signatures(steps).map(|step| match &queue {
            Some(queue) => step.with_option("queue", queue.clone()),
            None => step,
        });
        return Signature::chain([first.clone()].into_iter().chain(behind).collect());
    }
    match order.link {
        Some(links) => {
            let links: Vec<Value> = signatures(links).map(Signature::write).collect();
            first.with_option("link", links)
        }
        None => first,
    }
}

impl Step {
    fn signature(self) -> Signature {
        Signature {
            options: self.options.unwrap_or_default(),
            ..Signature::new(self.task)
                .with_args(self.args.unwrap_or_default())
                .with_kwargs(self.kwargs.unwrap_or_default())
        }
    }
}

/// What an exception says: its arguments in one line.
fn words(arguments: &Value) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match arguments {
        Value::Array(all) => all.iter().map(text).collect::<Vec<_>>().join(", "),
        one => text(one),
    }
}
