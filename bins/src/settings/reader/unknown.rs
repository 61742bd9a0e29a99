//! What is set and is no setting.

use super::Reader;
use crate::settings::celery;
use crate::settings::nearest::nearest;
use crate::settings::sources::TOML_FILE;

impl Reader {
    /// Complains about every name that was never asked for, where it is likely to be meant for us.
    pub(super) fn complain_about_unknown_names(&mut self) {
        let (known, layers) = (&self.names, &self.layers);
        let unknown = |name: &&String| {
            let name = name.as_str();
            !known.contains(&name) && !self.refused.contains(&name)
        };
        let is_celery = |name: &&String| name.starts_with(celery::PREFIX);
        let celery: Vec<String> = layers
            .values
            .keys()
            .filter(is_celery)
            .filter(unknown)
            .cloned()
            .collect();
        let toml: Vec<String> = layers
            .in_toml
            .iter()
            .filter(|it| !is_celery(it))
            .filter(unknown)
            .cloned()
            .collect();
        let dotenv: Vec<(String, String)> = layers
            .in_dotenv
            .iter()
            .filter(|(name, _)| unknown(&name))
            .cloned()
            .collect();

        for name in celery {
            if let Some((_, origin)) = self.text(&name) {
                let complaint = celery::why_not(&name, &self.names);
                self.complain(&name, origin, complaint);
            }
        }
        for name in toml {
            let complaint = self.why_not_in_toml(&name);
            self.complain(&name, TOML_FILE.to_owned(), complaint);
        }
        for (name, origin) in dotenv {
            if let Some(complaint) = celery::complaint_about_variable(&name) {
                self.complain(&name, origin, complaint);
            }
        }
    }

    fn why_not_in_toml(&self, name: &str) -> String {
        if let Some(new) = celery::new_name(name) {
            return format!("is called {new} here; rename it");
        }
        match nearest(name, self.names.iter().copied()) {
            Some(meant) => format!("is not a setting; did you mean {meant}?"),
            None => "is not a setting; remove it".to_owned(),
        }
    }
}
