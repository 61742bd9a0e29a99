//! A line to a server that can be cut, or fall silent, while both ends are well.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use adapters::postgres::{Host, PostgresAddress};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// What the line carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carries {
    /// Everything.
    All,
    /// Questions but no answers.
    Questions,
    /// Nothing, and nobody is told.
    Nothing,
}

/// A socket that passes on what is said to that of a server.
pub(super) struct Line {
    _folder: TempDir,
    carries: watch::Sender<Carries>,
    listener: AbortHandle,
}

impl Line {
    /// A line to the server at `address`, and where it begins.
    pub(super) fn to(address: &PostgresAddress) -> (Self, PostgresAddress) {
        let Host::Socket(server) = &address.host else {
            panic!("a server on this machine");
        };
        let name = format!(".s.PGSQL.{}", address.port);
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        let listener = UnixListener::bind(folder.path().join(&name)).unwrap();
        let (carries, state) = watch::channel(Carries::All);
        let listener = tokio::spawn(listen(listener, Arc::from(server.join(name)), state));
        let beginning = PostgresAddress {
            host: Host::Socket(PathBuf::from(folder.path())),
            ..address.clone()
        };
        let line = Self {
            _folder: folder,
            carries,
            listener: listener.abort_handle(),
        };
        (line, beginning)
    }

    pub(super) fn carries(&self, what: Carries) {
        self.carries.send_replace(what);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

async fn listen(listener: UnixListener, server: Arc<Path>, state: watch::Receiver<Carries>) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let (server, state) = (Arc::clone(&server), state.clone());
        tokio::spawn(async move {
            let server = UnixStream::connect(&server).await.unwrap();
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            let is_heard = |carries| carries != Carries::Nothing;
            let is_answered = |carries| carries == Carries::All;
            tokio::select! {
                () = pass(from_client, to_server, state.clone(), is_heard) => {}
                () = pass(from_server, to_client, state, is_answered) => {}
            }
        });
    }
}

/// Passes on what is said while it may, and keeps the rest to itself.
async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut state: watch::Receiver<Carries>,
    may: impl Fn(Carries) -> bool,
) {
    let mut said = vec![0; 64 * 1024];
    loop {
        let Ok(length @ 1..) = from.read(&mut said).await else {
            return;
        };
        if state.wait_for(|carries| may(*carries)).await.is_err()
            || to.write_all(&said[..length]).await.is_err()
        {
            return;
        }
    }
}
