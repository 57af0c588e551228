//! Retention: lines that are too old, or too many, are deleted, a few at a time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Database;

/// Lines that are deleted in one transaction: some milliseconds, for which nothing is written.
const AT_ONCE: i64 = 2000;

/// Pages that are given back to the system at once.
const PAGES: u32 = 1000;

/// The lines that are kept.
pub(crate) struct Retention {
    pub(crate) keep: Option<Duration>,
    pub(crate) keep_size: Option<u64>,
}

impl Retention {
    /// Deletes some of the lines that are not to be kept. Returns whether there may be more.
    pub(crate) fn delete(&self, database: &mut Database) -> rusqlite::Result<bool> {
        let connection = database.connection();
        let mut more = false;
        if let Some(keep) = self.keep {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let oldest = i64::try_from(now.saturating_sub(keep).as_millis()).unwrap_or(i64::MAX);
            let deleted = connection.execute(
                "delete from said where (room, epoch, number) in
                 (select room, epoch, number from said where at < ?1 order by at limit ?2)",
                [oldest, AT_ONCE],
            )?;
            more |= deleted > 0;
        }
        if let Some(size) = self.keep_size {
            let number =
                |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
            let used = (number("page_count")? - number("freelist_count")?) * number("page_size")?;
            if u64::try_from(used).is_ok_and(|used| used > size) {
                let deleted = connection.execute(
                    "delete from said where (room, epoch, number) in
                     (select room, epoch, number from said order by at limit ?1)",
                    [AT_ONCE],
                )?;
                more |= deleted > 0;
            }
        }
        connection.execute_batch(&format!("pragma incremental_vacuum({PAGES})"))?;
        Ok(more)
    }
}
