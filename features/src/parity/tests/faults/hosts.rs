//! Hosts that do something else with events, states and requests.

use super::*;

/// A fault of the hosts: what it leaves alone is done as it should be.
trait Fault {
    fn begin(&mut self) {}

    fn process(&mut self, served: &mut Served, event: &Event, position: Position) -> Accepted {
        served.process(event, position)
    }

    fn ask(&mut self, served: &mut Served, event: &Event) -> Result<ViewRow, RequestError> {
        served.ask(event)
    }

    fn ask_key(&mut self, served: &mut Served, as_of: Micros) -> Result<ViewRow, KeyError> {
        served.ask_key(as_of)
    }

    fn restart(&mut self, served: &mut Served) -> Result<(), StateError> {
        served.restart()
    }
}

struct Faulty<F> {
    served: Served,
    fault: F,
}

impl<F: Fault> KeyHosts for Faulty<F> {
    fn begin(&mut self) {
        self.served.begin();
        self.fault.begin();
    }
    fn process(&mut self, event: &Event, position: Position) -> Accepted {
        self.fault.process(&mut self.served, event, position)
    }
    fn ask(&mut self, event: &Event) -> Result<ViewRow, RequestError> {
        self.fault.ask(&mut self.served, event)
    }
    fn ask_key(&mut self, as_of: Micros) -> Result<ViewRow, KeyError> {
        self.fault.ask_key(&mut self.served, as_of)
    }
    fn restart(&mut self) -> Result<(), StateError> {
        self.fault.restart(&mut self.served)
    }
}

/// Which hosts are seen to differ where the hosts have this fault.
fn differ<F: Fault>(restarts: usize, fault: &(dyn Fn() -> F + Sync)) -> Vec<Host> {
    let view = view();
    let hosts = || Faulty { served: Served::new(&view), fault: fault() };
    let report = check_hosts(&view, &view, &hosts, &history(&view), &options(restarts), &|_| ()).unwrap();
    assert!(report.mismatches > 0, "the fault was not caught");
    seen(&report).0
}

#[track_caller]
fn assert_among(found: &[Host], expected: &[Host]) {
    for host in expected {
        assert!(found.contains(host), "{host:?} does not differ: {found:?}");
    }
}

/// Places ties the other way round.
struct SwappedTies;

impl Fault for SwappedTies {
    fn process(&mut self, served: &mut Served, event: &Event, position: Position) -> Accepted {
        served.process(event, Position { offset: u64::MAX / 2 - position.offset, ..position })
    }
}

#[test]
fn swapped_ties_are_caught() {
    assert_among(&differ(60, &|| SwappedTies), &[Host::Batch, Host::Oracle]);
}

/// What is lost at a restart.
#[derive(Clone, Copy, PartialEq)]
enum Lost {
    Everything,
    Rows,
    Clock,
    Latest,
}

struct Forgetful {
    restarts: u32,
    lost: Lost,
}

impl Fault for Forgetful {
    fn begin(&mut self) {
        self.restarts = 0;
    }
    fn restart(&mut self, served: &mut Served) -> Result<(), StateError> {
        self.restarts += 1;
        // A lost clock does harm only where a repeat or a late event comes next, a lost row where its key is asked for.
        let often = matches!(self.lost, Lost::Clock | Lost::Latest);
        if (self.restarts == 5 || often && self.restarts > 5)
            && let Some(state) = &mut served.state
        {
            match self.lost {
                Lost::Everything => *state = KeyState::default(),
                Lost::Rows => state.views.clear(),
                Lost::Clock => state.clock = Default::default(),
                Lost::Latest => state.latest.fill(None),
            }
        }
        served.restart()
    }
}

#[test]
fn a_state_lost_at_a_restart_is_caught() {
    for (lost, host) in [
        (Lost::Everything, Host::Batch),
        (Lost::Rows, Host::Batch),
        (Lost::Clock, Host::Batch),
        (Lost::Latest, Host::AsOf),
    ] {
        assert_among(&differ(200, &|| Forgetful { restarts: 0, lost }), &[host]);
    }
}

/// Forgets once to take out of its sums what leaves their frames.
struct ForgottenEviction(u32);

impl Fault for ForgottenEviction {
    fn begin(&mut self) {
        self.0 = 0;
    }
    fn process(&mut self, served: &mut Served, event: &Event, position: Position) -> Accepted {
        self.0 += 1;
        if self.0 == 101 {
            return planted::forgetting_evictions(|| served.process(event, position));
        }
        served.process(event, position)
    }
}

#[test]
fn a_forgotten_eviction_is_caught_by_all_others() {
    assert_among(&differ(0, &|| ForgottenEviction(0)), &[Host::Batch, Host::Request, Host::Oracle]);
}

/// Looks at frames of time as they were when the latest row was computed.
struct NoDecay;

impl Fault for NoDecay {
    fn ask_key(&mut self, served: &mut Served, as_of: Micros) -> Result<ViewRow, KeyError> {
        let row = served.ask_key(as_of)?;
        Ok(served.ask_key(row.time).unwrap_or(row))
    }
}

/// Looks at them so much too early or too late.
struct AnotherTime(Micros);

impl Fault for AnotherTime {
    fn ask_key(&mut self, served: &mut Served, as_of: Micros) -> Result<ViewRow, KeyError> {
        served.ask_key(as_of + self.0)
    }
}

#[test]
fn a_wrong_as_of_is_caught() {
    assert_eq!(differ(60, &|| NoDecay), [Host::AsOf]);
    for off in [-1, 1, -1_000_000] {
        assert_eq!(differ(60, &|| AnotherTime(off)), [Host::AsOf], "{off} µs");
    }
}

/// Takes a request's event for another than the one that was folded.
struct OwnEventKept;

impl Fault for OwnEventKept {
    fn ask(&mut self, served: &mut Served, event: &Event) -> Result<ViewRow, RequestError> {
        let mut event = event.clone();
        event.fields[1] = Value::Null;
        let row = served.ask(&event)?;
        let mut columns = Vec::clone(&row.columns);
        columns[1] = event.fields[1].clone();
        Ok(ViewRow { columns: columns.into(), ..row })
    }
}

#[test]
fn an_own_event_that_is_not_left_out_is_caught() {
    assert_among(&differ(0, &|| OwnEventKept), &[Host::Again]);
}

/// A request changes what it looks at.
struct FoldedRequest;

impl Fault for FoldedRequest {
    fn ask(&mut self, served: &mut Served, event: &Event) -> Result<ViewRow, RequestError> {
        let row = served.ask(event);
        let Event { mut fields, time } = event.clone();
        fields[1] = Value::Null;
        served.process(&Event { fields, time }, Position { partition: 0, offset: 1 << 40, append_time: None });
        row
    }
}

#[test]
fn a_request_that_leaves_a_trace_is_caught() {
    assert_among(&differ(0, &|| FoldedRequest), &[Host::Batch, Host::Oracle]);
}
