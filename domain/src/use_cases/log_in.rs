//! Somebody logs in.

use std::net::IpAddr;
use std::sync::Arc;

use super::{LoggedIn, TokenIssuer};
use crate::model::{Username, folded};
use crate::ports::{
    AccountRepo, Clock, LoginThrottle, PasswordHasher, PortError, TokenRepo, TooManyAttempts,
};

/// What somebody logs in with.
pub struct LogIn {
    /// The name they give, whatever it is.
    pub username: String,
    /// The password they give, whatever it is.
    pub password: String,
    /// Where they come from.
    pub address: IpAddr,
}

/// Logs accounts in.
pub struct LogInUseCase {
    accounts: Arc<dyn AccountRepo>,
    tokens: Arc<dyn TokenRepo>,
    hasher: Arc<dyn PasswordHasher>,
    throttle: Arc<dyn LoginThrottle>,
    issuer: TokenIssuer,
    clock: Arc<dyn Clock>,
}

/// Why somebody is not logged in.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// There is no such account or the password is another; nobody learns which.
    #[error("unable to log in with the credentials given")]
    WrongCredentials,
    /// Too many attempts of late.
    #[error(transparent)]
    TooManyAttempts(#[from] TooManyAttempts),
    /// A port failed.
    #[error("the log-in could not be carried out")]
    Port(#[from] PortError),
}

impl LogInUseCase {
    /// Logs in accounts of `accounts`, as often as `throttle` lets them.
    pub fn new(
        accounts: Arc<dyn AccountRepo>,
        tokens: Arc<dyn TokenRepo>,
        hasher: Arc<dyn PasswordHasher>,
        throttle: Arc<dyn LoginThrottle>,
        issuer: TokenIssuer,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            accounts,
            tokens,
            hasher,
            throttle,
            issuer,
            clock,
        }
    }

    /// Logs somebody in.
    ///
    /// # Errors
    ///
    /// The answer and its time are the same for an unknown name and a wrong password.
    pub async fn run(&self, request: LogIn) -> Result<LoggedIn, LogInError> {
        let LogIn {
            username,
            password,
            address,
        } = request;
        let subject = folded(username.trim());
        self.throttle.attempt(&subject, address)?;
        let known = match Username::try_from(username) {
            Ok(username) => self.accounts.credentials(&username).await?,
            Err(_) => None,
        };
        let hash = known
            .as_ref()
            .map(|credentials| credentials.password.clone());
        let is_right = self.hasher.verify(&password, hash).await?;
        let Some(credentials) = known.filter(|_| is_right) else {
            return Err(LogInError::WrongCredentials);
        };
        self.throttle.succeeded(&subject, address);
        let (granted, token) = self.issuer.grant(credentials.account.id, self.clock.now());
        self.tokens.add(&token).await?;
        Ok(LoggedIn {
            account: credentials.account,
            granted,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use chrono::{DateTime, TimeDelta};
    use pollster::block_on;

    use super::*;
    use crate::ports::{
        MockAccountRepo, MockClock, MockLoginThrottle, MockPasswordHasher, MockTokenRepo,
        MockTokenSource,
    };

    fn use_case(throttle: MockLoginThrottle, hasher: MockPasswordHasher) -> LogInUseCase {
        let mut accounts = MockAccountRepo::new();
        accounts.expect_credentials().returning(|_| Ok(None));
        let mut clock = MockClock::new();
        clock.expect_now().return_const(DateTime::UNIX_EPOCH);
        let issuer = TokenIssuer::new(Arc::new(MockTokenSource::new()), TimeDelta::days(10));
        LogInUseCase::new(
            Arc::new(accounts),
            Arc::new(MockTokenRepo::new()),
            Arc::new(hasher),
            Arc::new(throttle),
            issuer,
            Arc::new(clock),
        )
    }

    fn request(username: &str) -> LogIn {
        LogIn {
            username: username.to_owned(),
            password: "guessed it".to_owned(),
            address: Ipv4Addr::LOCALHOST.into(),
        }
    }

    #[test]
    fn an_unknown_name_costs_as_much_as_a_wrong_password() {
        let mut throttle = MockLoginThrottle::new();
        throttle.expect_attempt().times(2).returning(|_, _| Ok(()));
        let mut hasher = MockPasswordHasher::new();
        hasher
            .expect_verify()
            .times(2)
            .withf(|_, hash| hash.is_none())
            .returning(|_, _| Ok(false));
        let log_in = use_case(throttle, hasher);

        for username in ["nobody", "no\u{0}name"] {
            assert!(matches!(
                block_on(log_in.run(request(username))),
                Err(LogInError::WrongCredentials)
            ));
        }
    }

    #[test]
    fn who_has_no_attempts_left_is_not_even_looked_up() {
        let mut throttle = MockLoginThrottle::new();
        let refusal = TooManyAttempts {
            retry_after: Duration::from_secs(9),
        };
        throttle
            .expect_attempt()
            .withf(|name, _| name == "ada")
            .returning(move |_, _| Err(refusal));
        let mut hasher = MockPasswordHasher::new();
        hasher.expect_verify().never();
        let log_in = use_case(throttle, hasher);

        assert!(
            matches!(block_on(log_in.run(request(" ADA "))), Err(LogInError::TooManyAttempts(too_many)) if too_many == refusal)
        );
    }
}
