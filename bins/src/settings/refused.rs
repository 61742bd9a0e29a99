//! Settings that Backbeat will have and this version has not: set, they are an error, not a silence.

use super::reader::Reader;

const NO_REDIS: &str = "this version does not use Redis yet, tasks wait in the database; remove it";
const NO_SMTP: &str = "this version cannot send through SMTP yet, mail goes to files; \
                       remove it, and set EMAIL_URL to say where the files go";
const NOT_YET: &str = "this version does not honour this setting yet; remove it";

/// The names, each with the reason that an operator reads.
const REFUSED: [(&str, &str); 12] = [
    ("REDIS_URL", NO_REDIS),
    ("EMAIL_BACKEND", NO_SMTP),
    ("EMAIL_HOST", NO_SMTP),
    ("EMAIL_PORT", NO_SMTP),
    ("EMAIL_HOST_USER", NO_SMTP),
    ("EMAIL_HOST_PASSWORD", NO_SMTP),
    ("EMAIL_USE_TLS", NO_SMTP),
    ("EMAIL_USE_SSL", NO_SMTP),
    ("EMAIL_TIMEOUT", NO_SMTP),
    ("WORKER_LEASE", NOT_YET),
    ("MAIL_CONCURRENCY", NOT_YET),
    ("BEAT_CATCH_UP", NOT_YET),
];

/// Complains about each of them that is set.
pub(super) fn refuse(read: &mut Reader) {
    for (name, why) in REFUSED {
        read.refuse(name, why);
    }
}
