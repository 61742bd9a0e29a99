//! A mail server that does as it is told, and remembers what it was told.

#[path = "scripted_smtp/certificates.rs"]
mod certificates;
#[path = "scripted_smtp/conversation.rs"]
mod conversation;
#[path = "scripted_smtp/script.rs"]
mod script;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep};

pub use self::certificates::{Authority, Validity};
use self::conversation::converse;
pub use self::script::{Act, PASSWORD, Script, Step, USER};
use crate::ports::free_port;

/// A mail server that does as it is told; it listens on loopback and stops when it is dropped.
pub struct ScriptedServer {
    address: SocketAddr,
    stage: Arc<Stage>,
    running: JoinHandle<()>,
}

/// What was played so far, and what is to be played.
pub(crate) struct Stage {
    script: Mutex<Script>,
    seen: Mutex<Seen>,
}

/// What a server was told so far.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// How many connections were made.
    pub connections: usize,
    /// How many of them are open.
    pub open: usize,
    /// How many were open at a time, at most.
    pub most_open: usize,
    /// How many logins succeeded.
    pub logins: usize,
    /// Every line but those of mails and passwords, in order.
    pub commands: Vec<String>,
    /// The mails that were taken, each as it was before its dots were doubled.
    pub mails: Vec<Vec<u8>>,
    /// When each of them was taken.
    pub taken_at: Vec<Instant>,
    /// How many mails for each address were refused for good: at `RCPT`, or at the final dot.
    pub refused: BTreeMap<String, usize>,
    /// The text of the mail that came last, as it came, as far as it came.
    pub text: Vec<u8>,
}

impl ScriptedServer {
    /// Plays `script` on a free port, which stays its own when it is started again.
    ///
    /// # Panics
    ///
    /// When there is none, and outside of a runtime.
    pub fn start(script: Script) -> Self {
        Self::start_at(SocketAddr::from((Ipv4Addr::LOCALHOST, free_port())), script)
    }

    /// Plays `script` at `address`, as a server does that was started again.
    ///
    /// # Panics
    ///
    /// When the address is taken, and outside of a runtime.
    pub fn start_at(address: SocketAddr, script: Script) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        // Connections of the server before may still be about to end.
        socket.set_reuseaddr(true).expect("a socket of our own");
        // Who stops reading is noticed soon.
        socket.set_recv_buffer_size(64 * 1024).expect("a buffer");
        socket.bind(address).expect("a free port");
        let listener = socket.listen(1024).expect("a free port");
        let stage = Arc::new(Stage {
            script: Mutex::new(script),
            seen: Mutex::default(),
        });
        Self {
            address: listener.local_addr().expect("a port"),
            running: tokio::spawn(play(listener, stage.clone())),
            stage,
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it was told so far.
    pub fn seen(&self) -> Seen {
        self.stage.seen().clone()
    }

    /// From now on it does `act` at `step`.
    pub fn from_now_on(&self, step: Step, act: Act) {
        let mut script = self.stage.script();
        *script = script.clone().always(step, act);
    }

    /// From now on it plays `script`.
    pub fn play(&self, script: Script) {
        *self.stage.script() = script;
    }

    /// Waits until what it was told is as it should be, a minute at most.
    ///
    /// # Panics
    ///
    /// When it is not, by then.
    pub async fn until(&self, is_so: impl Fn(&Seen) -> bool) -> Seen {
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let seen = self.seen();
            if is_so(&seen) {
                return seen;
            }
            assert!(Instant::now() < deadline, "not so: {seen:?}");
            sleep(Duration::from_millis(2)).await;
        }
    }

    /// Stops it and closes its connections.
    pub async fn stop(mut self) {
        self.running.abort();
        let _ = (&mut self.running).await;
    }
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        self.running.abort();
    }
}

impl Stage {
    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn play(listener: TcpListener, stage: Arc<Stage>) {
    let mut talking = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let stage = stage.clone();
        talking.spawn(async move {
            {
                let mut seen = stage.seen();
                seen.connections += 1;
                seen.open += 1;
                seen.most_open = seen.most_open.max(seen.open);
            }
            // However a conversation ends, it is over.
            let _ = converse(stream, &stage).await;
            stage.seen().open -= 1;
        });
        while talking.try_join_next().is_some() {}
    }
}
