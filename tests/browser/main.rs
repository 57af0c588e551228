//! The page at `/`, in a real browser (requirement 10.24): Chromium, driven by its chromedriver.
//!
//! Without chromedriver the tests skip themselves; with `CI` in the environment they fail.

mod accounts;
mod coming_back;
mod driver;
mod keyboard;
mod looks;
mod page;
mod profiles;
mod resuming;
mod safety;
mod talking;
