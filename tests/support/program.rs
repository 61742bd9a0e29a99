//! The programs, started as an operator starts them: in a directory of their own, with
//! nothing set but what a test sets.

#[path = "program/built.rs"]
mod built;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A running program; killed when it is dropped.
pub struct Program {
    child: Child,
    lines: BufReader<Box<dyn Read + Send>>,
    errors: PathBuf,
}

/// A program that has ended.
#[derive(Debug)]
pub struct Ended {
    /// How.
    pub status: ExitStatus,
    /// What it wrote to standard output.
    pub output: String,
    /// What it wrote to standard error.
    pub errors: String,
}

/// The program `name` in `folder`, ready to be started: no setting but port 0 is made.
///
/// # Panics
///
/// When the programs cannot be built.
pub fn command(name: &str, folder: &Path) -> Command {
    let mut command = Command::new(program(name));
    command
        .current_dir(folder)
        .env_clear()
        .env("API_BIND", "127.0.0.1:0")
        .stdin(Stdio::null());
    command
}

/// Where the program `name` lies.
///
/// # Panics
///
/// When the programs cannot be built.
pub fn program(name: &str) -> PathBuf {
    built::built().join(name)
}

impl Program {
    /// Starts `command`; what it logs goes into a file beside its working directory's data.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    pub fn start(mut command: Command) -> Self {
        let folder = command
            .get_current_dir()
            .expect("a program has a folder")
            .to_owned();
        let name = Path::new(command.get_program())
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let errors = folder.join(format!("{name}.log"));
        let log = File::options()
            .create(true)
            .append(true)
            .open(&errors)
            .expect("the log can be written");
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the program starts");
        let lines = BufReader::new(
            Box::new(child.stdout.take().expect("its output is piped")) as Box<dyn Read + Send>
        );
        Self {
            child,
            lines,
            errors,
        }
    }

    /// Waits for the line that says where it listens.
    ///
    /// # Panics
    ///
    /// When it ends without one.
    pub fn address(&mut self) -> SocketAddr {
        let line = self.line_with("listens on http://");
        let address = line.rsplit("http://").next().expect("an address").trim();
        address.parse().expect("an address")
    }

    /// Waits for a line of its output that contains `words`.
    ///
    /// # Panics
    ///
    /// When it ends without one.
    pub fn line_with(&mut self, words: &str) -> String {
        loop {
            let mut line = String::new();
            let length = self
                .lines
                .read_line(&mut line)
                .expect("its output can be read");
            assert_ne!(length, 0, "no line with {words}; it said: {}", self.log());
            if line.contains(words) {
                return line;
            }
        }
    }

    /// Reads its output from now on in a thread of its own, so that it never waits for a reader.
    ///
    /// # Panics
    ///
    /// The thread, when the output cannot be read.
    pub fn read_beside(&mut self) -> JoinHandle<String> {
        let nothing = BufReader::new(Box::new(io::empty()) as Box<dyn Read + Send>);
        let mut lines = std::mem::replace(&mut self.lines, nothing);
        std::thread::spawn(move || {
            let mut output = String::new();
            lines
                .read_to_string(&mut output)
                .expect("its output can be read");
            output
        })
    }

    /// What it has logged so far.
    ///
    /// # Panics
    ///
    /// When the log cannot be read.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.errors).expect("the log can be read")
    }

    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has not ended.
    ///
    /// # Panics
    ///
    /// When the system does not say.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().expect("it can be asked").is_none()
    }

    /// Ends it as a power cut would (SIGKILL).
    ///
    /// # Panics
    ///
    /// When it has ended already.
    pub fn kill(mut self) {
        assert!(
            self.child.try_wait().expect("it can be asked").is_none(),
            "it had ended: {}",
            self.log()
        );
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// Asks it to stop (SIGTERM) and waits until it has.
    ///
    /// # Panics
    ///
    /// When it does not within 90 s; some use the 25 s they are given.
    pub fn stop(mut self) -> Ended {
        self.signal("TERM");
        self.ended()
    }

    /// Sends it the signal of this name (`TERM`, `INT`).
    ///
    /// # Panics
    ///
    /// When it has ended already.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args(["-s", name, &self.id().to_string()])
            .status();
        assert!(sent.expect("kill is there").success());
    }

    /// Waits until it ends by itself.
    ///
    /// # Panics
    ///
    /// When it does not within 90 s; some use the 25 s they are given.
    pub fn ended(&mut self) -> Ended {
        let deadline = Instant::now() + Duration::from_secs(90);
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it can be asked") {
                break status;
            }
            assert!(Instant::now() < deadline, "it does not end: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        };
        let mut output = String::new();
        self.lines
            .read_to_string(&mut output)
            .expect("its output can be read");
        Ended {
            status,
            output,
            errors: self.log(),
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
