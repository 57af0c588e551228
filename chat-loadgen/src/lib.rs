//! A load generator for broadcast servers whose figures can be believed.
//!
//! [`run`] is the story of one run. Around it, in the order of reading:
//!
//! | module | what it holds |
//! |---|---|
//! | [`cli`], [`request`], [`plan`] | what was asked for, what of it is possible, what will be done |
//! | [`app`], [`measuring`], [`outcome`] | runs beside each other, reports, the exit status |
//! | [`run`], [`observer`], [`gathering`], [`course`] | one run: everybody together; warm-up, measuring, draining |
//! | [`trial`] | what all threads of a run share |
//! | [`cast`], [`client`], [`churn`], [`audience`] | who plays which part; who is due to get a message |
//! | [`connecting`], [`fleet`] | connections; all clients and their threads |
//! | [`schedule`], [`sizes`], [`mixing`], [`pacer`] | when what is sent, and by whom on time |
//! | [`senders`], [`voice`], [`flight`] | whose turn it is; a client's sending half; what has been sent, and when |
//! | [`worker`] | a thread that looks after clients: wait, read, judge, answer |
//! | [`dialect`], [`payload`] | a server's language; texts that prove themselves |
//! | [`judge`], [`ledger`], [`order`], [`faults`] | what each arrival was |
//! | [`tally`], [`clock`], [`intervals`] | how long it took |
//! | [`machine`], [`waits`], [`limits`], [`target`], [`watch`] | the machine, the server's process, what is shown meanwhile |
//! | [`findings`], [`record`], [`verdict`] | what a run found out, and whether it can be believed |
//! | [`threshold`], [`baseline`] | conditions on a record; two records compared |
//! | [`report`], [`live`], [`figures`] | records for people and programs |
//! | [`relay`] | a bare relay, and one with faults |

pub mod app;
pub mod audience;
pub mod baseline;
pub mod cast;
pub mod churn;
pub mod cli;
pub mod client;
pub mod clock;
pub mod connecting;
pub mod course;
pub mod dialect;
pub mod faults;
pub mod figures;
pub mod findings;
pub mod fleet;
pub mod flight;
pub mod gathering;
pub mod intervals;
pub mod judge;
pub mod ledger;
pub mod limits;
pub mod live;
pub mod machine;
pub mod measuring;
pub mod mixing;
pub mod observer;
pub mod order;
pub mod outcome;
pub mod pacer;
pub mod payload;
pub mod plan;
pub mod record;
pub mod relay;
pub mod report;
pub mod request;
pub mod run;
pub mod schedule;
pub mod senders;
pub mod sizes;
pub mod tally;
pub mod target;
pub mod threshold;
pub mod trial;
pub mod verdict;
pub mod voice;
pub mod waits;
pub mod watch;
pub mod worker;
