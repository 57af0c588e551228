//! Requirements of several chapters at once: crowds, faults, limits, random bytes.

mod addresses;
mod crowd;
mod faults;
mod limits;
mod noise;
