//! Plots as SVG that takes its colours from the page, so that it fits a light page and a dark one.

use std::io;

use maud::{Markup, PreEscaped, html};
use plotters::coord::Shift;
use plotters::prelude::*;

use super::axis::Axis;

/// Units of the drawing to a pixel: the library knows whole ones only, and a line that follows
/// whole pixels has steps.
const UNITS: u32 = 4;

/// A colour of the style sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Muted,
    Grid,
    Card,
    First,
    Response,
    Service,
    Last,
    Heat,
    Good,
    Bad,
}

const INKS: [Ink; 10] = [
    Ink::Muted,
    Ink::Grid,
    Ink::Card,
    Ink::First,
    Ink::Response,
    Ink::Service,
    Ink::Last,
    Ink::Heat,
    Ink::Good,
    Ink::Bad,
];

/// One series or mark of a plot.
pub(super) enum Drawing {
    /// A line through points.
    Line(Ink, Vec<(f64, f64)>),
    /// A filled dot.
    Dot(Ink, (f64, f64)),
    /// A ring.
    Ring(Ink, (f64, f64)),
    /// A filled rectangle between two corners, so far opaque (0 to 1).
    Cell(Ink, [(f64, f64); 2], f64),
}

/// A plot's size in pixels, at the page's full width.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size(pub(super) u32, pub(super) u32);

impl Ink {
    /// Its variable in the style sheet, without the dashes.
    pub(super) fn variable(self) -> &'static str {
        match self {
            Self::Muted => "muted",
            Self::Grid => "grid",
            Self::Card => "card",
            Self::First => "first",
            Self::Response => "response",
            Self::Service => "service",
            Self::Last => "last",
            Self::Heat => "heat",
            Self::Good => "good",
            Self::Bad => "bad",
        }
    }

    /// Placeholder colour, replaced by the real one when the drawing is done.
    fn placeholder(self) -> RGBColor {
        RGBColor(1, 2, self as u8)
    }
}

/// Draws a plot; `description` is for readers that cannot see it.
pub(super) fn chart(description: &str, size: Size, x: Axis, y: Axis, marks: &[Drawing]) -> Markup {
    match draw(size, x, y, marks) {
        Ok(svg) => html! { figure { (PreEscaped(themed(&svg, description))) } },
        Err(error) => html! { p.none { (error) } },
    }
}

type Failure = DrawingAreaErrorKind<io::Error>;

fn draw(size: Size, x: Axis, y: Axis, marks: &[Drawing]) -> Result<String, Failure> {
    let mut svg = String::new();
    {
        let area =
            SVGBackend::with_string(&mut svg, (size.0 * UNITS, size.1 * UNITS)).into_drawing_area();
        fill(&area, x, y, marks)?;
        area.present()?;
    }
    Ok(svg)
}

fn fill(
    area: &DrawingArea<SVGBackend<'_>, Shift>,
    x: Axis,
    y: Axis,
    marks: &[Drawing],
) -> Result<(), Failure> {
    let (titles, show_x, show_y) = ([x.title, y.title], x.show, y.show);
    let mut chart = ChartBuilder::on(area)
        .margin_top(10 * UNITS)
        .margin_right(26 * UNITS)
        .x_label_area_size(46 * UNITS)
        .y_label_area_size(84 * UNITS)
        .build_cartesian_2d(x, y)?;
    chart
        .configure_mesh()
        .x_label_formatter(&|value| show_x(*value))
        .y_label_formatter(&|value| show_y(*value))
        .x_desc(titles[0])
        .y_desc(titles[1])
        .label_style(text(13, Ink::Muted))
        .axis_desc_style(text(13, Ink::Muted))
        .axis_style(stroke(Ink::Muted, 1))
        .bold_line_style(stroke(Ink::Grid, 1))
        .set_all_tick_mark_size(4 * UNITS)
        .draw()?;
    for mark in marks {
        match mark {
            Drawing::Line(ink, points) => {
                chart.draw_series([PathElement::new(points.clone(), stroke(*ink, 2))])?;
            }
            Drawing::Dot(ink, at) => {
                let style = ink.placeholder().filled();
                chart.draw_series([Circle::new(*at, 6 * UNITS, style)])?;
            }
            Drawing::Ring(ink, at) => {
                let inside = Ink::Card.placeholder().filled();
                chart.draw_series([Circle::new(*at, 6 * UNITS, inside)])?;
                chart.draw_series([Circle::new(*at, 6 * UNITS, stroke(*ink, 2))])?;
            }
            Drawing::Cell(ink, corners, opacity) => {
                let style = ink.placeholder().mix(*opacity).filled();
                chart.draw_series([Rectangle::new(*corners, style)])?;
            }
        }
    }
    Ok(())
}

fn stroke(ink: Ink, width: u32) -> ShapeStyle {
    ink.placeholder().stroke_width(width * UNITS)
}

/// The library makes letters smaller than it is told to.
fn text(pixels: u32, ink: Ink) -> TextStyle<'static> {
    let size = f64::from(pixels * UNITS) * 1.24;
    ("sans-serif", size).into_font().color(&ink.placeholder())
}

/// With the page's colours, and as wide as the page lets it be.
fn themed(svg: &str, description: &str) -> String {
    let mut svg = svg.to_owned();
    for ink in INKS {
        let RGBColor(red, green, blue) = ink.placeholder();
        let variable = format!("\"var(--{})\"", ink.variable());
        svg = svg.replace(&format!("\"#{red:02X}{green:02X}{blue:02X}\""), &variable);
    }
    let size = svg.find(" viewBox").unwrap_or_default();
    let label = html! { (description) }.into_string();
    format!("<svg role=\"img\" aria-label=\"{label}\"{}", &svg[size..])
}
