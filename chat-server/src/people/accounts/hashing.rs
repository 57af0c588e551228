//! The queue of words that are hashed (argon2id), beside the threads that serve.
//!
//! A hash takes 19 MiB of memory and 30 to 60 ms of a processor, on purpose. So there is one at a time, and a
//! bounded queue.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chat_protocol::account::AccountError;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::net::per_address::subscriber;

/// Words that may wait, or be looked at: about a second of a processor that is free. The connection of each waits for it, and also its end.
const WAITING: usize = 32;

/// Those of one address: it cannot take the places of all.
const OF_ONE: usize = 4;

pub(super) struct Hashing {
    one: Arc<Semaphore>,
    /// The address of each word that waits, or is looked at.
    waiting: Mutex<Vec<IpAddr>>,
}

impl Default for Hashing {
    fn default() -> Self {
        Self { one: Arc::new(Semaphore::new(1)), waiting: Mutex::default() }
    }
}

/// The place of a word in the queue. Dropping it makes it free.
struct Place<'a>(&'a Hashing, IpAddr);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut waiting = self.0.waiting();
        if let Some(place) = waiting.iter().position(|address| *address == self.1) {
            waiting.swap_remove(place);
        }
    }
}

impl Hashing {
    /// Does something that hashes for this address, after those who came before. Cancel-safe: it is not begun, or goes on.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        address: IpAddr,
        work: impl FnOnce() -> Result<T, AccountError> + Send + 'static,
    ) -> Result<T, AccountError> {
        let _waits = self.enter(subscriber(address))?;
        let one = Arc::clone(&self.one).acquire_owned().await.map_err(|_| AccountError::Busy)?;
        let done = spawn_blocking(move || {
            // Until it is done, whether it is still waited for or not.
            let _one = one;
            work()
        });
        // It fails when the process ends.
        done.await.unwrap_or(Err(AccountError::Busy))
    }

    fn enter(&self, address: IpAddr) -> Result<Place<'_>, AccountError> {
        let mut waiting = self.waiting();
        let own = waiting.iter().filter(|other| **other == address).count();
        if waiting.len() >= WAITING || own >= OF_ONE {
            return Err(AccountError::Busy);
        }
        waiting.push(address);
        Ok(Place(self, address))
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<IpAddr>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// An address of its own for each number.
    fn ip(number: usize) -> IpAddr {
        IpAddr::from([192, 0, 2, number.try_into().unwrap()])
    }

    #[tokio::test]
    async fn r12_4_so_many_words_wait_and_a_further_one_is_refused() {
        let hashing = Arc::new(Hashing::default());
        let (go_on, waits) = mpsc::channel::<()>();
        let first = Arc::clone(&hashing);
        let first = tokio::spawn(async move {
            first.run(ip(0), move || waits.recv().map_err(|_| AccountError::Busy)).await
        });
        while hashing.one.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let begin = |address| {
            let hashing = Arc::clone(&hashing);
            tokio::spawn(async move { hashing.run(address, || Ok(())).await })
        };
        let mut others: Vec<_> = (1..OF_ONE).map(|_| begin(ip(0))).collect();
        while hashing.waiting().len() < OF_ONE {
            tokio::task::yield_now().await;
        }
        assert!(hashing.enter(ip(0)).is_err(), "of one address");
        others.extend((OF_ONE..WAITING).map(|number| begin(ip(number))));
        while hashing.waiting().len() < WAITING {
            tokio::task::yield_now().await;
        }
        assert!(hashing.enter(ip(WAITING)).is_err(), "of all");
        go_on.send(()).unwrap();
        assert_eq!(first.await.unwrap(), Ok(()));
        for other in others {
            assert_eq!(other.await.unwrap(), Ok(()));
        }
        assert_eq!(hashing.run(ip(0), || Ok(())).await, Ok(()));
        assert!(hashing.waiting().is_empty());
    }
}
