"""How long, and how much of it, is kept beside the log: attempts, dead letters, series."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

_LEAST_ATTEMPTS_DAYS = 8


class Ages(BaseModel):
    """Settings of the ledger's sweep; each field's description is its documentation."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    retention_days: float = Field(
        default=7,
        gt=0,
        description="How long the log keeps events, in days since they were appended.",
    )
    attempts_days: float | None = Field(
        default=None,
        gt=0,
        description=(
            "How long attempts and their samples are kept, in days; else a day longer than the"
            " log keeps events, and 8 days at least."
        ),
    )
    dead_letter_days: float = Field(
        default=30,
        gt=0,
        description=(
            "How long dead letters are kept, in days; their events are then counted as discarded"
            " by `letter_expired`."
        ),
    )
    dead_letter_bytes: int = Field(
        default=1 << 30,
        ge=0,
        description=(
            "How many bytes of dead letters each deliver process keeps; the oldest go first, and"
            " their events are counted as discarded by `over_quota`; 0 for no limit."
        ),
    )
    series_minutes_hours: float = Field(
        default=48,
        ge=1,
        description="How long the delivery overview knows single minutes, in hours.",
    )
    series_hours_days: float = Field(
        default=30,
        ge=1,
        description="How long the delivery overview knows single hours, in days.",
    )
    series_days: float = Field(
        default=400,
        ge=1,
        description="How long the delivery overview knows anything, in days.",
    )
    command_days: float = Field(
        default=90,
        gt=0,
        description=(
            "How long results of commands (pause, resume, redrive, replay) are kept, in days."
        ),
    )

    @property
    def attempts_kept_days(self) -> float:
        """Attempts outlive the events that they are about, if nothing else is said."""
        if self.attempts_days is not None:
            return self.attempts_days
        return max(_LEAST_ATTEMPTS_DAYS, self.retention_days + 1)
