//! A Redis of the tests' own.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use adapters::redis::RedisUrl;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, RedisResult};
use tokio::sync::OnceCell;

/// How long a server may take to come up, on a machine with much to do.
const UP_WITHIN: Duration = Duration::from_mins(1);
/// How long it may take to answer a test: what the library takes for usual, half a second, is
/// nothing on such a machine.
const ANSWER_WITHIN: Duration = Duration::from_mins(1);

/// The file that a server reads first, if it is there.
const CONFIGURATION: &str = "redis.conf";

/// Runs the server until its own input ends, so that it never outlives the tests, however they end.
const KEEPER: &str = r#"
    folder=$1; shift
    command -v redis-server >/dev/null || exit
    redis-server "$@" --dir "$folder" --logfile "$folder/log" >/dev/null 2>&1 &
    echo $!
    cat >/dev/null
    kill -KILL $! 2>/dev/null
    rm -rf "$folder"
"#;

/// A private server on a socket in a folder of its own, without persistence.
pub struct RedisServer {
    folder: PathBuf,
    /// What it is told beside the usual.
    options: Vec<String>,
    process: u32,
    /// Whoever keeps it, from the first start on; it ends when their inputs are closed.
    keepers: Vec<Child>,
}

impl RedisServer {
    /// The server that tests share which keep to keys of their own.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<RedisServer> = OnceCell::const_new();
        SHARED.get_or_init(|| Self::start(&[])).await
    }

    /// A server for one test alone, with these options.
    ///
    /// # Panics
    ///
    /// When there is none to be had: `tests/run` installs it.
    pub async fn start(options: &[&str]) -> Self {
        Self::configured(None, options).await
    }

    /// The same, which reads this configuration first, and may write to it.
    ///
    /// # Panics
    ///
    /// When there is none to be had.
    pub async fn configured(configuration: Option<&str>, options: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder").keep();
        if let Some(configuration) = configuration {
            fs::write(folder.join(CONFIGURATION), configuration).expect("a file");
        }
        let options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
        let (keeper, process) = keep(&folder, &options);
        let server = Self {
            folder,
            options,
            process,
            keepers: vec![keeper],
        };
        server.is_up().await;
        server
    }

    /// Where it is.
    ///
    /// # Panics
    ///
    /// Never: the URL is well-formed.
    pub fn url(&self) -> RedisUrl {
        let url = format!("unix://{}", self.socket().display());
        RedisUrl::try_from(url.as_str()).expect("a URL")
    }

    /// The folder it keeps its socket in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The id of its process.
    pub fn process(&self) -> u32 {
        self.process
    }

    /// Asks it something on a connection of the question's own.
    ///
    /// # Errors
    ///
    /// When it is not there, or says no.
    pub async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        command.query_async(&mut self.connection().await?).await
    }

    /// A connection to it.
    ///
    /// # Errors
    ///
    /// When it is not there.
    pub async fn connection(&self) -> RedisResult<MultiplexedConnection> {
        let client = Client::open(format!("unix://{}", self.socket().display()))?;
        let patient = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(ANSWER_WITHIN))
            .set_response_timeout(Some(ANSWER_WITHIN));
        client
            .get_multiplexed_async_connection_with_config(&patient)
            .await
    }

    /// Ends it at once, as a crash would.
    ///
    /// # Panics
    ///
    /// When it does not end.
    pub async fn crash(&mut self) {
        self.signal("KILL");
        let began = Instant::now();
        while Path::new(&format!("/proc/{}/exe", self.process)).exists() {
            assert!(began.elapsed() < UP_WITHIN, "redis does not end");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Starts it again where it was, empty.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn start_again(&mut self) {
        let (keeper, process) = keep(&self.folder, &self.options);
        self.process = process;
        self.keepers.push(keeper);
        self.is_up().await;
    }

    /// Stops it without closing anything: it is silent.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    fn socket(&self) -> PathBuf {
        self.folder.join("redis.sock")
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([format!("-{name}"), self.process.to_string()])
            .status();
        assert!(
            sent.is_ok_and(|status| status.success()),
            "redis does not run"
        );
    }

    async fn is_up(&self) {
        let began = Instant::now();
        let ping = redis::cmd("PING");
        while let Err(error) = self.ask::<String>(&ping).await {
            assert!(
                began.elapsed() < UP_WITHIN,
                "redis does not come up: {error}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// A server in `folder`, and the id of its process.
fn keep(folder: &Path, options: &[String]) -> (Child, u32) {
    let socket = folder.join("redis.sock");
    let configuration = folder.join(CONFIGURATION);
    let configuration = configuration.exists().then_some(configuration);
    let mut keeper = Command::new("sh")
        .args(["-c", KEEPER, "sh"])
        .arg(folder)
        .args(configuration)
        .args(["--port", "0", "--save", "", "--appendonly", "no"])
        .arg("--unixsocket")
        .arg(&socket)
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a shell");
    let mut process = String::new();
    let output = keeper.stdout.take().expect("its output");
    let read = BufReader::new(output).read_line(&mut process);
    read.expect("the shell says who the server is");
    let process = process.trim().parse();
    (
        keeper,
        process.expect("a redis-server: tests/run installs it"),
    )
}
