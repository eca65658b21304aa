//! Who approves, when, and how.

use std::{path::Path, time::Duration};

use domain::{Identifier, PersonId, Timestamp};
use jiff::civil::{Weekday, time};

use super::{Folder, MINIMAL, load, problems};
use crate::{
    config::Config,
    recovery::{Absence, ApprovalSettings, ChainTimes, Named},
};

const GROUP: &str = "A84C2D19-5e07-4f3b-9d60-13c8b7f2e4a5";
const SIGN_IN: &str =
    "[sign_in]\nclient_id = \"6f0a1c3e-94d2-4b58-8a77-1d5e2c9b3f40\"\nclient_secret = \"hush\"\n";

/// The minimal configuration and `more`.
fn with(name: &str, more: &str) -> Result<Config, String> {
    let folder = Folder::new(name);
    let file = folder.write("latchkey.toml", &format!("{MINIMAL}{more}"));
    load(&file, &[]).map_err(|error| error.to_string())
}

fn approval(name: &str, more: &str) -> ApprovalSettings {
    with(name, more).unwrap().approval
}

const fn minutes(count: u64) -> Duration {
    Duration::from_mins(count)
}

#[test]
fn what_is_not_given_about_approval_has_its_default() {
    let approval = approval("approval-defaults", "");
    assert!(!approval.sign_in_required, "nobody can sign in");
    let chain = ChainTimes {
        remind: minutes(10),
        escalate: minutes(30),
        on_call: minutes(60),
    };
    assert_eq!(approval.chain, chain);
    assert_eq!(approval.approvals_per_day, 10);
    assert_eq!(approval.on_call_group, None);
    assert!(!approval.mailbox_settings);
    assert!(approval.offices.of(Some("CH")).is_none());
    assert_eq!(approval.absences, []);
    assert_eq!(approval.dual_control, None);
    assert_eq!(approval.never, []);
    assert_eq!(approval.risk_cool_off, minutes(60));
    assert_eq!(approval.privileged_cool_off, minutes(1440));
    assert!(approval.tell_security);
    let config = with("eligible", "").unwrap();
    assert!(config.entra.graph.eligible_roles);
}

#[test]
fn everything_about_approval_can_be_decided() {
    let more = format!(
        "{SIGN_IN}[approval]\nremind_minutes = 1\nescalate_minutes = 2\non_call_minutes = 3\n\
         on_call_group = \"{GROUP}\"\napprovals_per_day = 1000\nmailbox_settings = true\n\
         [privileged]\napprovers_group = \"{GROUP}\"\ncool_off_minutes = 0\neligible_roles = false\n\
         never = [\"Break-Glass@Contoso.onmicrosoft.com\", \"{GROUP}\"]\n\
         [recovery]\nrisk_cool_off_minutes = 90\n"
    );
    let config = with("approval-all", &more).unwrap();
    assert!(!config.entra.graph.eligible_roles);
    let approval = config.approval;
    assert!(approval.sign_in_required, "since people can sign in");
    let chain = ChainTimes {
        remind: minutes(1),
        escalate: minutes(2),
        on_call: minutes(3),
    };
    assert_eq!(approval.chain, chain);
    let group = GROUP.to_lowercase();
    assert_eq!(approval.on_call_group.as_deref(), Some(group.as_str()));
    assert_eq!(approval.dual_control.as_deref(), Some(group.as_str()));
    assert_eq!(approval.approvals_per_day, 1000);
    assert!(approval.mailbox_settings);
    let account = Identifier::parse("break-glass@contoso.onmicrosoft.com").unwrap();
    let never = [Named::Account(account), Named::Id(PersonId(group))];
    assert_eq!(approval.never, never);
    assert_eq!(approval.privileged_cool_off, Duration::ZERO);
    assert_eq!(approval.risk_cool_off, minutes(90));
}

#[test]
fn security_need_not_be_told_of_each_recovery_and_signing_in_can_be_off() {
    let folder = Folder::new("told");
    let text = MINIMAL.replace("[alerts]", "[alerts]\nrecoveries = false");
    let text = format!("{text}{SIGN_IN}[approval]\nsign_in = \"off\"\n");
    let config = load(&folder.write("latchkey.toml", &text), &[]).unwrap();
    assert!(!config.approval.tell_security);
    assert!(!config.approval.sign_in_required);
}

#[test]
fn offices_have_hours_of_their_own_and_the_usual_ones_otherwise() {
    let more = "[office]\ntime_zone = \"europe/zurich\"\nuntil = \"17:30\"\n\
                [[offices]]\ncountry = \"US\"\ntime_zone = \"America/New_York\"\n\
                [[offices]]\ncountry = \"AE\"\ntime_zone = \"Asia/Dubai\"\ndays = [\"sun\", \"mon\"]\n\
                from = \"22:00\"\nuntil = \"06:00\"\n";
    let offices = approval("offices", more).offices;
    let hours = |country| {
        let hours = offices.of(country).unwrap();
        let zone = hours.zone.iana_name().unwrap();
        (zone, hours.days.len(), hours.from, hours.until)
    };
    let usual = ("Europe/Zurich", 5, time(8, 0, 0, 0), time(17, 30, 0, 0));
    assert_eq!(hours(None), usual);
    assert_eq!(hours(Some("CH")), usual);
    let american = ("America/New_York", 5, time(8, 0, 0, 0), time(17, 30, 0, 0));
    assert_eq!(hours(Some("US")), american);
    assert_eq!(hours(Some("us")), american);
    let nightly = ("Asia/Dubai", 2, time(22, 0, 0, 0), time(6, 0, 0, 0));
    assert_eq!(hours(Some("AE")), nightly);
    let days = &offices.of(Some("AE")).unwrap().days;
    assert_eq!(days, &[Weekday::Sunday, Weekday::Monday]);
    // Without usual hours the others are always at work.
    let elsewhere = "[[offices]]\ncountry = \"US\"\ntime_zone = \"America/New_York\"\n";
    let offices = approval("elsewhere", elsewhere).offices;
    assert!(offices.of(Some("CH")).is_none());
    assert_eq!(offices.of(Some("US")).unwrap().days.len(), 5);
}

#[test]
fn an_absence_covers_its_days_where_the_office_is() {
    let absence = "[[absences]]\nperson = \"Grace@contoso.com\"\nfrom = \"2026-12-21\"\nuntil = \"2026-12-24\"\n";
    let moment = |text: &str| {
        let moment: jiff::Timestamp = text.parse().unwrap();
        Timestamp::from_millis(moment.as_millisecond())
    };
    let grace = Named::Account(Identifier::parse("grace@contoso.com").unwrap());
    let away = Absence {
        person: grace.clone(),
        from: moment("2026-12-21T00:00Z"),
        until: moment("2026-12-25T00:00Z"),
        delegate: None,
    };
    assert_eq!(approval("away", absence).absences, [away]);
    let zone = format!("[office]\ntime_zone = \"Europe/Zurich\"\n{absence}");
    let in_zurich = approval("away-zurich", &zone).absences;
    assert_eq!(in_zurich[0].from, moment("2026-12-20T23:00Z"));
    assert_eq!(in_zurich[0].until, moment("2026-12-24T23:00Z"));
    let exact = format!(
        "[[absences]]\nperson = \"{GROUP}\"\ndelegate = \"grace@contoso.com\"\n\
         from = \"2026-12-21T12:00+01:00\"\nuntil = \"2026-12-21T13:00Z\"\n"
    );
    let exact = approval("away-exact", &exact).absences;
    assert_eq!(exact[0].from, moment("2026-12-21T11:00Z"));
    assert_eq!(exact[0].until, moment("2026-12-21T13:00Z"));
    assert_eq!(exact[0].delegate, Some(grace));
}

const MISTAKES: &[(&str, &str)] = &[
    (
        "[approval]\nsign_in = \"required\"\n",
        "approval.sign_in is required, and nobody could: set up sign_in.client_id",
    ),
    (
        "[approval]\nsign_in = \"on\"\n",
        "approval.sign_in must be one of `required`, `off`",
    ),
    (
        "[approval]\nremind_minutes = 0\n",
        "approval.remind_minutes must be a whole number from 1 to 1440",
    ),
    (
        "[approval]\nremind_minutes = 30\n",
        "approval.escalate_minutes must be larger than approval.remind_minutes",
    ),
    (
        "[approval]\non_call_minutes = 30\n",
        "approval.on_call_minutes must be larger than approval.escalate_minutes",
    ),
    (
        "[approval]\nescalate_minutes = 240\non_call_minutes = 300\n",
        "approval.escalate_minutes is not before the end of recovery.approval_hours",
    ),
    (
        "[approval]\non_call_minutes = 240\non_call_group = \"a84c2d19-5e07-4f3b-9d60-13c8b7f2e4a5\"\n",
        "approval.on_call_minutes is not before the end of recovery.approval_hours",
    ),
    (
        "[approval]\non_call_group = \"helpdesk\"\n",
        "approval.on_call_group must be a GUID",
    ),
    (
        "[approval]\napprovals_per_day = 0\n",
        "approval.approvals_per_day must be a whole number from 1 to 1000",
    ),
    (
        "[approval]\nmailbox_settings = \"yes\"\n",
        "approval.mailbox_settings must be true or false",
    ),
    (
        "[office]\nfrom = \"09:00\"\n",
        "office.time_zone is missing",
    ),
    (
        "[office]\ntime_zone = \"Mars/Olympus\"\n",
        "office.time_zone must be a time zone of the IANA database",
    ),
    (
        "[office]\ntime_zone = \"UTC\"\ndays = [\"mon\", \"friday\"]\n",
        "office.days has an entry, number 2, that is none of mon, tue, wed, thu, fri, sat, sun",
    ),
    (
        "[office]\ntime_zone = \"UTC\"\ndays = []\n",
        "office.days must be a list of texts with at least one entry",
    ),
    (
        "[office]\ntime_zone = \"UTC\"\nuntil = \"24:00\"\n",
        "office.until must be a time from 00:00 to 23:59",
    ),
    (
        "[[offices]]\ntime_zone = \"UTC\"\n",
        "offices[1].country is missing",
    ),
    (
        "[[offices]]\ntime_zone = \"UTC\"\ncountry = \"usa\"\n",
        "offices[1].country must be the two capitals of a country",
    ),
    (
        "[[offices]]\ncountry = \"US\"\n",
        "offices[1].time_zone is missing",
    ),
    (
        "[[offices]]\ntime_zone = \"UTC\"\ncountry = \"US\"\n[[offices]]\ntime_zone = \"UTC\"\ncountry = \"US\"\n",
        "offices[2].country is the same as that of another entry",
    ),
    (
        "[offices]\ncountry = \"US\"\n",
        "offices.country is not a key",
    ),
    (
        "[[absences]]\nfrom = \"2026-12-21\"\nuntil = \"2026-12-21\"\n",
        "absences[1].person is missing",
    ),
    (
        "[[absences]]\nperson = \"Grace\"\nfrom = \"2026-12-21\"\nuntil = \"2026-12-21\"\n",
        "absences[1].person is neither a sign-in name nor an object id",
    ),
    (
        "[[absences]]\nperson = \"g@contoso.com\"\nuntil = \"2026-12-21\"\n",
        "absences[1].from is missing",
    ),
    (
        "[[absences]]\nperson = \"g@contoso.com\"\nfrom = \"2026-12-21\"\nuntil = \"2026-12-20\"\n",
        "absences[1].until is not after the beginning",
    ),
    (
        "[[absences]]\nperson = \"g@contoso.com\"\nfrom = \"2026-12-21T12:00\"\nuntil = \"2026-12-22\"\n",
        "absences[1].from must be a date, as 2026-12-24, or a moment with its offset",
    ),
    (
        "[[absences]]\nperson = \"g@contoso.com\"\ndelegate = \"G@contoso.com\"\nfrom = \"2026-12-21\"\nuntil = \"2026-12-22\"\n",
        "absences[1].delegate is the person who is away",
    ),
    (
        "[privileged]\napprovers_group = \"a84c2d19-5e07-4f3b-9d60-13c8b7f2e4a5\"\n",
        "privileged.approvers_group lets privileged people be recovered, so those who approve must sign in",
    ),
    (
        "[privileged]\ncool_off_minutes = 10081\n",
        "privileged.cool_off_minutes must be a whole number from 0 to 10080",
    ),
    (
        "[privileged]\nnever = [\"a@contoso.com\", \"root\"]\n",
        "privileged.never has an entry, number 2, that is neither a sign-in name nor an object id",
    ),
    (
        "[recovery]\nrisk_cool_off_minutes = -1\n",
        "recovery.risk_cool_off_minutes must be a whole number from 0 to 10080",
    ),
];

#[test]
fn each_mistake_about_approval_is_named() {
    for (more, problem) in MISTAKES {
        let error = with("approval-mistakes", more).unwrap_err();
        assert!(error.contains(problem), "{more}{error}");
        assert!(
            error.starts_with("the configuration has a problem:"),
            "{error}"
        );
    }
}

#[test]
fn a_table_of_countries_is_read_and_any_other_file_is_refused() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let table = |name: &str| {
        let more = format!("[countries]\ntable = \"{}\"\n", data.join(name).display());
        with("countries", &more)
    };
    assert!(table("countries.mmdb").unwrap().countries.is_some());
    for (name, problem) in [
        (
            "absent.mmdb",
            "absent.mmdb, which cannot be read: i/o error",
        ),
        (
            "README.md",
            "README.md, which cannot be read: invalid database",
        ),
        ("no-countries.mmdb", "which is a table of another kind"),
    ] {
        let error = table(name).unwrap_err();
        assert!(error.contains("countries.table names "), "{error}");
        assert!(error.contains(problem), "{error}");
    }
}

#[test]
fn several_sections_are_given_in_the_file_only() {
    for (variable, value) in [
        ("LATCHKEY_OFFICES__COUNTRY", "US"),
        ("LATCHKEY_ABSENCES__PERSON", "g@contoso.com"),
    ] {
        let found = problems("several", &[], &[(variable, value)]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].problem, "can be given in the file only");
    }
    // One office is no list.
    let folder = Folder::new("one-office");
    let file = folder.write("latchkey.toml", MINIMAL);
    let config = load(&file, &[("LATCHKEY_OFFICE__TIME_ZONE", "UTC")]).unwrap();
    assert!(config.approval.offices.of(None).is_some());
}
