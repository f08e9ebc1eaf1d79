//! Request streams: how many questions were answered, and with what.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

#[derive(Debug)]
pub struct RequestsMetrics {
    answers: Family<AnswerLabel, Counter>,
    restarts: Family<StreamLabel, Counter>,
}

/// The handles of one request stream.
#[derive(Debug, Clone)]
pub struct RequestMetrics {
    pub predictions: Counter,
    pub problems: Counter,
    /// Times that a partition was taken again after a failure.
    pub restarts: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AnswerLabel {
    requests: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StreamLabel {
    requests: String,
}

impl RequestsMetrics {
    pub(super) fn register(registry: &mut Registry) -> RequestsMetrics {
        let answers = Family::default();
        registry.register(
            "request_stream_answers",
            "Messages of a request stream that were answered, by outcome",
            Family::clone(&answers),
        );
        let restarts = Family::default();
        registry.register(
            "request_stream_restarts",
            "Times that a partition of a request stream was taken again after a failure",
            Family::clone(&restarts),
        );
        RequestsMetrics { answers, restarts }
    }

    pub fn stream(&self, requests: &str) -> RequestMetrics {
        let answers = |outcome| {
            let label = AnswerLabel { requests: requests.to_owned(), outcome };
            self.answers.get_or_create_owned(&label)
        };
        RequestMetrics {
            predictions: answers("prediction"),
            problems: answers("problem"),
            restarts: self.restarts.get_or_create_owned(&StreamLabel { requests: requests.to_owned() }),
        }
    }
}
