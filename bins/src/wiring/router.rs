//! Who does which task.

use chrono::TimeDelta;
use domain::tasks::Router;
use domain::use_cases::{
    CheckInactiveArtistsHandler, CongratulateArtistHandler, DeliverMail, MailPolicy,
    RemindInactiveArtistHandler,
};

use super::{Mailing, Platform};
use crate::program::Failure;
use crate::settings::PublicUrl;

impl Platform {
    /// Knows who does which task.
    pub(super) fn router(
        &self,
        public_url: &PublicUrl,
        mailing: &Mailing,
    ) -> Result<Router, Failure> {
        let Self {
            settings,
            store,
            clock,
            ..
        } = self;
        let doubt_hold = TimeDelta::from_std(settings.mail.doubt_hold)?;
        let policy = |on_doubt| MailPolicy {
            on_doubt,
            doubt_hold,
        };
        let deliver = DeliverMail::new(
            store.clone(),
            store.clone(),
            mailing.mailer.clone(),
            clock.clone(),
            policy(settings.mail.on_doubt),
        );
        let congratulate = CongratulateArtistHandler::new(
            store.clone(),
            store.clone(),
            deliver.clone(),
            public_url.to_string(),
        );
        let check = CheckInactiveArtistsHandler::new(
            store.clone(),
            store.clone(),
            store.clone(),
            settings.inactivity,
            settings.routes.clone(),
        );
        let remind = RemindInactiveArtistHandler::new(
            store.clone(),
            store.clone(),
            self.signer()?,
            deliver.by(policy(settings.mail.on_doubt_reminder)),
            settings.inactivity,
            public_url.to_string(),
        );
        Ok(Router::default()
            .route(congratulate)
            .route(check)
            .route(remind))
    }
}
