//! The first signal asks a program to stop, the second ends it.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tests::program::{Program, command};

use super::backbeat;

/// What a loaded machine may take for something that should happen soon.
const SOON: Duration = Duration::from_mins(1);

#[test]
fn the_first_signal_asks_and_the_second_ends() {
    for (first, second, code) in [("TERM", "TERM", 143), ("TERM", "INT", 130)] {
        let folder = TempDir::new().unwrap();
        let (mut program, address) = backbeat(folder.path());
        let _busy = half_a_request(address);

        program.signal(first);
        until_asked(&program);
        program.signal(second);

        let ended = program.ended();
        assert_eq!(ended.status.code(), Some(code), "{}", ended.errors);
    }
}

#[test]
fn a_worker_stops_warmly_or_coldly() {
    for (signals, remapped, code) in [
        (&["TERM"][..], "", 0),
        (&["INT"], "", 0),
        (&["QUIT"], "", 1),
        (&["TERM"], "SIGQUIT", 1),
    ] {
        let folder = TempDir::new().unwrap();
        let mut how = command("worker", folder.path());
        how.env("REMAP_SIGTERM", remapped).args(["-n", "one@%d"]);
        let mut program = Program::start(how);
        program.line_with("one@");

        for signal in signals {
            program.signal(signal);
        }

        let ended = program.ended();
        let errors = ended.errors;
        assert_eq!(ended.status.code(), Some(code), "{signals:?}: {errors}");
        assert_eq!(errors.contains("stopped coldly"), code == 1, "{errors}");
    }
}

/// A request that runs, and holds the stop up: its body never comes.
fn half_a_request(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = "POST /authentication/login/ HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                content-length: 9\r\nexpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    let mut answer = String::new();
    BufReader::new(&stream).read_line(&mut answer).unwrap();
    assert_eq!(answer, "HTTP/1.1 100 Continue\r\n");
    stream
}

fn until_asked(program: &Program) {
    let deadline = Instant::now() + SOON;
    while !program.log().contains("SIGTERM received") {
        assert!(Instant::now() < deadline, "not asked: {}", program.log());
        sleep(Duration::from_millis(1));
    }
}
