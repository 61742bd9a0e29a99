//! A real mail server, Postfix, of a test's own: on loopback, in a folder that goes with it.

#[path = "mail_server/auth.rs"]
mod auth;
#[path = "mail_server/config.rs"]
mod config;

use std::fs::{self, Permissions};
use std::net::Ipv4Addr;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use self::auth::Accounts;
use self::config::Ports;
use crate::ports::free_port;

const POSTFIX: &str = "/usr/sbin/postfix";

/// The only user.
pub const USER: &str = "music@example.org";
/// The user's password, with blanks as Google shows them.
pub const PASSWORD: &str = "abcd efgh ijkl mnop";

/// A mail server that takes mails for `example.com` and `example.org` from [`USER`], who has
/// to log in, encrypted; stopped when it is dropped.
///
/// It listens on one port for STARTTLS and on another for TLS from the first byte, under a
/// certificate for `localhost` that only those believe who are told to.
pub struct MailServer {
    folder: TempDir,
    ports: Ports,
    _accounts: Accounts,
    running: Child,
}

impl MailServer {
    /// Starts one, and waits until it answers.
    ///
    /// # Panics
    ///
    /// When Postfix is not installed or does not start.
    pub async fn start() -> Self {
        assert!(
            Path::new(POSTFIX).exists(),
            "Postfix is not installed; tests/run installs it, or: apt-get install postfix"
        );
        let folder = TempDir::with_prefix("backbeat-postfix-").expect("a folder");
        // Its processes run as users of their own, which have to get in here.
        open_to_all(folder.path(), 0o755);
        let ports = Ports {
            starttls: free_port(),
            implicit: free_port(),
        };
        let accounts = Accounts::serve(&folder.path().join("auth"), USER, PASSWORD);
        open_to_all(&folder.path().join("auth"), 0o666);
        config::write(folder.path(), ports, owner_of_mails(folder.path()));
        let data = folder.path().join("data");
        run(as_root("chown").arg("postfix").arg(data));
        run(postfix(folder.path()).arg("check"));
        let running = postfix(folder.path())
            .arg("start-fg")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Postfix can be started");
        let mut server = Self {
            folder,
            ports,
            _accounts: accounts,
            running,
        };
        server.until_it_answers().await;
        server
    }

    /// What has to be set to send through it with STARTTLS; the last is no setting of ours,
    /// but names the authority to trust.
    pub fn settings(&self) -> [(&'static str, String); 6] {
        [
            ("EMAIL_HOST", "localhost".to_owned()),
            ("EMAIL_PORT", self.ports.starttls.to_string()),
            ("EMAIL_USE_TLS", "true".to_owned()),
            ("EMAIL_HOST_USER", USER.to_owned()),
            ("EMAIL_HOST_PASSWORD", PASSWORD.to_owned()),
            self.trust(),
        ]
    }

    /// The port where TLS is spoken from the first byte.
    pub fn port_of_implicit_tls(&self) -> u16 {
        self.ports.implicit
    }

    /// The variable that names the authority to trust.
    pub fn trust(&self) -> (&'static str, String) {
        let path = self.folder.path().join("authority.pem");
        ("SSL_CERT_FILE", path.display().to_string())
    }

    /// The mails it has delivered so far, as they lie in the mailbox.
    ///
    /// # Panics
    ///
    /// When the mailbox cannot be read.
    pub fn mails(&self) -> Vec<Vec<u8>> {
        let Ok(entries) = self.folder.path().join("mail/all/new").read_dir() else {
            return Vec::new();
        };
        let paths = entries.map(|entry| entry.expect("it can be listed").path());
        paths
            .map(|path| fs::read(path).expect("it can be read"))
            .collect()
    }

    /// Waits until it has delivered `count` mails, a minute at most.
    ///
    /// # Panics
    ///
    /// When it has not, by then.
    pub async fn until_mails(&self, count: usize) -> Vec<Vec<u8>> {
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let mails = self.mails();
            if count <= mails.len() {
                return mails;
            }
            assert!(
                Instant::now() < deadline,
                "{} mails of {count}; its log: {}",
                mails.len(),
                self.log()
            );
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    async fn until_it_answers(&mut self) {
        let deadline = Instant::now() + Duration::from_mins(1);
        let address = (Ipv4Addr::LOCALHOST, self.ports.starttls);
        while tokio::net::TcpStream::connect(address).await.is_err() {
            let ended = self.running.try_wait().expect("it can be asked");
            assert!(ended.is_none(), "Postfix ended: {}", self.log());
            assert!(
                Instant::now() < deadline,
                "Postfix does not answer: {}",
                self.log()
            );
            sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        // Its processes do not end with the one that was started.
        let _ = postfix(self.folder.path()).arg("abort").output();
        let _ = self.running.wait();
        // What its users made only the administrator may remove.
        let _ = as_root("rm").arg("-rf").arg(self.folder.path()).output();
    }
}

/// Postfix with the configuration in `folder`, as it wants to be started: by the administrator.
fn postfix(folder: &Path) -> Command {
    let mut command = as_root(POSTFIX);
    command.arg("-c").arg(folder.join("etc"));
    command
}

fn as_root(program: &str) -> Command {
    if owner_of("/proc/self") == 0 {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.arg("--non-interactive").arg(program);
    command
}

fn run(command: &mut Command) {
    let output = command.output().expect("the command is there");
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Who owns the delivered mails: we do, or `nobody` when we are the administrator, who must not.
fn owner_of_mails(folder: &Path) -> u32 {
    match owner_of(folder) {
        0 => 65_534,
        user => user,
    }
}

fn owner_of(path: impl AsRef<Path>) -> u32 {
    fs::metadata(path).expect("it is there").uid()
}

fn open_to_all(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("it is ours");
}
