//! The table of figures: medians over rounds, ratios within each round.

use super::processes::Measured;

/// What does the same as the peers, on the same events.
pub(crate) const EMBEDDED: &str = "clutch, embedded states";

struct Row {
    name: String,
    is_peer: bool,
    measured: Vec<Measured>,
    /// Of the copy of the same topic, in the same round.
    of_copy: Vec<f64>,
}

#[derive(Default)]
pub(crate) struct Rows {
    rows: Vec<Row>,
    /// Events a second of the last copy.
    copy: Option<f64>,
}

impl Rows {
    /// Of the topic that is worked on next; `None` if it is not copied.
    pub(crate) fn copied(&mut self, name: &str, measured: Option<Measured>) {
        self.copy = measured.map(|measured| measured.per_second());
        if let Some(measured) = measured {
            self.row(name, false).measured.push(measured);
        }
    }

    pub(crate) fn ours(&mut self, name: &str, measured: Measured) {
        let ratio = self.copy.map(|copy| measured.per_second() / copy);
        let row = self.row(name, false);
        row.measured.push(measured);
        row.of_copy.extend(ratio);
    }

    pub(crate) fn peer(&mut self, name: &str, measured: Measured) {
        self.row(name, true).measured.push(measured);
    }

    fn row(&mut self, name: &str, is_peer: bool) -> &mut Row {
        let place = self.rows.iter().position(|row| row.name == name).unwrap_or_else(|| {
            self.rows.push(Row { name: name.to_owned(), is_peer, measured: Vec::new(), of_copy: Vec::new() });
            self.rows.len() - 1
        });
        &mut self.rows[place]
    }

    pub(crate) fn print(&self) {
        println!(
            "\n{:<36} {:>10} {:>9} {:>10} {:>10} {:>10} {:>10}",
            "", "events/s", "of copy", "CPU µs", "broker", "Redis", "whole s"
        );
        for row in &self.rows {
            let of_copy = median(row.of_copy.iter().copied());
            let cpu = |of: fn(&Measured) -> std::time::Duration| median(row.measured.iter().map(|m| m.an_event(of(m))));
            println!(
                "{:<36} {:>10.0} {:>9} {:>10.1} {:>10.1} {:>10.1} {:>10.1}",
                row.name,
                per_second(row),
                if of_copy.is_nan() { "-".to_owned() } else { format!("{:.0} %", 100.0 * of_copy) },
                cpu(|m| m.cpu.workers),
                cpu(|m| m.cpu.broker),
                cpu(|m| m.cpu.redis),
                median(row.measured.iter().map(|m| m.from_start.as_secs_f64())),
            );
        }
        println!("CPU µs: of the processes that do the work, then of the broker and of Redis, all of an event");
        self.print_peers();
    }

    /// How many times a peer's rate ours is, and its CPU time ours.
    fn print_peers(&self) {
        let Some(ours) = self.rows.iter().find(|row| row.name == EMBEDDED) else { return };
        let cpu = |row: &Row| median(row.measured.iter().map(|m| m.an_event(m.cpu.workers)));
        for peer in self.rows.iter().filter(|row| row.is_peer) {
            println!(
                "{}: {} does {:.1} times as many events a second, each in 1/{:.1} of the CPU time",
                peer.name,
                ours.name,
                per_second(ours) / per_second(peer),
                cpu(peer) / cpu(ours),
            );
        }
    }
}

fn per_second(row: &Row) -> f64 {
    median(row.measured.iter().map(Measured::per_second))
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
