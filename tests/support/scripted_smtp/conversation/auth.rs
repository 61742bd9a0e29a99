//! Who may log in to a scripted mail server, and how.

use std::io;

use super::super::script::Step;
use super::{Answer, Talk};

/// [`USER`](super::super::USER) and [`PASSWORD`](super::super::PASSWORD) as they travel in `AUTH PLAIN` and `AUTH LOGIN`.
const PLAIN: &str = "AGFkYUBtdXNpYy5leGFtcGxlAG9wZW4gc2VzYW1l";
const LOGIN: [&str; 2] = ["YWRhQG11c2ljLmV4YW1wbGU=", "b3BlbiBzZXNhbWU="];

impl Talk<'_> {
    pub(super) async fn auth(&mut self, line: &str) -> io::Result<()> {
        let words: Vec<&str> = line.split(' ').collect();
        self.heard(&words[..2].join(" "));
        let is_right = match words[..] {
            [_, "PLAIN", response] => response == PLAIN,
            [_, "LOGIN"] => {
                let mut given = Vec::new();
                for prompt in ["334 VXNlciBOYW1lAA==", "334 UGFzc3dvcmQA"] {
                    self.say(prompt);
                    given.push(self.line().await?);
                }
                let given = given.iter().map(|it| it.trim_ascii_end());
                given.eq(LOGIN.map(str::as_bytes))
            }
            _ => false,
        };
        let usual = if is_right {
            "235 2.7.0 Accepted"
        } else {
            "535 5.7.8 Username and Password not accepted"
        };
        if self.act(Step::Auth, usual).await? == Answer::Yes {
            self.is_logged_in = true;
            self.stage.seen().logins += 1;
        }
        Ok(())
    }
}
