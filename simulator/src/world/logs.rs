//! Sign-in and audit logs in the shape of Graph (FACTS §13, §15).

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Person, Settings};
use crate::entropy;

/// Both logs, oldest first.
#[derive(Default)]
pub struct Logs {
    pub sign_ins: Vec<Value>,
    pub audits: Vec<Value>,
    /// When the newest requests for reports came.
    report_requests: VecDeque<Timestamp>,
}

/// Who did something.
pub enum Initiator<'a> {
    /// The registered app, through Graph.
    App(&'a Settings),
    Person(&'a Person),
}

/// What a sign-in attempt led to.
pub struct SignIn {
    /// An AADSTS number; 0 is success.
    pub error_code: u32,
    pub failure_reason: &'static str,
    pub additional_details: &'static str,
}

impl SignIn {
    pub const SUCCESS: Self = Self {
        error_code: 0,
        failure_reason: "Other.",
        additional_details: "MFA requirement satisfied by claim in the token",
    };
    pub const WRONG_PASS: Self = Self {
        error_code: 130_503,
        failure_reason: "Your Temporary Access Pass is incorrect. If you don't know your pass, contact your administrator.",
        additional_details: "",
    };
    pub const MFA_NOT_ANSWERED: Self = Self {
        error_code: 500_121,
        failure_reason: "Authentication failed during strong authentication request.",
        additional_details: "User didn't respond to mobile app notification",
    };
    pub const MUST_REGISTER: Self = Self {
        error_code: 50_072,
        failure_reason: "User needs to enroll for second factor authentication.",
        additional_details: "User doesn't have any verification methods registered",
    };
    pub const DISABLED: Self = Self {
        error_code: 50_057,
        failure_reason: "User account is disabled.",
        additional_details: "",
    };
}

impl Logs {
    /// Counts a request for a report and says whether it is within five in ten seconds.
    pub fn admit_report(&mut self, now: Timestamp) -> bool {
        self.report_requests
            .retain(|at| now.duration_since(*at).abs() < SignedDuration::from_secs(10));
        let admitted = self.report_requests.len() < 5;
        if admitted {
            self.report_requests.push_back(now);
        }
        admitted
    }

    /// Records a sign-in attempt at the tenant's own page.
    pub fn sign_in(
        &mut self,
        settings: &Settings,
        person: &Person,
        attempt: &SignIn,
        now: Timestamp,
        user_agent: &str,
    ) {
        self.sign_ins.push(json!({
            "id": entropy::guid(),
            "createdDateTime": now,
            "userId": person.profile.id,
            "userPrincipalName": person.profile.user_principal_name.to_lowercase(),
            "userDisplayName": person.profile.display_name,
            "appId": "19db86c3-b2b9-44cc-b339-36da233a3be2",
            "appDisplayName": "My Signins",
            "resourceId": "00000003-0000-0000-c000-000000000000",
            "resourceDisplayName": "Microsoft Graph",
            "ipAddress": "203.0.113.24",
            "userAgent": user_agent,
            "clientAppUsed": "Browser",
            "correlationId": entropy::guid(),
            "isInteractive": true,
            "conditionalAccessStatus": if attempt.error_code == 0 { "success" } else { "failure" },
            "appliedConditionalAccessPolicies": [],
            "status": {
                "errorCode": attempt.error_code,
                "failureReason": attempt.failure_reason,
                "additionalDetails": attempt.additional_details,
            },
            "deviceDetail": {
                "deviceId": "", "displayName": "", "operatingSystem": "", "browser": user_agent,
                "isCompliant": false, "isManaged": false, "trustType": "",
            },
            "location": {
                "city": "Bergen", "state": "Vestland", "countryOrRegion": "NO",
                "geoCoordinates": {"altitude": null, "latitude": 60.39, "longitude": 5.32},
            },
            "riskDetail": "none",
            "riskLevelAggregated": "none",
            "riskLevelDuringSignIn": "none",
            "riskState": "none",
            "riskEventTypes": [],
            "riskEventTypes_v2": [],
            "homeTenantId": settings.tenant_id,
            "resourceTenantId": settings.tenant_id,
        }));
    }

    /// Records a change to a directory object. `target` is its id, kind ("User", "Group") and name.
    pub fn audit(
        &mut self,
        activity: &str,
        service: &str,
        by: &Initiator,
        target: (Uuid, &str, &str),
        reason: &str,
        now: Timestamp,
    ) {
        let (id, kind, name) = target;
        let initiated_by = match by {
            Initiator::App(settings) => json!({
                "user": null,
                "app": {
                    "appId": settings.app.client_id,
                    "displayName": "Account recovery",
                    "servicePrincipalId": settings.service_principal_id,
                    "servicePrincipalName": null,
                },
            }),
            Initiator::Person(person) => json!({
                "app": null,
                "user": {
                    "id": person.profile.id,
                    "displayName": null,
                    "userPrincipalName": person.profile.user_principal_name,
                    "ipAddress": "203.0.113.24",
                },
            }),
        };
        let operation = match activity.split(' ').find(|word| word.ends_with("ed")) {
            Some("deleted") => "Delete",
            Some("registered") => "Add",
            _ => "Update",
        };
        self.audits.push(json!({
            "id": format!("{}_{}", service.replace(' ', ""), entropy::guid()),
            "activityDateTime": now,
            "activityDisplayName": activity,
            "category": if kind == "Group" { "GroupManagement" } else { "UserManagement" },
            "correlationId": entropy::guid(),
            "loggedByService": service,
            "operationType": operation,
            "result": "success",
            "resultReason": reason,
            "initiatedBy": initiated_by,
            "targetResources": [{
                "id": id,
                "type": kind,
                "displayName": if kind == "Group" { Some(name) } else { None },
                "userPrincipalName": if kind == "User" { Some(name) } else { None },
                "groupType": null,
                "modifiedProperties": [],
            }],
            "additionalDetails": [],
        }));
    }

    /// What the methods service writes about a person's security info.
    pub fn security_info(
        &mut self,
        activity: &str,
        by: &Initiator,
        person: &Person,
        reason: &str,
        now: Timestamp,
    ) {
        self.audit(
            activity,
            "Authentication Methods",
            by,
            (
                person.profile.id,
                "User",
                &person.profile.user_principal_name,
            ),
            reason,
            now,
        );
    }
}
