//! `/auditLogs` (FACTS §13, §15).

use serde_json::Value;

use super::{Backend, Context, GraphError, Outcome, query::Listing};
use crate::answer::Answer;

pub fn route(context: &mut Context<'_>, path: &[&str]) -> Outcome {
    context.require(Backend::Reports, &["AuditLog.Read.All"])?;
    let is_sign_ins = match path {
        ["signIns", ..] => true,
        ["directoryAudits", ..] => false,
        _ => {
            return Err(GraphError::no_such_segment(
                path.last().copied().unwrap_or_default(),
            ));
        }
    };
    if is_sign_ins && !context.world.settings.premium {
        return Err(GraphError::not_premium());
    }
    throttle(context)?;
    let log = if is_sign_ins {
        &context.world.logs.sign_ins
    } else {
        &context.world.logs.audits
    };
    match path {
        [name] => {
            let newest_first: Vec<Value> = log.iter().rev().cloned().collect();
            context.list(
                newest_first,
                &Listing {
                    context: format!("auditLogs/{name}"),
                    default_properties: &[],
                    default_page: 1000,
                    max_page: 1000,
                    is_directory: false,
                },
            )
        }
        [_, id] => {
            let row = log.iter().find(|row| row["id"] == *id);
            row.cloned()
                .map(Answer::ok)
                .ok_or_else(|| GraphError::not_found(id))
        }
        _ => Err(GraphError::no_such_segment(
            path.last().copied().unwrap_or_default(),
        )),
    }
}

/// Five requests in ten seconds per app and tenant, over all reports.
pub fn throttle(context: &mut Context<'_>) -> Result<(), GraphError> {
    let now = context.world.now();
    if context.world.settings.report_throttle && !context.world.logs.admit_report(now) {
        return Err(GraphError::throttled(Some("10")));
    }
    Ok(())
}
