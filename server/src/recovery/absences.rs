//! Who is away, and who stands in.

use std::time::Duration;

use domain::{Identifier, Person, PersonId, Timestamp};
use jiff::{ToSpan, civil::Date, tz::TimeZone};
use uuid::Uuid;

use super::{Named, Recovery, ServiceError, saved_codes::is_enabled_member};
use crate::{
    audit::InstallationEvent,
    graph::Graph,
    jobs::{Job, Promise},
    mail::AbsenceNews,
    store::{HoldChange, Named as KeptName, OwnAbsence, StoreError},
    words,
};

/// Nobody is away for longer.
const LONGEST: Duration = Duration::from_hours(366 * 24);
/// Absences that somebody can plan.
const MOST: u32 = 20;
/// Absences of others that somebody sees at most.
const SHOWN: u32 = 100;

/// Somebody is away now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Away {
    /// Until when, if that is known.
    pub until: Option<Timestamp>,
    /// Who stands in, if anybody does. The rules have their say about them as about anybody.
    pub delegate: Option<PersonId>,
    /// When they said so themselves.
    pub planned_at: Option<Timestamp>,
}

/// What somebody says about an absence of theirs.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The first day.
    pub first: Date,
    /// The last day, which belongs to it.
    pub last: Date,
    /// Who stands in, if anybody does.
    pub delegate: Option<Identifier>,
}

/// Why an absence is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotPlanned {
    /// It ends before it begins.
    Backwards,
    /// It is over.
    Over,
    /// It is longer than a year.
    TooLong,
    /// There is one in that time already, or there are too many.
    Taken,
    /// The colleague is the person themselves.
    OneselfStandsIn,
    /// Nobody bears that name, or nobody who can stand in.
    NobodyStandsIn,
}

/// The absences that somebody has to do with, none of which is over.
#[derive(Clone, Debug)]
pub struct Absences {
    /// Their own.
    pub own: Vec<OwnAbsence>,
    /// Those of others, in which they stand in.
    pub covered: Vec<OwnAbsence>,
}

impl Recovery {
    /// Whether somebody is away now: by what they said themselves here, then by the configuration, then by their
    /// mailbox, where that is looked at.
    ///
    /// # Errors
    /// If the database fails, or the directory, which knows who stands in.
    pub async fn away(&self, person: &Person) -> Result<Option<Away>, ServiceError> {
        self.away_by(&self.graph, person).await
    }

    /// As [`Self::away`], where the directory is read by `graph`.
    pub(super) async fn away_by(
        &self,
        graph: &Graph,
        person: &Person,
    ) -> Result<Option<Away>, ServiceError> {
        let now = self.clock.now();
        if let Some(own) = self.store.absence_of(&person.id, now).await? {
            return Ok(Some(Away {
                until: Some(own.until),
                delegate: own.delegate.map(|delegate| delegate.id),
                planned_at: Some(own.planned_at),
            }));
        }
        let Some(absence) = self.settings.approval.absence_of(person, now) else {
            return Ok(self.out_of_office(graph, &person.id).await);
        };
        let delegate = match &absence.delegate {
            None => None,
            Some(Named::Id(id)) => Some(id.clone()),
            Some(Named::Account(account)) => {
                let found = graph.find_person(account.as_str()).await?;
                found.map(|found| found.id)
            }
        };
        Ok(Some(Away {
            until: Some(absence.until),
            delegate,
            planned_at: None,
        }))
    }

    /// Where the days of absences begin and end: at the usual office.
    pub fn office_zone(&self) -> TimeZone {
        let usual = &self.settings.approval.offices.usual;
        usual
            .as_ref()
            .map_or(TimeZone::UTC, |office| office.zone.clone())
    }

    /// The absences that somebody has to do with.
    pub async fn absences(&self, person: &PersonId) -> Result<Absences, ServiceError> {
        let now = self.clock.now();
        Ok(Absences {
            own: self.store.absences_of(person, now).await?,
            covered: self.store.absences_covered_by(person, now, SHOWN).await?,
        })
    }

    /// Keeps an absence of this person, and tells them and whoever stands in.
    ///
    /// # Errors
    /// [`ServiceError::Refused`] for whoever is no enabled member any more, whatever their session says;
    /// [`ServiceError::Limited`] for whoever names one colleague after the other; the inner one if it cannot be taken.
    pub async fn plan_absence(
        &self,
        id: &PersonId,
        plan: &Plan,
    ) -> Result<Result<(), NotPlanned>, ServiceError> {
        let now = self.clock.now();
        let zone = self.office_zone();
        let (Some(from), Some(until)) = (start(plan.first, &zone), end(plan.last, &zone)) else {
            return Ok(Err(NotPlanned::TooLong));
        };
        if until <= from {
            return Ok(Err(NotPlanned::Backwards));
        }
        if until <= now {
            return Ok(Err(NotPlanned::Over));
        }
        if until.since(now) > LONGEST || until.since(from) > LONGEST {
            return Ok(Err(NotPlanned::TooLong));
        }
        let person = self.colleague(id).await?;
        let delegate = match &plan.delegate {
            None => None,
            Some(name) => {
                self.limits.take_naming(id).await?;
                let found = self.graph.find_person(name.as_str()).await?;
                match found {
                    Some(found) if found.id == person.id => {
                        return Ok(Err(NotPlanned::OneselfStandsIn));
                    }
                    // Without a mailbox of theirs nobody could ask them.
                    Some(found) if is_enabled_member(&found).is_ok() && found.mail.is_some() => {
                        Some(found)
                    }
                    _ => return Ok(Err(NotPlanned::NobodyStandsIn)),
                }
            }
        };
        let absence = OwnAbsence {
            id: self.entropy.uuid(),
            person: kept(&person),
            from,
            until,
            planned_at: now,
            delegate: delegate.as_ref().map(kept),
        };
        let event = InstallationEvent::AbsencePlanned {
            person: person.id.clone(),
            from,
            until,
            delegate: delegate.as_ref().map(|delegate| delegate.id.clone()),
        };
        let mut mails = self.tell(&absence, AbsenceNews::Planned, &person, now);
        if let Some(delegate) = &delegate {
            mails.extend(self.tell(&absence, AbsenceNews::StandsIn, delegate, now));
        }
        let change = HoldChange {
            actor: &format!("employee:{id}"),
            at: now,
            event: &event,
            jobs: &mails,
        };
        match self.store.add_absence(&absence, MOST, change).await {
            Ok(()) => {
                self.work.notify_one();
                Ok(Ok(()))
            }
            Err(StoreError::Conflict) => Ok(Err(NotPlanned::Taken)),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes an absence back that this person has planned, or lets them stand in no more in somebody else's. Whoever else
    /// it is about is told. Nothing happens to one that they have nothing to do with.
    pub async fn undo_absence(&self, id: &PersonId, absence: Uuid) -> Result<(), ServiceError> {
        let now = self.clock.now();
        let Absences { own, covered } = self.absences(id).await?;
        let find = |among: Vec<OwnAbsence>| among.into_iter().find(|known| known.id == absence);
        let actor = format!("employee:{id}");
        let undone = if let Some(absence) = find(own) {
            let event = InstallationEvent::AbsenceRemoved { person: id.clone() };
            let jobs = match &absence.delegate {
                Some(delegate) => {
                    self.tell_if_there(&absence, AbsenceNews::Removed, &delegate.id, now)
                        .await?
                }
                None => Vec::new(),
            };
            let change = HoldChange {
                actor: &actor,
                at: now,
                event: &event,
                jobs: &jobs,
            };
            self.store.remove_absence(&absence, change).await?
        } else if let Some(absence) = find(covered) {
            let event = InstallationEvent::DelegateStepsBack {
                person: absence.person.id.clone(),
                delegate: id.clone(),
            };
            let jobs = self
                .tell_if_there(
                    &absence,
                    AbsenceNews::NobodyStandsIn,
                    &absence.person.id,
                    now,
                )
                .await?;
            let change = HoldChange {
                actor: &actor,
                at: now,
                event: &event,
                jobs: &jobs,
            };
            self.store.remove_delegate(absence.id, id, change).await?
        } else {
            false
        };
        if undone {
            self.work.notify_one();
        }
        Ok(())
    }

    /// Somebody who is signed in, as the directory has them now.
    ///
    /// # Errors
    /// [`ServiceError::Refused`] unless they are an enabled member.
    async fn colleague(&self, id: &PersonId) -> Result<Person, ServiceError> {
        let person = self.graph.person(id).await?;
        let person = person.ok_or(domain::Refusal::SubjectIsGone)?;
        is_enabled_member(&person)?;
        Ok(person)
    }

    /// The mail to somebody who may have left the directory since.
    async fn tell_if_there(
        &self,
        absence: &OwnAbsence,
        news: AbsenceNews,
        to: &PersonId,
        now: Timestamp,
    ) -> Result<Vec<Promise>, ServiceError> {
        let person = self.graph.person(to).await?;
        Ok(person.map_or_else(Vec::new, |person| self.tell(absence, news, &person, now)))
    }

    /// The mail to somebody about an absence, if they have an address.
    fn tell(
        &self,
        absence: &OwnAbsence,
        news: AbsenceNews,
        to: &Person,
        now: Timestamp,
    ) -> Vec<Promise> {
        let zone = self.office_zone();
        let job = |address: &String| Job::TellOfAbsence {
            news,
            name: words::first_name(to).to_owned(),
            person: absence.person.name.clone(),
            delegate: absence
                .delegate
                .as_ref()
                .map(|delegate| delegate.name.clone()),
            first_day: words::day(absence.from, &zone),
            last_day: words::day(last_moment(absence), &zone),
            address: address.clone(),
        };
        let address = to.mail.as_ref();
        address
            .map(job)
            .map(|job| self.promise_now(job, now))
            .into_iter()
            .collect()
    }
}

/// A moment on the last day of an absence.
pub fn last_moment(absence: &OwnAbsence) -> Timestamp {
    absence.until - Duration::from_millis(1)
}

fn kept(person: &Person) -> KeptName {
    KeptName {
        id: person.id.clone(),
        name: person.display_name.clone(),
    }
}

/// When a day begins; none outside the calendar.
fn start(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    let start = day.to_zoned(zone.clone()).ok()?;
    Some(Timestamp::from_millis(start.timestamp().as_millisecond()))
}

/// When a day is over.
fn end(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    start(day.checked_add(1.day()).ok()?, zone)
}
