//! What people set in their mailboxes, as Exchange Online shows it
//! (<https://learn.microsoft.com/graph/api/resources/mailboxsettings>).

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The settings of one mailbox.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct MailboxSettings {
    pub automatic_replies: AutomaticReplies,
    /// By the name that Windows gives it.
    pub time_zone: String,
}

impl Default for MailboxSettings {
    fn default() -> Self {
        Self {
            automatic_replies: AutomaticReplies::Disabled,
            time_zone: "W. Europe Standard Time".to_owned(),
        }
    }
}

/// Whether the mailbox answers that its owner is away.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", tag = "status", deny_unknown_fields)]
pub enum AutomaticReplies {
    #[default]
    Disabled,
    AlwaysEnabled,
    Scheduled {
        start: Timestamp,
        end: Timestamp,
    },
}

impl MailboxSettings {
    /// All of them, in Graph's form.
    pub fn to_value(&self) -> Value {
        json!({
            "automaticRepliesSetting": self.automatic_replies.to_value(),
            "dateFormat": "dd.MM.yyyy",
            "delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly",
            "language": {"locale": "en-GB", "displayName": "English (United Kingdom)"},
            "timeFormat": "HH:mm",
            "timeZone": self.time_zone,
            "userPurpose": "user",
            "workingHours": {
                "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
                "startTime": "08:00:00.0000000",
                "endTime": "17:00:00.0000000",
                "timeZone": {"name": self.time_zone},
            },
        })
    }
}

impl AutomaticReplies {
    /// In Graph's form, which holds a schedule at all times.
    pub fn to_value(&self) -> Value {
        let (status, start, end) = match self {
            Self::Disabled => ("disabled", Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH),
            Self::AlwaysEnabled => (
                "alwaysEnabled",
                Timestamp::UNIX_EPOCH,
                Timestamp::UNIX_EPOCH,
            ),
            Self::Scheduled { start, end } => ("scheduled", *start, *end),
        };
        json!({
            "status": status,
            "externalAudience": "all",
            "scheduledStartDateTime": date_time_time_zone(start),
            "scheduledEndDateTime": date_time_time_zone(end),
            "internalReplyMessage": "<html><body>I am away.</body></html>",
            "externalReplyMessage": "<html><body>I am away.</body></html>",
        })
    }
}

/// A moment as `dateTimeTimeZone`: seven digits after the point, and the zone beside it.
fn date_time_time_zone(at: Timestamp) -> Value {
    let text = at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S");
    json!({"dateTime": format!("{text}.0000000"), "timeZone": "UTC"})
}
