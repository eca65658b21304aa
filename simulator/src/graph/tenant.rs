//! The tenant itself: organization, licences, Conditional Access (FACTS §12, §16, §19).

use serde_json::{Value, json};

use super::{Backend, Context, GraphError, Outcome, error::collection, query::Listing};

pub fn route(context: &mut Context<'_>, path: &[&str]) -> Outcome {
    match path {
        ["organization"] => organization(context),
        ["subscribedSkus"] => subscribed_skus(context),
        ["identity", "conditionalAccess", "policies"] => conditional_access_policies(context),
        [
            "identity",
            "conditionalAccess",
            "authenticationContextClassReferences",
        ] => authentication_contexts(context),
        _ => Err(GraphError::no_such_segment(
            path.last().copied().unwrap_or_default(),
        )),
    }
}

fn organization(context: &mut Context<'_>) -> Outcome {
    context.require(
        Backend::Directory,
        &["Organization.Read.All", "Directory.Read.All"],
    )?;
    let settings = &context.world.settings;
    let organization = json!({
        "id": settings.tenant_id,
        "displayName": settings.organization,
        "tenantType": "AAD",
        "onPremisesSyncEnabled": true,
        "countryLetterCode": "NO",
        "preferredLanguage": "en",
        "technicalNotificationMails": [format!("it@{}", settings.domain)],
        "verifiedDomains": [{
            "capabilities": "Email, OfficeCommunicationsOnline",
            "isDefault": true,
            "isInitial": true,
            "name": settings.domain,
            "type": "Managed",
        }],
    });
    context.list(
        vec![organization],
        &Listing {
            context: "organization".to_owned(),
            default_properties: &[],
            default_page: 100,
            max_page: 999,
            is_directory: true,
        },
    )
}

fn subscribed_skus(context: &mut Context<'_>) -> Outcome {
    context.require(
        Backend::Directory,
        &[
            "LicenseAssignment.Read.All",
            "Organization.Read.All",
            "Directory.Read.All",
        ],
    )?;
    let plan = |id: &str, name: &str| json!({"servicePlanId": id, "servicePlanName": name, "provisioningStatus": "Success", "appliesTo": "User"});
    let skus: Vec<Value> = if context.world.settings.premium {
        vec![json!({
            "id": format!("{}_84a661c4-e949-4bd2-a560-ed7766fcaf2b", context.world.settings.tenant_id),
            "skuId": "84a661c4-e949-4bd2-a560-ed7766fcaf2b",
            "skuPartNumber": "AAD_PREMIUM_P2",
            "capabilityStatus": "Enabled",
            "appliesTo": "User",
            "consumedUnits": 40,
            "prepaidUnits": {"enabled": 50, "suspended": 0, "warning": 0, "lockedOut": 0},
            "servicePlans": [
                plan("41781fb2-bc02-4b7c-bd55-b576c07bb09d", "AAD_PREMIUM"),
                plan("eec0eb4f-6444-4f95-aba0-50c24d67f998", "AAD_PREMIUM_P2"),
            ],
        })]
    } else {
        Vec::new()
    };
    Ok(collection(&context.metadata("subscribedSkus"), &skus))
}

fn conditional_access_policies(context: &mut Context<'_>) -> Outcome {
    context.require(
        Backend::Reports,
        &["Policy.Read.All", "Policy.Read.ConditionalAccess"],
    )?;
    let excluded = context
        .world
        .groups
        .iter()
        .find(|group| group.display_name == "MFA exclusions")
        .map(|group| group.id);
    let policy = json!({
        "id": "0d3a1f5e-7b52-4b1e-8f0c-3c6f2a9e1d44",
        "displayName": "Require MFA to register security information",
        "createdDateTime": "2024-03-01T09:00:00Z",
        "modifiedDateTime": null,
        "state": "enabled",
        "conditions": {
            "clientAppTypes": ["all"],
            "applications": {
                "includeApplications": [],
                "excludeApplications": [],
                "includeUserActions": ["urn:user:registersecurityinfo"],
            },
            "users": {
                "includeUsers": ["All"], "excludeUsers": [], "includeGroups": [],
                "excludeGroups": excluded.into_iter().collect::<Vec<_>>(), "includeRoles": [], "excludeRoles": [],
            },
        },
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"], "customAuthenticationFactors": [], "termsOfUse": []},
        "sessionControls": null,
    });
    Ok(collection(
        &context.metadata("identity/conditionalAccess/policies"),
        &[policy],
    ))
}

fn authentication_contexts(context: &mut Context<'_>) -> Outcome {
    context.require(
        Backend::Reports,
        &["AuthenticationContext.Read.All", "Policy.Read.All"],
    )?;
    Ok(collection(
        &context.metadata("identity/conditionalAccess/authenticationContextClassReferences"),
        &[
            json!({"id": "c1", "displayName": "Approve recoveries", "description": "MFA now", "isAvailable": true}),
        ],
    ))
}
