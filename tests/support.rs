//! What tests are made of.

#[path = "support/celery.rs"]
pub mod celery;
#[path = "support/client.rs"]
pub mod client;
#[path = "support/dawdler.rs"]
pub mod dawdler;
#[path = "support/log.rs"]
pub mod log;
#[path = "support/mail_server.rs"]
pub mod mail_server;
#[path = "support/postgres.rs"]
pub mod postgres;
#[path = "support/program.rs"]
pub mod program;
#[path = "support/proxy.rs"]
pub mod proxy;
#[path = "support/redis_sentinels.rs"]
pub mod redis_sentinels;
#[path = "support/redis_server.rs"]
pub mod redis_server;
#[path = "support/samples.rs"]
pub mod samples;
#[path = "support/scripted_smtp.rs"]
pub mod scripted_smtp;
#[path = "support/small_disk.rs"]
pub mod small_disk;
