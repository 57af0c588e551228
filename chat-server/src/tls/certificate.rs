//! The certificate in use. It can be read anew while the server runs.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use chat_tls::{IdentityError, expiry, read_identity};
use rustls::pki_types::UnixTime;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// The time before the expiry from which on it is warned of. Authorities that renew by themselves do so a month before.
const SOON: Duration = Duration::from_hours(14 * 24);

/// The certificate, with its key, and the files from which it comes.
#[derive(Debug)]
pub(super) struct Certificate {
    path: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<CertifiedKey>>,
    /// One reads at a time, so that the last one to begin is the last one to end.
    reading: Mutex<()>,
}

/// The state of a certificate that is to be warned of.
#[derive(Debug, PartialEq, Eq)]
enum Warning {
    Expired,
    /// In so many days.
    Expires(u64),
}

impl Certificate {
    pub(super) fn read(path: PathBuf, key: PathBuf) -> Result<Self, IdentityError> {
        let current = RwLock::new(read_identity(&path, &key)?.into());
        Ok(Self { path, key, current, reading: Mutex::default() })
    }

    /// Reads the files anew. An error changes nothing.
    pub(super) fn reload(&self) -> Result<(), IdentityError> {
        let _reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let read = Arc::new(read_identity(&self.path, &self.key)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = read;
        Ok(())
    }

    /// Warns if the certificate expires soon, or has.
    pub(super) fn warn_of_expiry(&self) {
        let certificate = self.path.display();
        match self.expires().and_then(|expires| warning(expires, UnixTime::now())) {
            Some(Warning::Expired) => tracing::warn!(%certificate, "the certificate has expired"),
            Some(Warning::Expires(days)) => {
                tracing::warn!(%certificate, days, "the certificate expires soon");
            }
            None => {}
        }
    }

    pub(super) fn expires(&self) -> Option<UnixTime> {
        self.current().cert.first().and_then(expiry)
    }

    fn current(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

fn warning(expires: UnixTime, now: UnixTime) -> Option<Warning> {
    let Some(left) = expires.as_secs().checked_sub(now.as_secs()) else {
        return Some(Warning::Expired);
    };
    (left < SOON.as_secs()).then(|| Warning::Expires(left / Duration::from_hours(24).as_secs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r10_9_an_expiry_is_warned_of_for_the_last_14_days() {
        let now = UnixTime::since_unix_epoch(Duration::from_hours(24 * 365 * 50));
        let warned = |hours: i64| {
            let then = now.as_secs().checked_add_signed(hours * 3600).unwrap();
            warning(UnixTime::since_unix_epoch(Duration::from_secs(then)), now)
        };
        assert_eq!(warned(15 * 24), None);
        assert_eq!(warned(14 * 24), None);
        assert_eq!(warned(13 * 24 + 23), Some(Warning::Expires(13)));
        assert_eq!(warned(1), Some(Warning::Expires(0)));
        assert_eq!(warned(-1), Some(Warning::Expired));
    }
}
