//! The SQL front end: text to typed plan.
