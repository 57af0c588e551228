//! The queue of words that are hashed (argon2id), beside the threads that serve.
//!
//! A hash takes 19 MiB of memory and 30 to 60 ms of a processor, on purpose. So there is one at a time, and a
//! bounded queue.

use std::sync::Arc;

use chat_protocol::account::AccountError;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// Words that may wait, or be looked at: about a second. The connection of each waits for it, and also its end.
const WAITING: usize = 32;

pub(super) struct Hashing {
    one: Arc<Semaphore>,
    waiting: Semaphore,
}

impl Default for Hashing {
    fn default() -> Self {
        Self { one: Arc::new(Semaphore::new(1)), waiting: Semaphore::new(WAITING) }
    }
}

impl Hashing {
    /// Does something that hashes, after those who came before. Cancel-safe: it is not begun, or goes on.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, AccountError> + Send + 'static,
    ) -> Result<T, AccountError> {
        let _waits = self.waiting.try_acquire().map_err(|_| AccountError::Busy)?;
        let one = Arc::clone(&self.one).acquire_owned().await.map_err(|_| AccountError::Busy)?;
        let done = spawn_blocking(move || {
            // Until it is done, whether it is still waited for or not.
            let _one = one;
            work()
        });
        // It fails when the process ends.
        done.await.unwrap_or(Err(AccountError::Busy))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn r12_4_so_many_words_wait_and_a_further_one_is_refused() {
        let hashing = Arc::new(Hashing::default());
        let (go_on, waits) = mpsc::channel::<()>();
        let first = Arc::clone(&hashing);
        let first = tokio::spawn(async move {
            first.run(move || waits.recv().map_err(|_| AccountError::Busy)).await
        });
        while hashing.one.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let others: Vec<_> = (1..WAITING)
            .map(|_| {
                let hashing = Arc::clone(&hashing);
                tokio::spawn(async move { hashing.run(|| Ok(())).await })
            })
            .collect();
        while hashing.waiting.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(hashing.run(|| Ok(())).await, Err(AccountError::Busy));
        go_on.send(()).unwrap();
        assert_eq!(first.await.unwrap(), Ok(()));
        for other in others {
            assert_eq!(other.await.unwrap(), Ok(()));
        }
        assert_eq!(hashing.run(|| Ok(())).await, Ok(()));
    }
}
