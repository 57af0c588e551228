//! What the system knows of a running process (Linux: `/proc`).

use std::fs;
use std::io;

/// How many descriptors a process has open.
pub fn descriptors(id: u32) -> io::Result<usize> {
    Ok(fs::read_dir(format!("/proc/{id}/fd"))?.count())
}

/// How many threads a process has.
pub fn threads(id: u32) -> io::Result<usize> {
    Ok(fs::read_dir(format!("/proc/{id}/task"))?.count())
}

/// How much memory a process has resident, in bytes.
pub fn resident(id: u32) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let kibibytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok());
    kibibytes
        .map(|kibibytes: u64| kibibytes * 1024)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no VmRSS line"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_open_files() {
        let files: Vec<_> = (0..50).map(|_| fs::File::open("/proc/self/status").unwrap()).collect();
        assert!(descriptors(std::process::id()).unwrap() >= files.len());
    }

    #[test]
    fn sees_threads() {
        let before = threads(std::process::id()).unwrap();
        let (sender, receiver) = std::sync::mpsc::channel::<()>();
        let waiting = std::thread::spawn(move || receiver.recv());
        assert!(before >= 1 && threads(std::process::id()).unwrap() >= 2);
        drop(sender);
        assert!(waiting.join().unwrap().is_err());
    }

    #[test]
    fn a_process_has_memory() {
        assert!(resident(std::process::id()).unwrap() > 4096);
    }
}
