//! Why a text does not say where Redis is.

/// Why a text does not say where Redis is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedisUrlError {
    /// It is no URL.
    #[error("is not a URL: {0}")]
    Form(#[from] url::ParseError),
    /// It is the URL of something else.
    #[error(
        "the scheme {0:?} is not supported: redis, rediss, valkey, valkeys, unix, redis+unix, redis+socket and sentinel are"
    )]
    Scheme(String),
    /// More than one server.
    #[error(
        "names several servers: one is supported, or sentinel://HOST:PORT;sentinel://HOST:PORT"
    )]
    Several,
    /// Sentinels, and nothing to ask them for.
    #[error("names sentinels, but no master: add ?master_name=NAME, or set the option master_name")]
    NoMaster,
    /// Two sentinels for two masters.
    #[error("says two things of the {0} of one master")]
    Contradiction(&'static str),
    /// A password, most likely, that ends where it should not.
    #[error(
        "has an @ behind a /, ? or #: in a password write these as %2F, %3F and %23, elsewhere the @ as %40"
    )]
    Unencoded,
    /// The path is no number.
    #[error("the database {0:?} is not a number")]
    Database(String),
    /// A part is encoded wrongly.
    #[error("the {0} is not percent-encoded UTF-8")]
    Encoding(&'static str),
    /// It asks for what would be unsafe.
    #[error(
        "ssl_cert_reqs={0} is not supported: certificates are always checked; name your own authority with ssl_ca_certs=FILE"
    )]
    Unchecked(String),
    /// One of two files that go together is missing.
    #[error("ssl_certfile and ssl_keyfile go together")]
    HalfCertificate,
    /// It says something that nobody reads.
    #[error("the parameter {0:?} is not known")]
    Parameter(String),
}
