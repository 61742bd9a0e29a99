//! The real Celery, in a virtual environment that `tests/run` makes.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::redis_server::RedisServer;

/// What one of the scripts in `tests/celery` prints.
///
/// # Panics
///
/// When Celery is not there, or the script fails.
pub fn run(script: &str, arguments: &[&str]) -> String {
    run_with(script, arguments, &[])
}

/// The same with these variables in the environment of the script.
///
/// # Panics
///
/// When Celery is not there, or the script fails.
pub fn run_with(script: &str, arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let output = Command::new(bin("python"))
        .arg(scripts().join(script))
        .args(arguments)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .envs(environment.iter().copied())
        .output()
        .expect("Celery is there: tests/run installs it");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script} {arguments:?}: {errors}");
    String::from_utf8(output.stdout).expect("text")
}

/// What Celery's command line says to these arguments, and whether it is content.
///
/// # Panics
///
/// When Celery is not there.
pub fn command_line(arguments: &[&str]) -> (String, bool) {
    let output = Command::new(bin("celery"))
        .args(arguments)
        .output()
        .expect("Celery is there: tests/run installs it");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    (said, output.status.success())
}

/// Where Celery finds this server.
pub fn broker(redis: &RedisServer) -> String {
    format!("redis+socket://{}/redis.sock", redis.folder().display())
}

/// A Python worker; ended when it is dropped.
pub struct PythonWorker(Child);

impl PythonWorker {
    /// Starts a worker of the application in `tests/celery/{application}.py` with these
    /// arguments and these variables in its environment; it logs into `folder`.
    ///
    /// # Panics
    ///
    /// When Celery is not there.
    pub fn start(
        application: &str,
        arguments: &[&str],
        folder: &Path,
        environment: &[(&str, &str)],
    ) -> Self {
        let child = Command::new(bin("celery"))
            .args(["-A", application, "worker"])
            .args(arguments)
            .arg("--logfile")
            .arg(folder.join("python.log"))
            .current_dir(folder)
            .env("PYTHONPATH", scripts())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Celery is there: tests/run installs it");
        Self(child)
    }
}

impl Drop for PythonWorker {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("celery")
}

/// A program of the environment, which lies beside what is built.
fn bin(name: &str) -> PathBuf {
    let this = std::env::current_exe().expect("this program has a path");
    let target = this.ancestors().nth(3);
    let target = target.expect("target/<profile>/deps/<name>");
    target.join("celery/bin").join(name)
}
