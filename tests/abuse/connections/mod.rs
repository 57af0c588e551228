//! Connections: those that come and go, that are half open, and that are more than there are places.

mod coming_and_going;
mod endings;
mod half_open;
mod places;
mod tls;
mod web;
