//! The words of every [`Problem`].

use crate::view::Problem;

/// What a problem says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// Something with one answer.
    Field {
        /// Id of the field.
        field: &'static str,
        /// What to do, in one sentence; the same at the top of the page and at the field.
        sentence: &'static str,
    },
    /// Something that no answer can mend.
    Notice {
        /// What happened.
        happened: &'static str,
        /// What has not happened.
        unharmed: &'static str,
        /// What to do next.
        next: &'static str,
    },
}

const UNCHANGED: &str = "Nothing has changed on your account.";

impl Words {
    /// The words of `problem`.
    #[expect(clippy::too_many_lines, reason = "a table with one entry per problem")]
    pub const fn of(problem: Problem) -> Self {
        match problem {
            Problem::ReasonMissing => field("reason", "Choose what happened"),
            Problem::IdentifierMissing => field("identifier", "Enter your work email address"),
            Problem::IdentifierTooLong => field(
                "identifier",
                "Your work email address must be 254 characters or shorter",
            ),
            Problem::IdentifierMalformed => field(
                "identifier",
                "Enter your work email address with an @, like name@example.com",
            ),
            Problem::CodeMissing => field("code", "Enter the code"),
            Problem::CodeMalformed => field(
                "code",
                "Check the number of digits: the code is longer or shorter than that",
            ),
            Problem::CodeWrong => field(
                "code",
                "That is not the code we sent last, or it has stopped working. Check it, or ask for another",
            ),
            Problem::SavedCodeMalformed => field(
                "saved_code",
                "Check the saved code: there is a typing mistake in it",
            ),
            Problem::CodesMissing => notice(
                "No code was entered.",
                UNCHANGED,
                "Enter the codes that you have.",
            ),
            Problem::TooFewProofs => notice(
                "That is not enough yet, so we have not looked at it.",
                UNCHANGED,
                "Enter all the codes that are asked for together. If you have only one, first use one of the other ways on this page.",
            ),
            Problem::ProofsWrong => notice(
                "What you have entered does not match, or has stopped working.",
                UNCHANGED,
                "Check every code and enter them again. To keep strangers out, we do not say which one is wrong.",
            ),
            Problem::TooEarly => notice(
                "We are not ready to look at that yet.",
                "We have not looked at it, and it does not count as a try.",
                "Wait a few seconds, then try again.",
            ),
            Problem::LookUpWaits => notice(
                "Microsoft is not answering at the moment, so we cannot send a code or look at one.",
                "Your request is kept, and nothing has changed on your account.",
                "Wait a few minutes, then try again. If it goes on, contact the people named at the bottom of this page.",
            ),
            Problem::CodeTriesUsedUp => notice(
                "The codes were entered wrongly too often and are not looked at any more.",
                UNCHANGED,
                "Ask for another code and enter that. If you cannot, start again.",
            ),
            Problem::NoMoreCodes => notice(
                "We cannot send any more codes for this request.",
                UNCHANGED,
                "If the last code does not arrive, contact the people named at the bottom of this page.",
            ),
            Problem::ContactCodeWrong => field(
                "code",
                "That is not the code they see now. It changes often: ask them to read it to you again",
            ),
            Problem::ContactCodeTriesUsedUp => notice(
                "The code was wrong three times, so the request has been declined.",
                "Nothing has changed on the account.",
                "The security team has been told. You do not need to do anything else.",
            ),
            Problem::AttestationMissing => field(
                "attested",
                "Confirm that you spoke with the person, or decline the request",
            ),
            Problem::ReferenceMissing => {
                field("reference", "Enter the reference that your page shows")
            }
            Problem::ReferenceUnknown => field(
                "reference",
                "Check the reference: no request of yours that waits for a code has this one",
            ),
            Problem::ReferenceCodeExpired => field(
                "reference",
                "That code is too old: press “Send another code” on the page where you asked, then enter the reference here again",
            ),
            Problem::SignInRefused => field("name", "Check your name and your password"),
            Problem::NoApprover => notice(
                "We found nobody who may approve this request.",
                UNCHANGED,
                "Contact the people named at the bottom of this page: they can name somebody.",
            ),
            Problem::NotEligible => notice(
                "This account cannot be recovered here.",
                UNCHANGED,
                "Contact the people named at the bottom of this page and give them your reference.",
            ),
            Problem::Frozen => notice(
                "Somebody said that an earlier request for this account was not made by its owner.",
                "Nothing has changed on your account. Recovery is locked for a day to protect it.",
                "If you are the owner, contact the people named at the bottom of this page now.",
            ),
            Problem::ApproverBusy => notice(
                "Too many requests are waiting for your approver already.",
                UNCHANGED,
                "Tell your approver, or wait until they have answered some. Then send your request again.",
            ),
            Problem::AlreadyOpen => notice(
                "There is already a request for this account.",
                UNCHANGED,
                "Go back to the browser in which you asked. If you did not ask, contact the people named at the bottom of this page.",
            ),
            Problem::PassPolicy => notice(
                "Your organisation's settings do not let us give you a pass to sign in with.",
                UNCHANGED,
                "Contact the people named at the bottom of this page and give them your reference.",
            ),
            Problem::CodesNotMade => notice(
                "We could not make codes at this moment.",
                "Codes that you had before still work.",
                "Wait a minute, then try again.",
            ),
            Problem::CodesPaused => notice(
                "The people who run this service have paused account recovery, so no codes are made.",
                "Codes that you had before are kept, and work once it goes on.",
                "Try again later. If it is urgent, contact the people named at the bottom of this page.",
            ),
            Problem::CodesFrozen => notice(
                "No codes are made for your account at the moment, because somebody reported a request or codes for it.",
                UNCHANGED,
                "If that was not you, contact the people named at the bottom of this page now.",
            ),
            Problem::CodesTooOften => notice(
                "You have made codes many times within the hour, so we made no others.",
                "The codes that you made last still work.",
                "Wait an hour, then try again.",
            ),
            Problem::CodesMadeAlready => notice(
                "Your codes had been made already, so we made no others.",
                "Codes are shown once and cannot be shown again.",
                "If you have not saved them, replace them.",
            ),
            Problem::ReadinessUnknown => notice(
                "We cannot tell, because Microsoft is not answering at the moment.",
                UNCHANGED,
                "Wait a minute, then check again.",
            ),
            Problem::FirstDayMissing => field("from", "Enter the first day that you are away"),
            Problem::LastDayMissing => field("until", "Enter the last day that you are away"),
            Problem::LastDayBeforeFirst => {
                field("until", "The last day must not be before the first")
            }
            Problem::LastDayOver => field("until", "Enter a last day that is not over yet"),
            Problem::AbsenceTooLong => field("until", "Enter a last day within a year"),
            Problem::AbsenceTaken => field(
                "from",
                "You have told us of such a time already, or of very many: remove one first",
            ),
            Problem::DelegateUnknown => field(
                "delegate",
                "We found no active colleague with that work email address who can stand in for you",
            ),
            Problem::DeclineReasonMissing => field("why", "Choose why you decline"),
            Problem::ColleagueMissing => field(
                "colleague",
                "Choose somebody, or enter the work email address of a colleague",
            ),
            Problem::NextMissing => field(
                "to",
                "Choose somebody, or enter the work email address of a colleague",
            ),
            Problem::ColleagueUnknown => field(
                "colleague",
                "We found no active colleague with that work email address",
            ),
            Problem::ColleagueRefused => field(
                "colleague",
                "They may not decide about this person: name somebody else",
            ),
            Problem::NextRefused => field(
                "to",
                "They may not decide about this person: name somebody else",
            ),
            Problem::NextAsked => field("to", "They were asked already: name somebody else"),
            Problem::ColleagueAsked => {
                field("colleague", "They were asked already: name somebody else")
            }
            Problem::HandedOnTooOften => notice(
                "The request was handed on several times, so nobody else can be named.",
                "It still waits for you.",
                "Decide yourself, or contact the people named at the bottom of this page.",
            ),
            Problem::MayNotApprove => notice(
                "You may not approve this request any more, for instance because you are not the person’s manager now.",
                "Nothing has changed, and the request still waits.",
                "Decline the request, or contact the people named at the bottom of this page.",
            ),
            Problem::ApproverRecoveredLately => notice(
                "Your own account was recovered within the last seven days, so you cannot approve for others yet, nor name who does.",
                "Nothing has changed, and the request still waits.",
                "Decline the request, or contact the people named at the bottom of this page.",
            ),
            Problem::ApproverOwesSubject => notice(
                "This person approved a recovery of yours within the last 30 days, so you can neither approve for them nor name who does.",
                "Nothing has changed, and the request still waits.",
                "Decline the request, or contact the people named at the bottom of this page.",
            ),
            Problem::ApproverAtDailyCap => notice(
                "You have approved as many requests within a day as one person may.",
                "Your approval was not taken, and the request still waits.",
                "Name somebody else below, or contact the people named at the bottom of this page.",
            ),
            Problem::SubjectNotEligible => notice(
                "This account cannot be recovered here at the moment, so the approval was not taken.",
                "The request still waits.",
                "Contact the people named at the bottom of this page: something about the account has changed since the request was made.",
            ),
            Problem::ReopenOccupied => notice(
                "The person has asked anew in the meantime, so this case was not taken up.",
                "Their new request goes on by itself.",
                "Whoever decides about it has been asked.",
            ),
            Problem::ReopenBusy => notice(
                "As many requests as may wait for one person wait for somebody who would be asked, so this case was not taken up.",
                "It can still be taken up.",
                "Try again once some of those requests are answered.",
            ),
            Problem::ReopenOver => notice(
                "This case cannot be taken up again: the time for it is over, it was taken up before, or the person has closed their request.",
                "Nobody was asked.",
                "If the person still needs help, they can ask again.",
            ),
            Problem::ReopenRefused => notice(
                "This case cannot be taken up again, because something about the account or about those who decide has changed.",
                "Nobody was asked.",
                "If the person still needs help, they can ask again. The people named at the bottom of this page can help, too.",
            ),
            Problem::NotYoursToReview => notice(
                "You were not asked about that request.",
                "Nothing has changed.",
                "What you were asked about stands on this page.",
            ),
            Problem::NamedTooMany => notice(
                "You have named many colleagues within the hour, so we did not look this one up.",
                "Nothing has changed.",
                "Wait a quarter of an hour, then try again.",
            ),
            Problem::DelegateIsOneself => field("delegate", "Name a colleague, not yourself"),
            Problem::DirectoryUnavailable => notice(
                "Microsoft is not answering at the moment.",
                "Your request and your answers are kept.",
                "Wait a minute, then try again.",
            ),
            Problem::Busy => notice(
                "Too many people are doing this at the same moment.",
                "Your request and your answers are kept.",
                "Wait a minute, then try again.",
            ),
            Problem::MovedOn => notice(
                "The request changed while this page was open, so your last step was not taken.",
                "Nothing is lost.",
                "This page now shows where the request stands.",
            ),
            Problem::ReplaceOver => notice(
                "You cannot get another pass any more.",
                "The pass you have seen works until its time is over.",
                "If you cannot use it, contact the people named at the bottom of this page.",
            ),
            Problem::PassUsed => notice(
                "Your pass has been used to sign in already.",
                "A pass that was used is not replaced.",
                "If that was not you, contact the people named at the bottom of this page at once.",
            ),
            Problem::PassNotListed => notice(
                "Microsoft does not show your pass at the moment.",
                "It is not replaced before we know that nobody has used it.",
                "Wait two minutes, then try again.",
            ),
            Problem::IssueFailed => notice(
                "We could not make your pass this time.",
                "Your request is kept and is still approved. You may have been signed out on your other devices.",
                "Wait a minute, then try again.",
            ),
        }
    }

    /// What stands at `field`, if the problem is about that.
    pub fn at(problem: Option<Problem>, field: &str) -> Option<&'static str> {
        match Self::of(problem?) {
            Self::Field {
                field: about,
                sentence,
            } if about == field => Some(sentence),
            Self::Field { .. } | Self::Notice { .. } => None,
        }
    }
}

const fn field(field: &'static str, sentence: &'static str) -> Words {
    Words::Field { field, sentence }
}

const fn notice(happened: &'static str, unharmed: &'static str, next: &'static str) -> Words {
    Words::Notice {
        happened,
        unharmed,
        next,
    }
}
