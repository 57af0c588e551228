//! All simulated clients and the threads that look after them.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use mio::{Interest, Poll, Registry, Token, Waker};

use crate::door::Entered;
use crate::door::wrapping::Wrapping;
use crate::plan::{Connecting, Pacing, Plan};
use crate::record::figures;
use crate::roles::{Part, Role};
use crate::run::connecting::{self, Server, connect_all};
use crate::traffic::audience::{Audience, Sender};
use crate::traffic::client::Newcomer;
use crate::traffic::clock;
use crate::traffic::in_flight::InFlight;
use crate::traffic::seam::{Away, Cut};
use crate::traffic::sending::connection::Connection;
use crate::traffic::sending::send_half::SendHalf;
use crate::traffic::sending::senders::Senders;
use crate::traffic::shared::{Parts, Shared};
use crate::traffic::timing::intervals::IntervalReport;
use crate::traffic::worker::{Command, Finding, Return, WAKE, Worker};
use crate::wire::dialects::Who;
use crate::wire::payload::Mark;

/// Maximum time for a client's reconnection.
const RETURN: Duration = Duration::from_secs(1);
/// Polling interval.
const TICK: Duration = Duration::from_millis(1);
/// Capacity of a worker's command queue: a thread that sends to a full queue waits.
const COMMANDS: usize = 1024;
/// Capacity of the report channel.
const REPORTS: usize = 256;

/// The clients of one run.
#[derive(Debug)]
pub(crate) struct Fleet {
    /// State that all threads share.
    pub(crate) shared: Arc<Shared>,
    /// Senders of the messages.
    pub(crate) senders: Arc<Senders>,
    /// Each client's role.
    pub(crate) roles: Vec<Role>,
    plan: Plan,
    workers: Vec<WorkerHandle>,
    threads: Vec<JoinHandle<Finding>>,
}

/// Handle of a worker: its commands, its waker, its registry.
#[derive(Debug)]
struct WorkerHandle {
    commands: SyncSender<Command>,
    waker: Waker,
    registry: Registry,
}

impl Fleet {
    /// Starts the worker threads, without clients. The channel gives the threads' reports.
    ///
    /// # Errors
    ///
    /// When the system gives no thread or no event queue.
    pub(crate) fn new(plan: &Plan, mark: u32) -> io::Result<(Self, Receiver<IntervalReport>)> {
        let numbers = plan.numbers;
        let roles = plan.roles();
        let workers = numbers.canary_thread() as usize + 1;
        let dialect = plan.dialect.dialect();
        let senders = senders(plan, &roles);
        let shared = Arc::new(Shared::new(Parts {
            mark: Mark::new(mark, plan.verify),
            in_flight: InFlight::joined(plan.senders(), plan.all_senders(), messages_of_one(plan)),
            audience: Audience::new(workers, numbers.rooms, dialect.echoes(), senders),
            dialect,
            verify: plan.verify,
            total_order: plan.total_order,
            resumes: plan.resumes(),
            witnesses: plan.witnesses,
            servers: plan.addresses.len(),
            patience: clock::nanoseconds(plan.drain_timeout.as_secs_f64()),
            workers,
        }));
        let senders = Arc::new(Senders::new(Arc::clone(&shared), plan.sizes.clone()));
        let (report, reports) = sync_channel(REPORTS);
        let mut fleet = Self {
            shared,
            senders,
            roles,
            plan: plan.clone(),
            workers: Vec::new(),
            threads: Vec::new(),
        };
        for index in 0..workers {
            fleet.start_worker(index, report.clone())?;
        }
        Ok((fleet, reports))
    }

    fn start_worker(&mut self, index: usize, report: SyncSender<IntervalReport>) -> io::Result<()> {
        let poll = Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let waker = Waker::new(&registry, WAKE)?;
        let (commands, orders) = sync_channel(COMMANDS);
        let closed = matches!(self.plan.pacing, Pacing::Closed(_));
        let (clients, rooms) = (self.roles.len(), self.plan.numbers.rooms);
        let channels = (poll, orders, report);
        let reads_later = self.plan.numbers.later_thread() == u32::try_from(index).ok();
        let pause = reads_later.then_some(self.plan.others_after);
        let senders = Arc::clone(&self.senders);
        let worker = Worker::new(senders, index, closed, clients, rooms, pause, channels);
        let thread = thread::Builder::new().name(format!("worker-{index}"));
        self.threads.push(thread.spawn(|| worker.run())?);
        self.workers.push(WorkerHandle { commands, waker, registry });
        Ok(())
    }

    /// Connects all clients. Gives those that could not be connected, with the reasons.
    pub(crate) fn connect(&self, stop: &AtomicBool) -> Vec<(u32, io::Error)> {
        let senders = self.plan.senders();
        let send_halves: Mutex<Vec<Option<Arc<SendHalf>>>> = Mutex::new(vec![None; senders.len()]);
        let number = u32::try_from(self.roles.len()).unwrap_or(u32::MAX);
        let connecting = self.plan.connecting;
        let server = |index| self.server(self.roles[index as usize].server, index);
        let failed = connect_all(server, number, connecting, stop, |index, entered| {
            let send_half = self.join(index, self.plan.name(index), entered, None)?;
            if let Some(sender) = self.roles[index as usize].sender {
                let mut send_halves = send_halves.lock().unwrap_or_else(PoisonError::into_inner);
                send_halves[(sender - senders.start) as usize] = Some(send_half);
            }
            Ok(())
        });
        let send_halves = send_halves.into_inner().unwrap_or_else(PoisonError::into_inner);
        for (sender, _) in senders.zip(&send_halves).filter(|(_, send_half)| send_half.is_none()) {
            self.shared.audience.remove_sender(sender);
        }
        self.senders.set_send_halves(send_halves);
        failed
    }

    /// Address of the server to which a client connects.
    pub(crate) fn address(&self, index: u32) -> SocketAddr {
        self.plan.addresses[self.roles[index as usize].server as usize]
    }

    /// The server of that index, for a client.
    fn server(&self, server: u32, client: u32) -> Server<'_> {
        let (server, from) = (server as usize, &self.plan.from);
        Server {
            address: self.plan.addresses[server],
            from: from.get(client as usize % from.len().max(1)).copied(),
            entrance: &self.plan.entrances[server],
            dialect: &*self.shared.dialect,
        }
    }

    /// Connects a client that has left for the `time`th time, under another name: the server may
    /// not have noticed yet that it has gone.
    ///
    /// # Errors
    ///
    /// When it cannot be connected at the first try, within a second.
    pub(crate) fn reconnect(&self, index: u32, time: u32) -> io::Result<()> {
        let how = Connecting { retries: 0, timeout: RETURN, ..self.plan.connecting };
        let senders = self.shared.audience.senders(self.roles[index as usize].room);
        let back = senders.iter().map(|&sender| self.shared.in_flight.sent(sender)).collect();
        let server = self.server(self.roles[index as usize].server, index);
        let entered = connecting::connect(server, how, &self.shared.progress.silent)?;
        let name = format!("{}-{time}", self.plan.name(index));
        self.join(index, name, entered, Some(back)).map(drop)
    }

    /// Says hello for a client and gives it to its worker. `back` is for one that comes back.
    fn join(
        &self,
        index: u32,
        name: String,
        entered: Entered,
        back: Option<Box<[u32]>>,
    ) -> io::Result<Arc<SendHalf>> {
        let Role { part, room, sender, worker, server, witness } = self.roles[index as usize];
        let (connection, early) = self.register(index, entered)?;
        let who = Arc::new(Who { name, room });
        let mut hello = Vec::new();
        let stage = self.shared.dialect.hello(&who, &mut hello);
        let send_half = SendHalf::new(Arc::clone(&connection), who, self.shared.resumes);
        let send_half = Arc::new(send_half);
        send_half.say(&hello, &self.shared);
        let newcomer = Newcomer {
            index,
            part,
            sender,
            server,
            witness,
            send_half: Arc::clone(&send_half),
            connection,
            stage,
            early,
            back,
        };
        self.tell(worker, Command::Join(Box::new(newcomer)));
        Ok(send_half)
    }

    /// Registers a client's connection with its worker. Also gives the bytes that came behind its handshake.
    fn register(&self, index: u32, entered: Entered) -> io::Result<(Arc<Connection>, Vec<u8>)> {
        let worker = &self.workers[self.roles[index as usize].worker as usize];
        let Entered { stream, tls, frames, early } = entered;
        let mut stream = mio::net::TcpStream::from_std(stream);
        let interest = Interest::READABLE | Interest::WRITABLE;
        worker.registry.register(&mut stream, Token(index as usize), interest)?;
        let wrapping = Wrapping::new(frames, tls);
        Ok((Arc::new(Connection { stream, wrapping }), early))
    }

    /// Connects a client again that was cut off.
    ///
    /// # Errors
    ///
    /// When it cannot be connected at the first try, within a second.
    pub(crate) fn bring_back(&self, away: Away) -> io::Result<()> {
        let how = Connecting { retries: 0, timeout: RETURN, ..self.plan.connecting };
        let begun = self.shared.clock.now();
        let silent = &self.shared.progress.silent;
        let entered = connecting::connect(self.server(away.server, away.client), how, silent)?;
        let (connection, early) = self.register(away.client, entered)?;
        let again = Box::new(Return { connection, early, server: away.server, begun });
        self.tell(self.roles[away.client as usize].worker, Command::Return(away.client, again));
        Ok(())
    }

    /// Lets a client stop reading, because it is about to be cut off.
    pub(crate) fn deafen(&self, index: u32) {
        self.tell(self.roles[index as usize].worker, Command::Deafen(index));
    }

    /// Cuts a client off.
    pub(crate) fn cut(&self, index: u32, how: Cut) {
        self.tell(self.roles[index as usize].worker, Command::Cut(index, how));
    }

    /// A client says goodbye and closes its connection.
    pub(crate) fn leave(&self, index: u32) {
        self.tell(self.roles[index as usize].worker, Command::Leave(index));
    }

    /// Tells the workers that all clients have joined.
    pub(crate) fn begin(&self) {
        for worker in 0..=self.plan.numbers.canary_thread() {
            self.tell(worker, Command::Begin);
        }
    }

    /// The clients that leave and come back.
    pub(crate) fn churners(&self) -> Vec<u32> {
        let churns = |(index, role): (u32, &Role)| (role.part == Part::Churner).then_some(index);
        (0..).zip(&self.roles).filter_map(churns).collect()
    }

    /// Sends a command to a worker. A worker that has ended ignores it.
    fn tell(&self, worker: u32, command: Command) {
        let handle = &self.workers[worker as usize];
        let _ = handle.commands.send(command);
        let _ = handle.waker.wake();
    }

    /// Lets all workers say what their clients have heard of senders whose server may have died. A worker that has
    /// ended says nothing, and is not waited for for long.
    fn settle(&self) {
        if self.plan.addresses.len() < 2 {
            return;
        }
        for worker in 0..=self.plan.numbers.canary_thread() {
            self.tell(worker, Command::Settle);
        }
        let deadline = Instant::now() + RETURN;
        while !self.shared.deaths.are_known(self.workers.len()) && Instant::now() < deadline {
            thread::sleep(TICK);
        }
    }

    /// Closes all accounts and connections. Gives the findings of each worker, the canary's last,
    /// and the last reports.
    pub(crate) fn finish(
        self,
        reports: Receiver<IntervalReport>,
    ) -> (Vec<Finding>, Vec<IntervalReport>) {
        self.settle();
        for worker in 0..=self.plan.numbers.canary_thread() {
            self.tell(worker, Command::Finish);
        }
        let Self { threads, workers, shared, .. } = self;
        drop(workers);
        // Read until all workers have ended: the report channel must not be full.
        let last = reports.into_iter().collect();
        let findings: Vec<Finding> = threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect();
        // Not before, as those that still read would hear of it.
        for client in findings.iter().flat_map(|finding| &finding.clients) {
            client.send_half.end_session(&shared);
        }
        (findings, last)
    }
}

/// The senders of the run; those of other generators have only a room here.
fn senders(plan: &Plan, roles: &[Role]) -> Vec<Sender> {
    let mut senders: Vec<Sender> = match &plan.joined {
        None => plan.senders().map(|_| Sender::elsewhere(0)).collect(),
        Some(joined) => joined.senders().map(|(room, _)| Sender::elsewhere(room)).collect(),
    };
    for role in roles {
        if let (Some(sender), Some(room)) = (role.sender, role.room) {
            senders[sender as usize] = Sender::new(room, role.worker as usize);
        }
    }
    senders
}

/// Delay up to which a late message's times are still known, beside the time for draining.
const LATE: Duration = Duration::from_secs(30);

/// Number of messages of one sender whose times are kept: those that may be in flight.
fn messages_of_one(plan: &Plan) -> u64 {
    match &plan.pacing {
        // Several windows, for what is taken for lost may come late.
        Pacing::Closed(window) => (4 * u64::from(*window)).max(1024),
        Pacing::Open(shape, _) => {
            let warm_up = shape.first() * plan.warm_up.as_secs_f64();
            let all = shape.expected(plan.duration) + warm_up;
            let late = shape.highest() * (LATE + plan.drain_timeout).as_secs_f64();
            let senders = f64::from(plan.all_senders().max(1));
            figures::whole(all.min(late) / senders) + 1
        }
    }
}
