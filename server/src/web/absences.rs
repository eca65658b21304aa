//! When somebody is away, as they say themselves.

use app::view::{AbsenceForm, AbsenceRow, AbsenceView, Page, Place, Problem, ProblemPage};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use domain::Identifier;
use jiff::{civil::Date, tz::TimeZone};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Web,
    answer::{Answer, Failure},
    visit::{Form, Visit},
};
use crate::{
    auth::employee::Employee,
    recovery::{NotPlanned, Plan, ServiceError, last_moment},
    store::OwnAbsence,
    words,
};

/// The longest answer that is shown again.
const LONGEST: usize = Identifier::MAX_LENGTH;

/// The form of [`plan`].
#[derive(Deserialize)]
pub struct PlanForm {
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    delegate: String,
}

/// What there is, and the form for more.
pub async fn page(State(web): State<Web>, visit: Visit) -> Answer {
    let employee = visit.deciding_employee(&web, Place::Absence).await?;
    show(&web, &employee, AbsenceForm::default(), None).await
}

async fn show(
    web: &Web,
    employee: &Employee,
    form: AbsenceForm,
    problem: Option<Problem>,
) -> Answer {
    let absences = web.recovery.absences(&employee.id).await?;
    let zone = web.recovery.office_zone();
    let own = absences.own.iter().map(|absence| {
        let delegate = absence.delegate.as_ref();
        row(absence, delegate.map(|delegate| &delegate.name), &zone)
    });
    let covered = absences
        .covered
        .iter()
        .map(|absence| row(absence, Some(&absence.person.name), &zone));
    let view = AbsenceView {
        own: own.collect(),
        covered: covered.collect(),
        zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        form,
        problem,
    };
    let status = match problem {
        None => StatusCode::OK,
        Some(Problem::DirectoryUnavailable) => StatusCode::SERVICE_UNAVAILABLE,
        Some(Problem::NamedTooMany) => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Ok(web.employee_page(status, Page::Absence(view), employee))
}

fn row(absence: &OwnAbsence, other: Option<&String>, zone: &TimeZone) -> AbsenceRow {
    AbsenceRow {
        id: absence.id.to_string(),
        first_day: words::day(absence.from, zone),
        last_day: words::day(last_moment(absence), zone),
        other: other.cloned(),
    }
}

/// Keeps one more.
pub async fn plan(State(web): State<Web>, visit: Visit, Form(form): Form<PlanForm>) -> Answer {
    let employee = visit.deciding_employee(&web, Place::Absence).await?;
    let kept = |text: &str| text.trim().chars().take(LONGEST).collect();
    let typed = AbsenceForm {
        from: kept(&form.from),
        until: kept(&form.until),
        delegate: kept(&form.delegate),
    };
    let plan = match read(&typed) {
        Ok(plan) => plan,
        Err(problem) => return show(&web, &employee, typed, Some(problem)).await,
    };
    let problem = match web.recovery.plan_absence(&employee.id, &plan).await {
        Ok(Ok(())) => return Ok(Redirect::to(Place::Absence.path()).into_response()),
        Ok(Err(reason)) => problem(reason),
        Err(ServiceError::Refused(refusal)) => return turn_away(&web, &employee, refusal).await,
        Err(ServiceError::Graph(error)) => {
            tracing::error!(%error, "a colleague could not be looked up");
            Problem::DirectoryUnavailable
        }
        Err(ServiceError::Limited { .. }) => Problem::NamedTooMany,
        Err(error) => return Err(error.into()),
    };
    show(&web, &employee, typed, Some(problem)).await
}

fn read(typed: &AbsenceForm) -> Result<Plan, Problem> {
    let day = |text: &str| Date::strptime("%Y-%m-%d", text).ok();
    Ok(Plan {
        first: day(&typed.from).ok_or(Problem::FirstDayMissing)?,
        last: day(&typed.until).ok_or(Problem::LastDayMissing)?,
        delegate: if typed.delegate.is_empty() {
            None
        } else {
            let name = Identifier::parse(&typed.delegate);
            Some(name.map_err(|_| Problem::DelegateUnknown)?)
        },
    })
}

const fn problem(reason: NotPlanned) -> Problem {
    match reason {
        NotPlanned::Backwards => Problem::LastDayBeforeFirst,
        NotPlanned::Over => Problem::LastDayOver,
        NotPlanned::TooLong => Problem::AbsenceTooLong,
        NotPlanned::Taken => Problem::AbsenceTaken,
        NotPlanned::OneselfStandsIn => Problem::DelegateIsOneself,
        NotPlanned::NobodyStandsIn => Problem::DelegateUnknown,
    }
}

/// Signs somebody out whom the directory does not list as an active employee any more.
async fn turn_away(web: &Web, employee: &Employee, refusal: domain::Refusal) -> Answer {
    tracing::warn!(person = %employee.id, %refusal, "an employee is signed out");
    web.recovery.sign_out_everywhere(&employee.id).await?;
    Err(Failure::from(ProblemPage::ApproverInactive))
}

/// The form of [`undo`].
#[derive(Deserialize)]
pub struct UndoForm {
    absence: Uuid,
}

/// Takes one back, or stands in no more.
pub async fn undo(State(web): State<Web>, visit: Visit, Form(form): Form<UndoForm>) -> Answer {
    let employee = visit.deciding_employee(&web, Place::Absence).await?;
    web.recovery
        .undo_absence(&employee.id, form.absence)
        .await?;
    Ok(Redirect::to(Place::Absence.path()).into_response())
}
