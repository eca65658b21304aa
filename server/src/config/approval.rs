//! `[approval]`, `[privileged]` and `[[absences]]`: who approves, when, and how.

use std::time::Duration;

use domain::{Identifier, PersonId, Timestamp};
use jiff::{ToSpan, civil::Date, tz::TimeZone};

use super::{
    keys::ABSENCES,
    read::Reader,
    sections::{HOUR, MINUTE, guid},
};
use crate::recovery::{Absence, ApprovalSettings, ChainTimes, Named, Offices};

/// `deadline` is how long approvers have to answer.
pub(super) fn approval(reader: &mut Reader, deadline: Duration) -> ApprovalSettings {
    let sign_in_required = sign_in_required(reader);
    let on_call_group = reader.parsed("approval.on_call_group", guid);
    let chain = chain(reader, deadline, on_call_group.is_some());
    let approvals_per_day = reader.number("approval.approvals_per_day", 10, 1..=1000);
    let mailbox_settings = reader.flag("approval.mailbox_settings", false);
    let offices = super::office::offices(reader);
    let absences = absences(reader, &offices);
    let dual_control = reader.parsed("privileged.approvers_group", guid);
    if dual_control.is_some() && !sign_in_required {
        reader.problem(
            "privileged.approvers_group",
            "lets privileged people be recovered, so those who approve must sign in: it needs approval.sign_in = \
             \"required\", and that a [sign_in] that is set up",
        );
    }
    let never = if reader.has("privileged.never") {
        reader
            .required_list("privileged.never", named)
            .unwrap_or_default()
    } else {
        Vec::new()
    };
    let mut minutes =
        |path, default: u64| Duration::from_secs(reader.number(path, default, 0..=10_080) * MINUTE);
    ApprovalSettings {
        sign_in_required,
        chain,
        approvals_per_day,
        on_call_group,
        mailbox_settings,
        offices,
        absences,
        dual_control,
        never,
        risk_cool_off: minutes("recovery.risk_cool_off_minutes", 60),
        privileged_cool_off: minutes("privileged.cool_off_minutes", 24 * HOUR / MINUTE),
        tell_security: reader.flag("alerts.recoveries", true),
    }
}

fn sign_in_required(reader: &mut Reader) -> bool {
    const SIGN_IN: &str = "approval.sign_in";
    let set_up = reader.has("sign_in.client_id");
    let required = reader.choice(SIGN_IN, set_up, &[("required", true), ("off", false)]);
    if required && !set_up {
        reader.problem(
            SIGN_IN,
            "is required, and nobody could: set up sign_in.client_id, or turn it \"off\", so that the link, the code and \
             the approver's word stand alone",
        );
    }
    required
}

fn chain(reader: &mut Reader, deadline: Duration, has_group: bool) -> ChainTimes {
    let remind = minutes(reader, "approval.remind_minutes", 10);
    let escalate = minutes(reader, "approval.escalate_minutes", 30);
    let on_call = minutes(reader, "approval.on_call_minutes", 60);
    for ((path, time), (earlier_path, earlier)) in [
        (
            ("approval.escalate_minutes", escalate),
            ("approval.remind_minutes", remind),
        ),
        (
            ("approval.on_call_minutes", on_call),
            ("approval.escalate_minutes", escalate),
        ),
    ] {
        if time <= earlier {
            reader.problem(
                path,
                format!("must be larger than {earlier_path}, after which it comes"),
            );
        }
    }
    let (last_path, last) = if has_group {
        ("approval.on_call_minutes", on_call)
    } else {
        ("approval.escalate_minutes", escalate)
    };
    if last >= deadline {
        reader.problem(
            last_path,
            "is not before the end of recovery.approval_hours, so nobody would be asked then",
        );
    }
    ChainTimes {
        remind,
        escalate,
        on_call,
    }
}

fn minutes(reader: &mut Reader, path: &str, default: u64) -> Duration {
    Duration::from_secs(reader.number(path, default, 1..=1440) * MINUTE)
}

/// Dates are those of the usual office.
fn absences(reader: &mut Reader, offices: &Offices) -> Vec<Absence> {
    let zone = offices
        .usual
        .as_ref()
        .map_or(TimeZone::UTC, |office| office.zone.clone());
    let mut absences = Vec::new();
    for number in 1..=reader.entries(ABSENCES) {
        let key = |name: &str| format!("{ABSENCES}[{number}].{name}");
        let person = reader.required(&key("person"), named);
        let from = reader.required(&key("from"), |text| moment(text, &zone, Edge::Start));
        let until = reader.required(&key("until"), |text| moment(text, &zone, Edge::End));
        let delegate = reader.parsed(&key("delegate"), named);
        if delegate.is_some() && delegate == person {
            reader.problem(&key("delegate"), "is the person who is away");
        }
        let Some(((person, from), until)) = person.zip(from).zip(until) else {
            continue;
        };
        if until <= from {
            reader.problem(&key("until"), "is not after the beginning");
        }
        absences.push(Absence {
            person,
            from,
            until,
            delegate,
        });
    }
    absences
}

/// Which end of a day is meant by its date.
#[derive(Clone, Copy)]
enum Edge {
    Start,
    End,
}

fn moment(text: &str, zone: &TimeZone, edge: Edge) -> Result<Timestamp, String> {
    let moment = match Date::strptime("%Y-%m-%d", text) {
        Ok(date) => {
            let day = match edge {
                Edge::Start => Ok(date),
                Edge::End => date.checked_add(1.day()),
            };
            day.and_then(|day| day.to_zoned(zone.clone()))
                .map(|start| start.timestamp())
        }
        Err(_) => text.parse(),
    };
    moment
        .map(|moment| Timestamp::from_millis(moment.as_millisecond()))
        .map_err(|_| {
            "must be a date, as 2026-12-24, or a moment with its offset, as 2026-12-24T12:00+01:00"
                .to_owned()
        })
}

fn named(text: &str) -> Result<Named, String> {
    if let Ok(id) = guid(text) {
        return Ok(Named::Id(PersonId(id)));
    }
    Identifier::parse(text)
        .map(Named::Account)
        .map_err(|_| "is neither a sign-in name nor an object id".to_owned())
}
