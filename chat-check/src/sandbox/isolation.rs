//! Isolation of attempts: a network namespace for each, where the system gives one.
//!
//! Its other limits are described in [`program`](crate::sandbox::program). In a network of its own
//! every port is free, no other program connects, and what an attempt leaves behind (a port in
//! `TIME_WAIT`, a connection that was never closed) disturbs no other. So checks can be made side
//! by side. It also finds the processes of a program: see [`Isolation`].

use std::process::ExitCode;

/// Isolation of attempts: their own network and process tree, or the machine's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isolation {
    /// A network and a process tree for each attempt (Linux namespaces).
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "there are no namespaces"))]
    Own,
    /// The machine's, shared: attempts are made one after the other.
    Shared,
}

impl Isolation {
    /// Finds out which isolation the system gives. Must be called before any thread is started:
    /// without the superuser's rights the process enters a user namespace first, and only a process
    /// of one thread can do that. Another process tries it before, because some systems grant it
    /// and then allow nothing in it, not even to make a file, and there is no way back.
    pub(crate) fn prepare() -> Self {
        #[cfg(target_os = "linux")]
        if linux::prepare() {
            return Self::Own;
        }
        Self::Shared
    }

    /// Tries what [`prepare`](Self::prepare) does, in a process that does nothing else.
    pub(crate) fn probe() -> ExitCode {
        #[cfg(target_os = "linux")]
        if linux::become_own_user().is_ok() && linux::try_it() && tempfile::tempfile().is_ok() {
            return ExitCode::SUCCESS;
        }
        ExitCode::FAILURE
    }

    /// Gives the calling thread, and what it starts, a network of its own. Does nothing where
    /// isolation is shared.
    ///
    /// # Errors
    ///
    /// The system refuses what it granted before.
    pub(crate) fn enter(self) -> std::io::Result<()> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Own => linux::enter(),
            _ => Ok(()),
        }
    }

    /// Runs this in a thread; its children get a process tree of their own: when the first of them
    /// dies, the system kills the rest. Only one child can be started so.
    #[cfg(target_os = "linux")]
    pub(crate) fn start_tree<T: Send>(self, start: impl FnOnce() -> T + Send) -> T {
        match self {
            Self::Own => linux::start_tree(start),
            Self::Shared => start(),
        }
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::process::{Command, Stdio};
    use std::{fs, io, thread};

    use nix::sched::{CloneFlags, unshare};
    use rustix::net::netlink::SocketAddrNetlink;
    use rustix::net::{
        AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with,
    };
    use rustix::process::{getgid, getuid};

    /// Slots in the table of connections in the networks of attempts.
    const CONNECTIONS: &str = "1024";

    /// The number of the loopback interface, the first of every network.
    const LOOPBACK: i32 = 1;

    pub(super) fn prepare() -> bool {
        let own = try_it() || (probed() && become_own_user().is_ok() && try_it());
        if own && enter().is_ok() {
            // Networks that are made in this one get such a table, instead of sharing the
            // machine's, which is large: looking through it for a program's sockets, some hundred
            // times a second, cost half of all processor time. Since Linux 6.1.
            let _ = fs::write("/proc/sys/net/ipv4/tcp_child_ehash_entries", CONNECTIONS);
        }
        own
    }

    fn probed() -> bool {
        let probe = |program| {
            let (out, err) = (Stdio::null(), Stdio::null());
            Command::new(program).arg("probe").stdout(out).stderr(err).status()
        };
        std::env::current_exe().and_then(probe).is_ok_and(|status| status.success())
    }

    pub(super) fn try_it() -> bool {
        let tried = thread::spawn(|| enter().and_then(|()| Ok(unshare(CloneFlags::CLONE_NEWPID)?)));
        matches!(tried.join(), Ok(Ok(())))
    }

    /// Enters a user namespace in which all users keep their identity, and this process has more
    /// rights.
    pub(super) fn become_own_user() -> io::Result<()> {
        let (user, group) = (getuid(), getgid());
        unshare(CloneFlags::CLONE_NEWUSER)?;
        fs::write("/proc/self/setgroups", "deny")?;
        fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
        fs::write("/proc/self/gid_map", format!("{group} {group} 1"))
    }

    pub(super) fn enter() -> io::Result<()> {
        unshare(CloneFlags::CLONE_NEWNET)?;
        raise_loopback()?;
        own_all_addresses()
    }

    pub(super) fn start_tree<T: Send>(start: impl FnOnce() -> T + Send) -> T {
        let work = || {
            // Where it is refused after all, the program still has its supervisor.
            let _ = unshare(CloneFlags::CLONE_NEWPID);
            start()
        };
        thread::scope(|scope| match scope.spawn(work).join() {
            Ok(started) => started,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    }

    /// Brings up the loopback interface, which is down in a new network.
    fn raise_loopback() -> io::Result<()> {
        const RTM_NEWLINK: u16 = 16;
        const UP: u32 = 1;

        // Family, padding and type; interface; flags, and which of them are to change.
        let mut link = vec![0; 4];
        link.extend(LOOPBACK.to_ne_bytes());
        link.extend(UP.to_ne_bytes());
        link.extend(UP.to_ne_bytes());
        ask(RTM_NEWLINK, 0, &link)
    }

    /// Makes every IPv4 address this machine's: a program that looks up the machine's own name gets
    /// an address that does not exist in a new network, and programs do so before they listen.
    fn own_all_addresses() -> io::Result<()> {
        const RTM_NEWROUTE: u16 = 24;
        const CREATE: u16 = 0x400;
        const INET: u8 = 2;
        const TABLE_LOCAL: u8 = 255;
        const BOOT: u8 = 3;
        const SCOPE_HOST: u8 = 254;
        const LOCAL: u8 = 2;
        const OUTPUT_INTERFACE: u16 = 4;

        // Lengths of destination and source, and the type of service, are zero; so are the flags.
        let mut route = vec![INET, 0, 0, 0, TABLE_LOCAL, BOOT, SCOPE_HOST, LOCAL, 0, 0, 0, 0];
        route.extend(8_u16.to_ne_bytes());
        route.extend(OUTPUT_INTERFACE.to_ne_bytes());
        route.extend(LOOPBACK.to_ne_bytes());
        ask(RTM_NEWROUTE, CREATE, &route)
    }

    /// Sends a request about networks to the kernel (`man 7 rtnetlink`), and waits for its answer.
    fn ask(kind: u16, flags: u16, body: &[u8]) -> io::Result<()> {
        const REQUEST_AND_ACKNOWLEDGE: u16 = 1 | 4;
        const HEADER: u32 = 16;

        // Length, kind, flags, sequence, sender.
        let length = HEADER + u32::try_from(body.len()).unwrap_or(0);
        let mut request = length.to_ne_bytes().to_vec();
        request.extend(kind.to_ne_bytes());
        request.extend((REQUEST_AND_ACKNOWLEDGE | flags).to_ne_bytes());
        request.extend([0; 8]);
        request.extend(body);

        let (family, kind) = (AddressFamily::NETLINK, SocketType::RAW);
        let socket = socket_with(family, kind, SocketFlags::CLOEXEC, None)?;
        sendto(&socket, &request, SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
        let mut answer = [0; 64];
        let (_, length) = recv(&socket, &mut answer, RecvFlags::empty())?;
        // The error follows the header of sixteen bytes: negative, or zero.
        match answer[..length].get(16..20).and_then(|error| error.try_into().ok()) {
            Some(error) if i32::from_ne_bytes(error) == 0 => Ok(()),
            Some(error) => Err(io::Error::from_raw_os_error(-i32::from_ne_bytes(error))),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}
