//! Who says in their mailbox that they are away.

use domain::{PersonId, Timestamp};
use jiff::{civil::DateTime, tz::TimeZone};
use serde::Deserialize;

use super::{client::Graph, error::GraphError, request::Request};

/// Somebody's mailbox answers that they are away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfOffice {
    /// Until when, if that is said.
    pub until: Option<Timestamp>,
}

/// <https://learn.microsoft.com/graph/api/resources/automaticrepliessetting>
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AutomaticReplies {
    status: Option<String>,
    scheduled_start_date_time: Option<DateTimeTimeZone>,
    scheduled_end_date_time: Option<DateTimeTimeZone>,
}

/// <https://learn.microsoft.com/graph/api/resources/datetimetimezone>
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DateTimeTimeZone {
    date_time: String,
    time_zone: String,
}

impl DateTimeTimeZone {
    /// Graph writes schedules in UTC unless it is asked otherwise.
    fn moment(&self) -> Option<Timestamp> {
        if self.time_zone != "UTC" {
            return None;
        }
        let time: DateTime = self.date_time.parse().ok()?;
        let moment = time.to_zoned(TimeZone::UTC).ok()?.timestamp();
        Some(Timestamp::from_millis(moment.as_millisecond()))
    }
}

impl AutomaticReplies {
    fn at(&self, now: Timestamp) -> Option<OutOfOffice> {
        let status = self.status.as_deref()?;
        // The documentation spells it both ways.
        if status.eq_ignore_ascii_case("alwaysEnabled") {
            return Some(OutOfOffice { until: None });
        }
        if !status.eq_ignore_ascii_case("scheduled") {
            return None;
        }
        let start = self.scheduled_start_date_time.as_ref()?.moment()?;
        let end = self.scheduled_end_date_time.as_ref()?.moment()?;
        (start..end)
            .contains(&now)
            .then_some(OutOfOffice { until: Some(end) })
    }
}

impl Graph {
    /// Whether the person's mailbox says at `now` that they are away.
    ///
    /// # Errors
    /// [`GraphError::NotFound`] when they have no mailbox in Exchange Online, [`GraphError::Forbidden`] where the
    /// application was not granted the permission.
    pub async fn absence(
        &self,
        person: &PersonId,
        now: Timestamp,
    ) -> Result<Option<OutOfOffice>, GraphError> {
        let ids = [person.0.as_str()];
        let request = Request::get(
            "/users/{id}/mailboxSettings/automaticRepliesSetting",
            &ids,
            "MailboxSettings.Read",
        );
        let replies: AutomaticReplies = self.read(&request).await?;
        Ok(replies.at(now))
    }
}
