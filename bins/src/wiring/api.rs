//! The HTTP API over the store, and who registers accounts beside it.

use std::sync::Arc;

use adapters::http::Api;
use adapters::login_throttle::{LoginLimits, MemoryLoginThrottle};
use adapters::password::Argon2Passwords;
use adapters::token::RandomTokens;
use chrono::TimeDelta;
use domain::use_cases::{
    BecomeArtistUseCase, BrowseUseCase, ChangeAlbumUseCase, CongratulateArtist,
    EditOwnAccountUseCase, IdentifyCallerUseCase, LogInUseCase, LogOutUseCase, PublishAlbumUseCase,
    RegisterAccountUseCase, TokenIssuer, UnsubscribeUseCase,
};

use super::Platform;
use crate::program::Failure;
use crate::settings::PublicUrl;

impl Platform {
    /// The HTTP API, whose links begin with `public_url`.
    pub(crate) fn api(&self, public_url: &PublicUrl) -> Result<Api, Failure> {
        let Self {
            settings,
            store,
            clock,
            ..
        } = self;
        let tokens = Arc::new(RandomTokens);
        let passwords = Arc::new(Argon2Passwords::new());
        let issuer = self.issuer()?;
        let throttle = Arc::new(MemoryLoginThrottle::new(LoginLimits {
            per_account: settings.login.attempts_per_account,
            per_address: settings.login.attempts_per_address,
            window: settings.login.window,
        }));
        Ok(Api {
            register: RegisterAccountUseCase::new(
                store.clone(),
                passwords.clone(),
                issuer.clone(),
                clock.clone(),
            ),
            log_in: LogInUseCase::new(
                store.clone(),
                store.clone(),
                passwords,
                throttle,
                issuer,
                clock.clone(),
            ),
            log_out: LogOutUseCase::new(store.clone(), tokens.clone()),
            identify: IdentifyCallerUseCase::new(store.clone(), tokens, clock.clone()),
            own_account: EditOwnAccountUseCase::new(store.clone()),
            become_artist: BecomeArtistUseCase::new(store.clone(), clock.clone()),
            browse: BrowseUseCase::new(store.clone(), store.clone()),
            publish_album: PublishAlbumUseCase::new(
                store.clone(),
                clock.clone(),
                settings.routes.queue_for::<CongratulateArtist>(),
            ),
            change_album: ChangeAlbumUseCase::new(store.clone()),
            unsubscribe: UnsubscribeUseCase::new(store.clone(), self.signer()?),
            readiness: store.clone(),
            public_url: public_url.to_string(),
        })
    }

    /// Registers accounts outside of the API.
    pub(crate) fn registrar(&self) -> Result<RegisterAccountUseCase, Failure> {
        Ok(RegisterAccountUseCase::new(
            self.store.clone(),
            Arc::new(Argon2Passwords::new()),
            self.issuer()?,
            self.clock.clone(),
        ))
    }

    fn issuer(&self) -> Result<TokenIssuer, Failure> {
        let good_for = TimeDelta::from_std(self.settings.api.token_ttl)?;
        Ok(TokenIssuer::new(Arc::new(RandomTokens), good_for))
    }
}
