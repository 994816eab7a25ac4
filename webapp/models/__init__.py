"""All tables; what belongs together is one module. Rows that a team owns carry `team_id` and are reached through `services.access`."""

from webapp.models.audiences import AlteredAudience, Audience
from webapp.models.audit import AuditEvent
from webapp.models.campaigns import Campaign, CampaignStatus, CampaignTag
from webapp.models.customers import Customer, Dataset, DepartedConsent, Import, ImportMode, ImportStatus, Layout, SavedMapping, Snapshot
from webapp.models.keys import new_id
from webapp.models.people import AnsweredRequest, ApiToken, Invitation, MemberRole, Membership, SignInAttempt, Team, User, UserSession
from webapp.models.schedules import Schedule, ScheduleKind, ScheduleTick, TickOutcome
from webapp.models.segments import LineageCorrection, Segment, SegmentNote, VersionSegment
from webapp.models.versions import (
    AlteredVersion,
    Challenger,
    Champion,
    ModelVersion,
    Movement,
    Promotion,
    SegmentTrace,
    Sweep,
    VersionStatus,
)
from webapp.models.work import ACTIVE_JOB, Job, JobStatus, Worker

__all__ = [
    "ACTIVE_JOB",
    "AlteredAudience",
    "AlteredVersion",
    "AnsweredRequest",
    "ApiToken",
    "Audience",
    "AuditEvent",
    "Campaign",
    "CampaignStatus",
    "CampaignTag",
    "Challenger",
    "Champion",
    "Customer",
    "Dataset",
    "DepartedConsent",
    "Import",
    "ImportMode",
    "ImportStatus",
    "Invitation",
    "Job",
    "JobStatus",
    "Layout",
    "LineageCorrection",
    "MemberRole",
    "Membership",
    "ModelVersion",
    "Movement",
    "Promotion",
    "SavedMapping",
    "Schedule",
    "ScheduleKind",
    "ScheduleTick",
    "Segment",
    "SegmentNote",
    "SegmentTrace",
    "SignInAttempt",
    "Snapshot",
    "Sweep",
    "Team",
    "TickOutcome",
    "User",
    "UserSession",
    "VersionSegment",
    "VersionStatus",
    "Worker",
    "new_id",
]
