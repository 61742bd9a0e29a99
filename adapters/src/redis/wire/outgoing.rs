//! A message as Celery's own producers send it.
//!
//! It carries nothing of ours, so that our workers treat it as they treat Python's: its task
//! is retried, its result stored and what follows it sent as its sender wants.

use std::io::Write as _;

use bzip2::write::BzEncoder;
use chrono::{DateTime, Utc};
use domain::tasks::Envelope;
use flate2::write::ZlibEncoder;
use lzma_rust2::{XzOptions, XzWriter};
use uuid::Uuid;

use super::encode::{Form, written};
use super::{list_of, step_of};

/// How hard xz tries; the usual 6 would take a hundred megabytes of memory.
const XZ_PRESET: u32 = 1;

/// A task on its way to whoever takes it, Python's workers or ours.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// The task. Its headers are those of the message; its payload, the body.
    pub envelope: Envelope,
    /// Whom an answer is for; the task itself unless somebody said.
    pub reply_to: Option<String>,
    /// How the body is packed.
    pub compression: Option<Compression>,
}

/// How a body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Celery's `gzip`, which is in the format of zlib.
    Zlib,
    /// bzip2.
    Bzip2,
    /// Celery's `lzma`, in the format of xz.
    Xz,
}

impl Compression {
    /// The compression that Celery calls this.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "gzip" | "zlib" | "application/x-gzip" => Some(Self::Zlib),
            "bzip2" | "bzip" | "application/x-bz2" => Some(Self::Bzip2),
            "lzma" | "xz" | "application/x-lzma" => Some(Self::Xz),
            _ => None,
        }
    }

    fn header(self) -> &'static str {
        match self {
            Self::Zlib => "application/x-gzip",
            Self::Bzip2 => "application/x-bz2",
            Self::Xz => "application/x-lzma",
        }
    }

    fn packed(self, plain: &[u8]) -> std::io::Result<Vec<u8>> {
        match self {
            Self::Zlib => {
                let mut encoder = ZlibEncoder::new(Vec::new(), flate2::Compression::default());
                encoder.write_all(plain)?;
                encoder.finish()
            }
            Self::Bzip2 => {
                let mut encoder = BzEncoder::new(Vec::new(), bzip2::Compression::default());
                encoder.write_all(plain)?;
                encoder.finish()
            }
            Self::Xz => {
                let mut encoder = XzWriter::new(Vec::new(), XzOptions::with_preset(XZ_PRESET))?;
                encoder.write_all(plain)?;
                encoder.finish()
            }
        }
    }
}

impl Outgoing {
    /// The list it goes into, without the prefix of all keys.
    pub fn list(&self) -> String {
        list_of(&self.envelope.queue, step_of(self.envelope.priority))
    }

    /// The message, sent `now`; `tag` tells it from every other.
    ///
    /// # Panics
    ///
    /// Never: memory takes what is written to it.
    pub fn encode(&self, now: DateTime<Utc>, tag: Uuid) -> Vec<u8> {
        let envelope = &self.envelope;
        let plain = envelope.payload.as_bytes();
        let packed = self
            .compression
            .map(|how| how.packed(plain).expect("memory takes it"));
        written(&Form {
            envelope,
            due_at: envelope.due.from(now),
            now,
            tag,
            ours: None,
            body: packed.as_deref().unwrap_or(plain),
            compression: self.compression.map(Compression::header),
            reply_to: self.reply_to.as_deref().unwrap_or(envelope.id.as_str()),
        })
    }
}
