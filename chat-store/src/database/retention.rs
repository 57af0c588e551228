//! Retention: lines that are too old, or too many, are deleted, a few at a time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::blocks::{delete_first, delete_old};
use super::moderation::delete_deeds;
use super::{Database, OpenError};

/// Pages that are given back to the system at once.
const PAGES: u32 = 1000;

/// The lines that are kept.
pub(crate) struct Retention {
    pub(crate) keep: Option<Duration>,
    pub(crate) keep_size: Option<u64>,
}

impl Retention {
    /// Deletes some of the lines that are not to be kept. Returns whether there may be more.
    pub(crate) fn delete(&self, database: &mut Database) -> Result<bool, OpenError> {
        let connection = database.connection()?;
        let mut more = false;
        let mut oldest_deed = 0;
        if let Some(keep) = self.keep {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let oldest = i64::try_from(now.saturating_sub(keep).as_millis()).unwrap_or(i64::MAX);
            more |= delete_old(connection, oldest)?;
            oldest_deed = oldest;
        }
        delete_deeds(connection, oldest_deed)?;
        if let Some(size) = self.keep_size {
            let number =
                |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
            let used = (number("page_count")? - number("freelist_count")?) * number("page_size")?;
            if u64::try_from(used).is_ok_and(|used| used > size) {
                more |= delete_first(connection)?;
            }
        }
        // Each row of its answer is a page.
        let mut vacuum = connection.prepare(&format!("pragma incremental_vacuum({PAGES})"))?;
        let mut pages = vacuum.query([])?;
        while pages.next()?.is_some() {}
        Ok(more)
    }
}
