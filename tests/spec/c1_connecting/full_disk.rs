//! Chapter 1: an output that fails for a time. Linux only: the file system in memory is Linux's.

use std::fs::{self, File};
use std::path::Path;
use std::process;

use super::*;

const SIGTERM: i32 = 15;

/// A small file system in memory.
pub(crate) struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None` where that is not allowed.
    pub(crate) fn mount(size: &str) -> Option<Self> {
        let disk = Self(tempfile::tempdir().expect("a directory"));
        let options = format!("size={size}");
        run("mount", &["-t", "tmpfs", "-o", &options, "tmpfs"], disk.path()).then_some(disk)
    }

    pub(crate) fn resize(&self, size: &str) {
        let options = format!("remount,size={size}");
        assert!(run("mount", &["-o", &options], self.path()));
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        run("umount", &[], self.path());
    }
}

fn run(program: &str, arguments: &[&str], path: &Path) -> bool {
    let mut command = process::Command::new(program);
    command.args(arguments).arg(path).stderr(process::Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[test]
fn r1_10_goes_on_printing_once_a_full_disk_has_room_and_counts_what_is_missing() -> Result {
    const LINES: usize = 2000;
    let Some(disk) = SmallDisk::mount("64k") else {
        chat_drive::skip("no file system can be mounted here");
        return Ok(());
    };
    let printed = disk.path().join("printed");
    let stage = Stage::new();
    let mut command = binaries::server();
    command.args(["--bind", "127.0.0.1:0"]);
    let output = File::create(&printed).expect("a file");
    let server = stage.start_writing_to(output, "server", command)?;
    let address = || address_in(fs::read_to_string(&printed).ok()?.lines().next()?);
    stage.eventually("says where it listens", || address().is_some())?;
    let address = address().expect("an address");
    let mut chat =
        Chat { stage, server, address, tls: None, web: None, metrics: None, certificate: None };
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    let lines: Vec<String> = (0..LINES).map(|i| format!("{i:0>1000}")).collect();
    let mut say = |lines: &[String]| -> Result {
        ana.send(lines.join("\n") + "\n")?;
        lines.iter().try_for_each(|line| bea.expect(&said_by(&ana, line)))
    };
    say(&lines[..100])?;
    chat.server.err.find(|line| line.contains("cannot print"), "that it cannot print")?;
    say(&lines[100..])?;
    disk.resize("8m");
    chat.server.signal(SIGTERM)?;
    chat.server.expect_exit(0)?;
    chat.server.err.expect_end()?;

    let printed = fs::read_to_string(&printed).expect("text");
    let said = format!("cliente {}: ", ana.address());
    let (mut next, mut missing) = (0, 0);
    for line in printed.lines() {
        if let Some(text) = line.strip_prefix(&said) {
            assert_eq!(text, lines[next], "whole and in order");
            next += 1;
        } else if let Some(gap) = line.strip_prefix("* líneas omitidas: ") {
            let number = gap.split(';').next().and_then(|number| number.parse::<usize>().ok());
            next += number.expect("a number");
            missing += number.expect("a number");
        }
    }
    assert!(missing > 0 && printed.contains("\ncerrando servidor...\n"), "{missing}");
    assert!((LINES..LINES + 3).contains(&next), "{next}: two departures may be missing as well");
    Ok(())
}
