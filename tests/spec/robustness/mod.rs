//! Requirements of several chapters at once: crowds, faults, limits, bytes without sense.

mod crowd;
mod faults;
mod limits;
mod noise;
