// SPDX-License-Identifier: MIT OR Apache-2.0
//! The report as one HTML file that needs nothing from elsewhere: totals, what is not as it must
//! be, a table of points and faults with a word in each field, and a row a run with what resident,
//! card, journal and service said.

use std::fmt::Write as _;

use super::{Report, Row};
use crate::sweep::{
    point::slug,
    result::{RunResult, Verdict},
};

pub(super) fn of(report: &Report) -> String {
    let mut page = String::from(HEAD);
    opening(&mut page, report);
    totals(&mut page, report);
    for (verdict, title, text) in CALLED_OUT {
        call_out(&mut page, report, *verdict, title, text);
    }
    endings(&mut page, report);
    page.push_str("<h2>Every point, every fault</h2>");
    page.push_str(
        "<p>Each field names the ending that the resident saw last, and leads to what everyone \
         said. An empty field is no fault that can happen there; a dot is a run that is not \
         finished.</p>",
    );
    for (journey, group) in tables(report) {
        table(&mut page, report, journey, group);
    }
    details(&mut page, report);
    page.push_str("</main></body></html>\n");
    page
}

/// Verdicts that have a list of their own, above the tables.
const CALLED_OUT: &[(Verdict, &str, &str)] = &[
    (
        Verdict::Violation,
        "Violations",
        "Something is as it must not be. All that every process printed on such a run is kept in \
         violations/ beside this page.",
    ),
    (
        Verdict::NotFired,
        "Not fired",
        "The visit never came to the point where the fault waited, so that nothing is proven by \
         the run.",
    ),
    (Verdict::NotTried, "Could not be tried", "The test bench failed; nothing is known."),
];

fn opening(page: &mut String, report: &Report) {
    let limits = match report.limits_divided_by {
        1 => "the session's true time limits".to_owned(),
        by => format!("all time limits of the session divided by {by}"),
    };
    write(
        page,
        format_args!(
            "<h1>The sweep: every fault at every point</h1>\
             <p class=facts>Kiosk {} · commit <code>{}</code> · plan <code>{}</code> · {limits}</p>",
            escape(report.software),
            escape(&report.commit),
            escape(&report.plan),
        ),
    );
    page.push_str(ABOUT);
}

fn totals(page: &mut String, report: &Report) {
    let totals = &report.totals;
    let verdicts = |verdict| totals.verdicts.get(&verdict).copied().unwrap_or(0);
    page.push_str("<h2>Totals</h2><dl class=totals>");
    for (name, number) in [
        ("points of a visit", totals.points),
        ("kinds of fault", totals.faults),
        ("runs planned", totals.planned),
        ("runs finished", totals.finished),
        ("runs of another commit", totals.of_other_commits),
        ("endings reached", totals.endings.len()),
        ("violations", verdicts(Verdict::Violation)),
        ("not fired", verdicts(Verdict::NotFired)),
        ("could not be tried", verdicts(Verdict::NotTried)),
    ] {
        write(page, format_args!("<div><dt>{name}</dt><dd>{number}</dd></div>"));
    }
    write(
        page,
        format_args!("<div><dt>seconds a run</dt><dd>{:.1}</dd></div></dl>", totals.seconds_a_run),
    );
}

fn call_out(page: &mut String, report: &Report, verdict: Verdict, title: &str, text: &str) {
    let runs: Vec<_> = finished(report).filter(|(_, result)| result.verdict == verdict).collect();
    if runs.is_empty() {
        return;
    }
    let class = class_of(verdict);
    write(page, format_args!("<h2>{title} ({})</h2><p>{text}</p><ul class={class}>", runs.len()));
    for (row, result) in runs {
        write(page, format_args!("<li><a href=\"#{0}\">{0}</a>", slug(&row.id)));
        for reason in &result.reasons {
            write(page, format_args!("<br>{}", escape(reason)));
        }
        if verdict == Verdict::Violation {
            write(
                page,
                format_args!(
                    "<br>again: <code>cargo xtask sweep -- --only {}</code>",
                    escape(&row.id)
                ),
            );
        }
        page.push_str("</li>");
    }
    page.push_str("</ul>");
}

fn endings(page: &mut String, report: &Report) {
    page.push_str("<h2>Endings that residents saw</h2><p class=endings>");
    for (key, runs) in &report.totals.endings {
        write(page, format_args!("<span>{} <b>{runs}</b></span> ", escape(key)));
    }
    page.push_str("</p>");
}

/// Journeys and kinds of point, in the order of the plan.
fn tables(report: &Report) -> Vec<(&'static str, &'static str)> {
    let mut tables = Vec::new();
    for row in &report.rows {
        if !tables.contains(&(row.journey, row.group)) {
            tables.push((row.journey, row.group));
        }
    }
    tables
}

fn table(page: &mut String, report: &Report, journey: &str, group: &str) {
    let rows: Vec<&Row> =
        report.rows.iter().filter(|row| row.journey == journey && row.group == group).collect();
    let Some(first) = rows.first() else { return };
    let (mut points, mut faults) = (Vec::new(), Vec::new());
    for row in &rows {
        remember(&mut points, row.point.as_str());
        remember(&mut faults, row.fault.as_str());
    }
    // The longer side goes down the page.
    let is_turned = faults.len() > points.len();
    let (down, across) = if is_turned { (&faults, &points) } else { (&points, &faults) };
    write(page, format_args!("<h3>{}: {}</h3>", first.journey_title, group.to_lowercase()));
    page.push_str("<div class=wide><table class=matrix><thead><tr><th></th>");
    for name in across {
        write(page, format_args!("<th><span>{}</span></th>", escape(name)));
    }
    page.push_str("</tr></thead><tbody>");
    for name in down {
        write(page, format_args!("<tr><th>{}</th>", escape(name)));
        for other in across {
            let (point, fault) = if is_turned { (other, name) } else { (name, other) };
            let row = rows.iter().find(|row| row.point == **point && row.fault == **fault);
            field(page, row.copied());
        }
        page.push_str("</tr>");
    }
    page.push_str("</tbody></table></div>");
}

fn field(page: &mut String, row: Option<&Row>) {
    match row.map(|row| (row, &row.result)) {
        None => page.push_str("<td></td>"),
        Some((_, None)) => page.push_str("<td>·</td>"),
        Some((row, Some(result))) => write(
            page,
            format_args!(
                "<td class={}><a href=\"#{}\">{}</a></td>",
                class_of(result.verdict),
                slug(&row.id),
                escape(result.ending())
            ),
        ),
    }
}

fn details(page: &mut String, report: &Report) {
    page.push_str(
        "<h2>What everyone said</h2><div class=wide><table class=details><thead><tr><th>run</th>\
         <th>verdict</th><th>the resident saw</th><th>presses of OK and tries</th><th>the card</th>\
         <th>the journal</th><th>the service</th><th>afterwards</th></tr></thead><tbody>",
    );
    for (row, result) in finished(report) {
        detail(page, row, result, &report.commit);
    }
    page.push_str("</tbody></table></div>");
}

fn detail(page: &mut String, row: &Row, result: &RunResult, report_commit: &str) {
    let seen: Vec<_> = result.endings.iter().map(|shown| shown.key.as_str()).collect();
    let seen = if seen.is_empty() { "no ending".to_owned() } else { seen.join(", ") };
    write(
        page,
        format_args!(
            "<tr id=\"{}\"><th>{}<br>{}<br><small>{}</small></th><td class={}>{}{}</td><td>{}</td>",
            slug(&row.id),
            escape(&row.point),
            escape(&row.fault),
            escape(&row.id),
            class_of(result.verdict),
            result.verdict.words(),
            result.reasons.iter().fold(String::new(), |mut text, reason| {
                write(&mut text, format_args!("<br>{}", escape(reason)));
                text
            }),
            escape(&seen),
        ),
    );
    let ((known, sent), (new, read_back)) = (result.known_tries, result.new_tries);
    write(
        page,
        format_args!(
            "<td>4 digits: {known} pressed, {sent} sent<br>new PIN: {new} pressed, {read_back} \
             sent</td>"
        ),
    );
    match &result.facts {
        None => page.push_str("<td></td><td></td><td></td>"),
        Some(facts) => {
            let card = &facts.card;
            let pin = if card.has_new_pin { "holds the new PIN" } else { "holds the old PIN" };
            let journal = match facts.journal.as_slice() {
                [] => "empty".to_owned(),
                left => left.join("; "),
            };
            let service = &facts.service;
            write(
                page,
                format_args!(
                    "<td>{pin}<br>receipt: {}<br>tries left: {} and {}</td><td>{}</td>\
                     <td>{}<br>told: {}{}</td>",
                    escape(&card.receipt),
                    card.user_authentication_retries,
                    card.signature_retries,
                    escape(&journal),
                    escape(&service.state),
                    escape(service.outcome.as_deref().unwrap_or("nothing")),
                    if service.by_receipt { "<br>by the card's receipt" } else { "" },
                ),
            );
        }
    }
    let mut afterwards = Vec::new();
    if !result.exits.is_empty() {
        let code = |code: &Option<i32>| code.map_or("killed".to_owned(), |code| code.to_string());
        let codes: Vec<_> = result.exits.iter().map(code).collect();
        afterwards.push(format!("the kiosk was started again after: {}", codes.join(", ")));
    }
    if let Some(later) = &result.later_visit {
        afterwards.push(format!("a later visit: {}", escape(later)));
    }
    afterwards.push(format!("told within {:.1} s", result.told_after_seconds));
    if result.attempts > 1 {
        afterwards.push(format!("played {} times until the fault fired", result.attempts));
    }
    if result.commit != report_commit {
        afterwards.push(format!("at commit <code>{}</code>", escape(&result.commit)));
    }
    write(page, format_args!("<td>{}</td></tr>", afterwards.join("<br>")));
}

fn finished(report: &Report) -> impl Iterator<Item = (&Row, &RunResult)> {
    report.rows.iter().filter_map(|row| row.result.as_ref().map(|result| (row, result)))
}

fn remember<'r>(names: &mut Vec<&'r str>, name: &'r str) {
    if !names.contains(&name) {
        names.push(name);
    }
}

const fn class_of(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::NotFired => "unfired",
        Verdict::NotTried => "untried",
        Verdict::Violation => "violation",
    }
}

fn write(page: &mut String, text: std::fmt::Arguments<'_>) {
    // A string takes everything.
    let _ = page.write_fmt(text);
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const HEAD: &str = include_str!("head.html");
const ABOUT: &str = include_str!("about.html");

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::sweep::{
        journey::Journey,
        plan::Plan,
        point::Point,
        report::Report,
        result::{RunResult, Verdict},
    };

    fn result(id: &str, verdict: Verdict) -> (String, RunResult) {
        let result = RunResult {
            id: id.to_owned(),
            verdict,
            endings: Vec::new(),
            reasons: vec!["a <reason>".to_owned()],
            facts: None,
            known_tries: (1, 1),
            new_tries: (1, 1),
            exits: vec![Some(75), None],
            later_visit: None,
            told_after_seconds: 0.5,
            seconds: 4.0,
            attempts: 1,
            commit: String::new(),
        };
        (id.to_owned(), result)
    }

    #[test]
    fn a_violation_is_named_with_its_reason_and_how_to_repeat_it_and_counts() {
        let point = Point::Effect { step: "effect card read".to_owned(), occurrence: 1 };
        let plan = Plan::of(&[(Journey::Reset, vec![point])]);
        let ids: Vec<_> = plan.runs.iter().map(|run| run.id.clone()).collect();
        let results = BTreeMap::from([
            result(&ids[0], Verdict::Violation),
            result(&ids[1], Verdict::NotFired),
        ]);
        let report = Report::of(&plan, &results, 20, "");
        assert_eq!(report.totals.verdicts[&Verdict::Violation], 1);
        let page = report.page();
        assert!(page.contains("Violations (1)") && page.contains("Not fired (1)"));
        assert!(page.contains("a &lt;reason&gt;"));
        assert!(page.contains(&format!("--only {}", ids[0])));
        let data: serde_json::Value = serde_json::from_str(&report.json()).unwrap();
        assert_eq!(data["totals"]["verdicts"]["not-fired"], 1);
    }
}
