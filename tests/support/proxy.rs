//! A way to a server that can be made bad: cut, silent, slow, or losing answers.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

/// Where the way leads.
#[derive(Clone, Debug)]
pub enum Target {
    /// To a port of this machine.
    Port(SocketAddr),
    /// To a socket in a folder.
    Socket(PathBuf),
}

/// What happens on the way, from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Everything passes.
    Open,
    /// Every connection is reset, and so is every new one.
    Cut,
    /// Nothing passes, and nothing is closed.
    Silent,
    /// Everything passes so much later.
    Slow(Duration),
    /// A request that holds these words passes; its answer does not, and the connection is reset.
    LosesAnswers(&'static str),
}

/// A way to a server; it listens on loopback and ends when it is dropped.
pub struct Proxy {
    address: SocketAddr,
    way: watch::Sender<Way>,
    lost: Arc<AtomicUsize>,
    running: JoinHandle<()>,
}

impl Proxy {
    /// A way to `target`, which need not be there.
    ///
    /// # Panics
    ///
    /// When there is no free port.
    pub async fn to(target: Target) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("a port");
        let (way, watched) = watch::channel(Way::Open);
        let lost = Arc::new(AtomicUsize::new(0));
        let running = tokio::spawn(lead(listener, target, watched, Arc::clone(&lost)));
        Self {
            address,
            way,
            lost,
            running,
        }
    }

    /// Where it begins.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on it is like this.
    pub fn becomes(&self, way: Way) {
        self.way.send_replace(way);
    }

    /// How many answers were lost so far.
    pub fn lost_answers(&self) -> usize {
        self.lost.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.running.abort();
    }
}

async fn lead(
    listener: TcpListener,
    target: Target,
    way: watch::Receiver<Way>,
    lost: Arc<AtomicUsize>,
) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let (target, way, lost) = (target.clone(), way.clone(), Arc::clone(&lost));
        connections.spawn(async move {
            // However a connection ends, it is reset: that is the rudest end.
            let _ = client.set_nodelay(true);
            let _ = client.set_zero_linger();
            let _ = connect(client, target, way, &lost).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn connect(
    client: TcpStream,
    target: Target,
    way: watch::Receiver<Way>,
    lost: &AtomicUsize,
) -> io::Result<()> {
    if *way.borrow() == Way::Cut {
        return Ok(());
    }
    let (reads, writes) = client.into_split();
    match target {
        Target::Port(address) => {
            let server = TcpStream::connect(address).await?;
            server.set_nodelay(true)?;
            let (answers, requests) = server.into_split();
            pass_both((reads, writes), (answers, requests), way, lost).await
        }
        Target::Socket(path) => {
            let (answers, requests) = UnixStream::connect(path).await?.into_split();
            pass_both((reads, writes), (answers, requests), way, lost).await
        }
    }
}

/// Passes bytes both ways until one side has had enough, or the way is cut.
async fn pass_both<R, W>(
    client: (impl AsyncRead + Unpin, impl AsyncWrite + Unpin),
    server: (R, W),
    way: watch::Receiver<Way>,
    lost: &AtomicUsize,
) -> io::Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let is_doomed = AtomicBool::new(false);
    let mut cut = way.clone();
    let requests = pass(client.0, server.1, way.clone(), |bytes, way| {
        if let Way::LosesAnswers(words) = way
            && bytes
                .windows(words.len())
                .any(|each| each == words.as_bytes())
        {
            is_doomed.store(true, Ordering::Relaxed);
        }
        true
    });
    let answers = pass(server.0, client.1, way, |_, _| {
        let passes = !is_doomed.load(Ordering::Relaxed);
        lost.fetch_add(usize::from(!passes), Ordering::Relaxed);
        passes
    });
    tokio::select! {
        ended = requests => ended,
        ended = answers => ended,
        _ = cut.wait_for(|way| *way == Way::Cut) => Ok(()),
    }
}

/// Passes bytes one way, as long as `passes` lets them.
async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut way: watch::Receiver<Way>,
    passes: impl Fn(&[u8], Way) -> bool,
) -> io::Result<()> {
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let length = from.read(&mut bytes).await?;
        if length == 0 {
            return Ok(());
        }
        let now = *way.borrow();
        match now {
            Way::Silent => drop(way.wait_for(|way| *way != Way::Silent).await),
            Way::Slow(time) => sleep(time).await,
            Way::Open | Way::Cut | Way::LosesAnswers(_) => {}
        }
        if !passes(&bytes[..length], now) {
            return Ok(());
        }
        to.write_all(&bytes[..length]).await?;
    }
}
