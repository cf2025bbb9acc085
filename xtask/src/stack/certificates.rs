//! The certificates of a stack with TLS: one CA, and a server and a client that it vouches for.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};

use super::cache::{private_dir, private_file};
use crate::failure::{Doing, Result};

const SERVER: [&str; 3] = ["127.0.0.1", "localhost", SERVER_NAME];
/// The one that no resolver knows.
pub(crate) const SERVER_NAME: &str = "vault.leasekey.test";
const CLIENT: &str = "orders.leasekey.test";

/// The folder that they are in.
pub(crate) struct Certificates(PathBuf);

impl Certificates {
    /// Those of the stack in `folder`, which need not be there yet.
    pub(crate) fn of(folder: &Path) -> Self {
        Self(folder.join("tls"))
    }

    /// One of `ca.pem`, `server.pem`, `server.key`, `client.pem` and `client.key`.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Makes them.
    pub(crate) fn make(&self) -> Result<()> {
        private_dir(&self.0)?;
        let what = || "cannot make certificates".to_owned();
        let ca = CertifiedIssuer::self_signed(authority(), KeyPair::generate().doing(what)?).doing(what)?;
        self.write("ca.pem", &ca.pem())?;
        let server = (SERVER.map(str::to_owned).to_vec(), ExtendedKeyUsagePurpose::ServerAuth);
        let client = (vec![CLIENT.to_owned()], ExtendedKeyUsagePurpose::ClientAuth);
        for (stem, (names, purpose)) in [("server", server), ("client", client)] {
            let key = KeyPair::generate().doing(what)?;
            let mut params = CertificateParams::new(names).doing(what)?;
            params.distinguished_name.push(DnType::CommonName, format!("Leasekey's test {stem}"));
            params.extended_key_usages = vec![purpose];
            let certificate = params.signed_by(&key, &ca).doing(what)?;
            self.write(&format!("{stem}.pem"), &certificate.pem())?;
            self.write(&format!("{stem}.key"), &key.serialize_pem())?;
        }
        Ok(())
    }

    /// The CA as text.
    pub(crate) fn ca(&self) -> Result<String> {
        let path = self.file("ca.pem");
        fs::read_to_string(&path).doing(|| format!("cannot read {}", path.display()))
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.file(name);
        private_file(&path)?.write_all(text.as_bytes()).doing(|| format!("cannot write {}", path.display()))
    }
}

fn authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, "Leasekey's test CA");
    params
}
