//! How Postfix is told to keep to one folder and to loopback.

use std::fs;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

/// Where it listens.
#[derive(Clone, Copy)]
pub(super) struct Ports {
    pub(super) starttls: u16,
    pub(super) implicit: u16,
}

/// Writes everything that Postfix reads into `folder`; mails will belong to `owner`.
pub(super) fn write(folder: &Path, ports: Ports, owner: u32) {
    for name in ["etc", "spool", "data", "mail"] {
        fs::create_dir(folder.join(name)).expect("the folder is new");
    }
    let mails = folder.join("mail");
    std::os::unix::fs::chown(&mails, Some(owner), None).expect("it is ours to give");
    write_certificate(folder);
    let here = folder.display().to_string();
    let main = MAIN
        .replace("{here}", &here)
        .replace("{owner}", &owner.to_string());
    let master = MASTER
        .replace("{starttls}", &ports.starttls.to_string())
        .replace("{implicit}", &ports.implicit.to_string());
    fs::write(folder.join("etc/main.cf"), main).expect("it can be written");
    fs::write(folder.join("etc/master.cf"), master).expect("it can be written");
}

/// An authority, and a certificate for `localhost` signed by it.
fn write_certificate(folder: &Path) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let authority = CertifiedIssuer::self_signed(params, key).expect("a certificate");
    let params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
    let key = KeyPair::generate().expect("a key");
    let certificate = params.signed_by(&key, &authority).expect("a certificate");
    let chain = key.serialize_pem() + &certificate.pem();
    fs::write(folder.join("etc/server.pem"), chain).expect("it can be written");
    fs::write(folder.join("authority.pem"), authority.pem()).expect("it can be written");
}

const MAIN: &str = "\
compatibility_level = 3.6
config_directory = {here}/etc
queue_directory = {here}/spool
data_directory = {here}/data
maillog_file = {here}/log
maillog_file_prefixes = {here}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.example.org
mydestination =
local_recipient_maps =
mynetworks =
alias_maps =
virtual_mailbox_domains = example.com, example.org
virtual_mailbox_base = {here}/mail
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:{owner}
virtual_gid_maps = static:65534
virtual_minimum_uid = 1
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {here}/auth
smtpd_tls_auth_only = yes
smtpd_tls_security_level = encrypt
smtpd_tls_chain_files = {here}/etc/server.pem
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
";

const MASTER: &str = "\
127.0.0.1:{starttls} inet n - n - - smtpd
127.0.0.1:{implicit} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
";
