//! `POST /feedback`: what came true.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response, StatusCode};
use serde_json::json;

use super::answer;
use super::body::JsonBody;
use super::error::HttpError;
use super::router::App;
use crate::outcome::{Feedback, FeedbackError, Verdict};

pub(super) async fn feedback(State(app): State<Arc<App>>, request: Request<Body>) -> Response<Body> {
    app.guarded(&app.routes.feedback, async {
        let body = JsonBody::read(request, app.limits.body).await?;
        take(&app, body.text()).await
    })
    .await
}

async fn take(app: &App, text: &str) -> Result<Response<Body>, HttpError> {
    let outcomes = app.outcomes.as_ref().ok_or(HttpError::Feedback(FeedbackError::Off))?;
    let feedback: Feedback = serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        if error.is_data() { HttpError::InvalidRequest { message } } else { HttpError::MalformedJson { message } }
    })?;
    let told = feedback.told(&outcomes.project, outcomes.clock.now())?;
    let verdict = outcomes.intake.take(told).await?;
    let (status, body) = match verdict {
        Verdict::Recorded { predictions } => {
            (StatusCode::OK, json!({ "status": "recorded", "predictions": predictions }))
        }
        Verdict::Corrected { predictions } => {
            (StatusCode::OK, json!({ "status": "corrected", "predictions": predictions }))
        }
        Verdict::Repeated => (StatusCode::OK, json!({ "status": "repeated" })),
        Verdict::Pending => (StatusCode::ACCEPTED, json!({ "status": "pending", "predictions": 0 })),
        Verdict::Contradicts { known } => return Err(HttpError::ContradictoryOutcome { known }),
        Verdict::Mistyped { expected } => return Err(HttpError::MistypedOutcome { expected }),
        Verdict::TooLate => return Err(HttpError::OutcomeTooLate),
    };
    let mut response = answer::json(&body);
    *response.status_mut() = status;
    Ok(response)
}
