use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::*;

/// However busy the machine is, it does not take longer.
const PATIENCE: Duration = Duration::from_mins(1);

/// An output whose reader takes what was written when it likes, or hangs up.
struct Pipe(SyncSender<Vec<u8>>);

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send(bytes.to_vec()).map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn console() -> (Console, Receiver<Vec<u8>>) {
    let (writer, reader) = sync_channel(0);
    (Console::new(Pipe(writer), Language::Es), reader)
}

/// Counts in a text the copies of this line, and the lines that are said to be missing.
fn count(text: &str, line: &str) -> (usize, usize) {
    let (mut printed, mut omitted) = (0, 0);
    for read in text.lines() {
        let gap = read.strip_prefix("* líneas omitidas: ").and_then(|gap| gap.split_once(';'));
        if let Some((lines, _)) = gap {
            omitted += lines.parse::<usize>().unwrap();
        } else {
            assert_eq!(read, line, "no line is torn");
            printed += 1;
        }
    }
    (printed, omitted)
}

#[test]
fn r1_2_prints_at_once_and_in_order() {
    let (console, reader) = console();
    console.print("uno");
    assert_eq!(reader.recv().unwrap(), b"uno\n");
    console.print("dos");
    console.print("tres");
    let mut rest = reader.recv().unwrap();
    if rest == b"dos\n" {
        rest.extend(reader.recv().unwrap());
    }
    assert_eq!(rest, b"dos\ntres\n");
}

#[test]
fn r2_5_only_a_terminal_is_spared_what_could_drive_it() {
    let (writer, reader) = sync_channel(0);
    let line = "Ana > \u{202E}odnum";
    let form = Form { on_terminal: true, ..Language::Es.into() };
    Console::new(Pipe(writer), form).print(format_args!("{line}\nfin"));
    assert_eq!(reader.recv().unwrap(), "Ana > \u{FFFD}odnum\nfin\n".as_bytes());
    let (console, reader) = console();
    console.print(line);
    assert_eq!(reader.recv().unwrap(), format!("{line}\n").as_bytes());
}

#[test]
fn r1_4_a_reader_that_stops_costs_lines_but_never_blocks() {
    let (console, reader) = console();
    let line = "x".repeat(1023);
    let total = 3 * BUFFER / 1024;
    for _ in 0..total {
        console.print(&line);
    }
    let (mut printed, mut omitted) = (0, 0);
    while printed + omitted < total {
        let read = String::from_utf8(reader.recv().unwrap()).unwrap();
        let counted = count(&read, &line);
        printed += counted.0;
        omitted += counted.1;
    }
    assert_eq!(printed + omitted, total);
    assert!(omitted > 0);

    console.announce("de nuevo");
    assert_eq!(reader.recv().unwrap(), b"de nuevo\n");
}

#[test]
fn r1_4_a_reader_that_goes_away_is_survived() {
    let (console, reader) = console();
    drop(reader);
    for _ in 0..2 * BUFFER / 4 {
        console.print("uno");
    }
    console.finish(Duration::from_millis(100));
}

/// A disk that is full for a time: it takes a part of the first write, and then nothing.
#[derive(Clone, Default)]
struct Disk {
    full: Arc<AtomicBool>,
    written: Arc<Mutex<Vec<u8>>>,
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = self.written.lock().unwrap();
        let takes = match (self.full.load(Ordering::Relaxed), written.is_empty()) {
            (true, true) => 3,
            (true, false) => return Err(io::ErrorKind::StorageFull.into()),
            (false, _) => bytes.len(),
        };
        written.extend_from_slice(&bytes[..takes]);
        Ok(takes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn r1_10_an_output_that_failed_is_tried_again_and_tells_what_is_missing() {
    let disk = Disk::default();
    disk.full.store(true, Ordering::Relaxed);
    let (complained, complaints) = sync_channel(2);
    let complain = move |error: &io::Error| complained.try_send(error.kind()).unwrap();
    let console = Console::complaining(disk.clone(), Language::Es.into(), Box::new(complain));
    console.print("uno");
    assert_eq!(complaints.recv_timeout(PATIENCE), Ok(io::ErrorKind::StorageFull));
    let line = "x".repeat(1023);
    for _ in 0..2 * BUFFER / 1024 {
        console.print(&line);
    }
    disk.full.store(false, Ordering::Relaxed);
    console.finish(PATIENCE);
    let written = String::from_utf8(disk.written.lock().unwrap().clone()).unwrap();
    let rest = written.strip_prefix("uno\n").expect("it goes on where it failed");
    let (printed, omitted) = count(rest, &line);
    assert_eq!((printed, printed + omitted), (BUFFER / 1024, 2 * BUFFER / 1024));
    assert!(complaints.try_recv().is_err(), "it was said once");
}

#[test]
fn r1_10_a_flood_is_left_out_and_counted_but_never_the_servers_own_lines() {
    let disk = Disk::default();
    let console = Console::new(disk.clone(), Language::Es);
    let line = "x".repeat(1023);
    for _ in 0..3 * BUFFER / 1024 {
        console.print_message(&line);
        console.finish(PATIENCE);
    }
    for _ in 0..3 {
        console.announce(&line);
    }
    console.finish(PATIENCE);
    let written = String::from_utf8(disk.written.lock().unwrap().clone()).unwrap();
    let (printed, omitted) = count(&written, &line);
    assert_eq!(printed + omitted, 3 + 3 * BUFFER / 1024);
    assert!(omitted > 0);
    assert!(written.ends_with(&[&*line, "\n"].concat().repeat(3)), "{printed} {omitted}");
}

#[test]
fn r1_10_the_time_stands_before_each_line() {
    let (writer, reader) = sync_channel(0);
    let console = Console::new(Pipe(writer), Form { times: true, ..Language::Es.into() });
    console.print("uno\ndos");
    let read = String::from_utf8(reader.recv().unwrap()).unwrap();
    let digits = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "0");
    assert_eq!(digits(&read), "00:00:00 uno\n00:00:00 dos\n");
}
