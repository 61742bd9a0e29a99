//! The settings of Celery, so that those we do not honour are not passed over in silence.

mod fixed;
mod names;
mod old_names;
mod refused;

pub(super) use fixed::read_fixed;
pub(super) use old_names::{complaint_about_variable, new_name, overrides};

use super::nearest::nearest;

/// How the name of every Celery setting begins here.
pub(super) const PREFIX: &str = "CELERY_CONF_";

/// Why `name`, which begins with the prefix, is not one of the `honoured` settings.
pub(super) fn why_not(name: &str, honoured: &[&str]) -> String {
    let setting = name.strip_prefix(PREFIX).unwrap_or(name);
    let is_upper = !setting.contains(|it: char| it.is_ascii_lowercase());
    let lower = setting.to_ascii_lowercase();
    if is_upper && names::is_known(&lower) {
        return refused::instead(&lower).to_owned();
    }
    if let Some(new) = new_name(setting) {
        return format!("is called {new} now; rename it");
    }
    let ours = honoured.iter().filter_map(|it| it.strip_prefix(PREFIX));
    match nearest(setting, ours.chain(names::known().map(|it| -> &str { it }))) {
        Some(meant) => {
            let meant = meant.to_ascii_uppercase();
            format!("is not a setting of Celery; did you mean {PREFIX}{meant}?")
        }
        None => "is not a setting of Celery; remove it".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_fits_the_name() {
        for (name, said) in [
            ("CELERY_CONF_BROKER_READ_URL", "set REDIS_URL"),
            (
                "CELERY_CONF_WORKER_CONCURENCY",
                "did you mean CELERY_CONF_WORKER_CONCURRENCY?",
            ),
            (
                "CELERY_CONF_worker_concurrency",
                "is called CELERY_CONF_WORKER_CONCURRENCY now",
            ),
            (
                "CELERY_CONF_CELERYD_CONCURRENCY",
                "is called CELERY_CONF_WORKER_CONCURRENCY now",
            ),
            (
                "CELERY_CONF_COFFEE",
                "is not a setting of Celery; remove it",
            ),
            ("CELERY_CONF_", "is not a setting of Celery; remove it"),
        ] {
            let reason = why_not(name, &["API_BIND", "CELERY_CONF_WORKER_CONCURRENCY"]);

            assert!(reason.contains(said), "{name}: {reason}");
        }
    }
}
