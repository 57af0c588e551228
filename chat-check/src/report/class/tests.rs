use super::*;
use crate::grade::rubric::Rubric;
use crate::report::sample;
use crate::verdict::Verdict;

/// Some submissions: one with every kind of outcome, one without faults, one that does not start.
fn reports() -> Vec<Report> {
    let named = |name: &str, mut report: Report| {
        report.submission = Some(name.to_owned());
        sample::with_marks(report)
    };
    let pass = |id: &str| sample::outcome(id, Verdict::Pass);
    let results = ["2.1-relay", "2.2-echo", "2.5-print"].map(pass).into();
    vec![
        named("García, Ana", sample::full()),
        named("beto/../x", sample::report(vec![sample::part(Side::Server, results)])),
        named("carla", sample::report(vec![sample::not_started(Side::Server)])),
    ]
}

fn table(reports: &[Report]) -> Vec<Vec<String>> {
    let csv = csv(reports);
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(csv.as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

#[test]
fn a_row_tells_what_became_of_everything() {
    let table = table(&reports());
    let column = |name: &str| table[0].iter().position(|cell| cell == name).unwrap();
    let cell = |row: usize, name: &str| table[row][column(name)].as_str();
    assert_eq!(cell(1, "entrega"), "García, Ana");
    assert_eq!(
        [cell(1, "servidor"), cell(1, "cliente"), cell(1, "total"), cell(1, "puntos posibles")],
        ["3.75", "3.75", "7.5", "10"]
    );
    assert_eq!((cell(1, "fallos"), cell(1, "2.2-echo")), ("3", "falla"));
    assert_eq!((cell(2, "cliente"), cell(2, "2.2-echo")), ("", "se cumple"));
    assert_eq!((cell(3, "total"), cell(3, "2.2-echo")), ("0", ""));
    assert!(cell(3, "estado").contains("terminó antes de escuchar"));
    assert_eq!(cell(2, "estado"), "completo");
}

#[test]
fn what_was_interrupted_has_a_word_for_marks() {
    let mut report = sample::full();
    report.interrupted = true;
    let table = table(&[sample::with_marks(report.clone())]);
    assert_eq!(table[1][1..5], ["incompleto", "incompleto", "incompleto", "10"]);
    assert_eq!(Class::new(&[sample::with_marks(report)]).mean(), None);
}

#[test]
fn checks_stand_in_the_catalogue_s_order_whoever_made_them() {
    let class = Class::new(&reports());
    let ids: Vec<&str> = class.checks.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids.len(), 11 + 1 + 3);
    let place = |id: &str| ids.iter().position(|each| *each == id).unwrap();
    assert!(place("2.2-echo") < place("2.5-print"), "{ids:?}");
    assert_eq!(ids[12..], ["4.1-connect", "4.2-receive", "4.7-flush"]);
}

#[test]
fn nothing_is_a_formula() {
    let mut hostile = sample::hostile();
    for name in ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "＝1"] {
        hostile.submission = Some(name.to_owned());
        let table = table(std::slice::from_ref(&hostile));
        for cell in &table[1] {
            assert!(!cell.trim_start().starts_with(['=', '+', '-', '@', '＝']), "{cell}");
            assert!(!cell.contains(char::is_control), "{cell}");
        }
    }
    assert_eq!(table(&[hostile])[1].len(), 7 + 14);
}

#[test]
fn the_page_leads_to_each_submission_and_counts_the_faults() {
    let mut reports = reports();
    reports.push(sample::hostile());
    let page = html(&reports);
    assert!(page.contains("href=\"./Garc%C3%ADa%2C%20Ana/index.html\">García, Ana<"));
    assert!(page.contains("href=\"./beto%2F..%2Fx/index.html\""));
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;"));
    assert!(!page.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'));
    let echo = page.find("<code>2.2-echo</code> lo de 2.2-echo").unwrap();
    assert!(page[echo..].contains("<td class=\"number\">2</td>"));
}

#[test]
fn the_summary_is_a_table() {
    let mut reports = reports();
    reports.push(sample::hostile());
    let text = markdown(&reports);
    assert!(text.contains("| García, Ana | 3,75 | 3,75 | 7,5 | 3 | completo |\n"), "{text}");
    assert!(text.contains("- 2× 2.2-echo lo de 2.2-echo\n"), "{text}");
    let rows = text.lines().filter(|line| line.starts_with('|'));
    assert!(rows.map(|row| row.replace("\\|", "")).all(|row| row.matches('|').count() == 7));
    assert!(!text.contains("<script"));
}

#[test]
fn an_empty_class_has_no_mean() {
    assert_eq!(Class::new(&[]).mean(), None);
    assert!(!html(&[]).contains("NaN"));
    let unmarked = sample::report(Vec::new());
    assert_eq!(Rubric::course().marks(&unmarked).parts, []);
    assert_eq!(Class::new(&[sample::with_marks(unmarked)]).mean(), None);
}

#[test]
fn a_second_program_is_named() {
    let results = vec![sample::outcome("2.1-relay", Verdict::Pass)];
    let mut report = sample::report(vec![sample::part(Side::Server, results)]);
    report.parts[0].others = vec!["server.py".to_owned()];
    let named = "completo; servidor: no se probó server.py";
    assert_eq!(state(&report), named);
    assert!(markdown(std::slice::from_ref(&report)).contains(named));
}

#[test]
fn what_was_not_checked_is_no_mark() {
    let mut server = sample::part(Side::Server, Vec::new());
    server.remarks = vec!["Se ejecuta en la carpeta tp.".to_owned()];
    assert_eq!(state(&sample::report(vec![server.clone()])), "servidor: sin comprobar");
    server.command.clear();
    server.remarks =
        vec!["Sin comprobar, sin nota: hay un cuaderno. ".to_owned() + &"x".repeat(999)];
    let report = sample::with_marks(sample::report(vec![server.clone()]));
    let reports = [report];
    let table = table(&reports);
    let word = "sin comprobar";
    assert_eq!(table[1][1..6], [word, "", word, "", ""]);
    assert!(table[1][6].starts_with("servidor: Sin comprobar, sin nota: hay un cuaderno."));
    assert!(csv(&reports).starts_with("\u{feff}entrega,"));
    let text = markdown(&reports);
    let row = text.lines().find(|line| line.contains("cuaderno")).unwrap();
    assert!(row.contains("| sin comprobar |  | sin comprobar |  | servidor: Sin"), "{row}");
    assert!(row.chars().count() < 300, "{row}");
    assert!(html(&reports).contains("<td class=\"number\">sin comprobar</td>"));
    // A reason that both programs have is told once.
    let both = Part { side: Side::Client, ..server.clone() };
    let told = state(&sample::report(vec![server.clone(), both]));
    assert_eq!(told.matches("hay un cuaderno").count(), 1, "{told}");
    // One of two programs is no whole.
    let pass = vec![sample::outcome("4.1-connect", Verdict::Pass)];
    let report = sample::report(vec![server, sample::part(Side::Client, pass)]);
    let cells = cells(&sample::with_marks(report.clone()), Lang::Es);
    assert_eq!(cells, [word, "5", "incompleto"]);
    assert_eq!(Class::new(&[sample::with_marks(report)]).mean(), None);
}
