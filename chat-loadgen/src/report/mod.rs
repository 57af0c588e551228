//! Reports of a run, for people and for programs.
//!
//! | module | reader |
//! |---|---|
//! | [`summary`] | the terminal, at the end of a run |
//! | [`html`] | a page with plots that needs nothing else |
//! | [`json`] | programs, and later comparisons; `schema/record-1.json` describes it |
//! | [`csv`] | spreadsheets: a row per second |
//! | [`hgrm`] | `HdrHistogram`'s own plotter: percentiles of one histogram |
//! | [`hlog`] | `HdrHistogram`'s interval logs, and the sum of several |
//! | [`comparison`] | the terminal, of several runs or records |
//! | [`output`] | a file that is opened before the run |
//! | [`live`] | the terminal, while a run goes on |

pub(crate) mod comparison;
pub(crate) mod csv;
pub(crate) mod hgrm;
pub(crate) mod hlog;
pub(crate) mod html;
pub(crate) mod json;
pub(crate) mod live;
pub(crate) mod output;
pub(crate) mod summary;
mod verdict;
pub(crate) mod wrapping;
