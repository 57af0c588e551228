//! The servers of a run: one process, or several nodes of one chat with their broker.

use std::net::SocketAddr;
use std::thread;

use super::link::Link;
use super::{Target, TargetError, Usage, assign, free_addresses};

/// Placeholders in the command of a node: its number, and the address of its broker.
const NODE: &str = "{node}";
const BROKER: &str = "{broker}";

/// The servers of a run. Dropping them stops those that were started here, and the broker after them.
#[derive(Debug)]
pub(crate) struct Servers {
    nodes: Vec<Target>,
    broker: Option<Target>,
    /// Between the last node and the broker.
    link: Option<Link>,
}

/// The commands of the nodes of one chat.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Commands<'a> {
    /// The command of each node.
    pub(crate) node: &'a str,
    /// Number of nodes.
    pub(crate) nodes: u32,
    /// The broker's command, if they have one.
    pub(crate) broker: Option<&'a str>,
    /// True if the last node's link to the broker is to be cut.
    pub(crate) is_cut: bool,
}

impl From<Target> for Servers {
    fn from(only: Target) -> Self {
        Self { nodes: vec![only], broker: None, link: None }
    }
}

impl Servers {
    /// Starts the broker, then all nodes at once, and waits until each accepts connections.
    pub(crate) fn spawn(commands: Commands<'_>, address: SocketAddr) -> Result<Self, TargetError> {
        let broker = commands.broker.map(|broker| Target::spawn(broker, address)).transpose()?;
        let at = broker.as_ref().and_then(Target::address);
        let link = at.filter(|_| commands.is_cut).map(Link::to).transpose();
        let link = link.map_err(TargetError::NoPort)?;
        let mut prepared = Vec::new();
        for (number, address) in (1..).zip(free_addresses(commands.nodes)?) {
            let linked = link.as_ref().filter(|_| number == commands.nodes).map(Link::address);
            let broker = linked.or(at).map(|at| at.to_string()).unwrap_or_default();
            let words = assign(commands.node, address)?;
            let number = number.to_string();
            let placed = |word: String| word.replace(NODE, &number).replace(BROKER, &broker);
            prepared.push((words.into_iter().map(placed).collect(), address));
        }
        // All of them wait: a node may begin only when it has heard others, or heard none for some time.
        let started: Vec<_> = thread::scope(|scope| {
            let start = |(words, address)| scope.spawn(move || Target::start(words, address));
            let starting: Vec<_> = prepared.into_iter().map(start).collect();
            let joined = starting.into_iter().map(thread::ScopedJoinHandle::join);
            joined.map(|it| it.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        });
        let nodes = started.into_iter().collect::<Result<_, _>>()?;
        Ok(Self { nodes, broker, link })
    }

    /// The processes that clients connect to.
    pub(crate) fn nodes(&self) -> &[Target] {
        &self.nodes
    }

    /// The nodes' broker, if it was started here.
    pub(crate) fn broker(&self) -> Option<&Target> {
        self.broker.as_ref()
    }

    /// Cuts the last node off from the broker, or ends that.
    pub(crate) fn cut(&self, is_cut: bool) {
        if let Some(link) = &self.link {
            link.cut(is_cut);
        }
    }

    /// Addresses on which the servers accept connections, if they were started here.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().filter_map(Target::address).collect()
    }

    /// The first process's number.
    pub(crate) fn id(&self) -> u32 {
        self.nodes.first().map_or(0, Target::id)
    }

    /// CPU time and memory of all of them but the broker; nothing once one is gone.
    pub(crate) fn usage(&self) -> Option<Usage> {
        let usages = self.nodes.iter().map(Target::usage).collect::<Option<Vec<_>>>()?;
        Some(Usage {
            cpu: usages.iter().map(|usage| usage.cpu).sum(),
            resident: usages.iter().map(|usage| usage.resident).sum(),
        })
    }
}
