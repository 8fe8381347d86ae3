"""The numbers of the rules that decide what gets on a list. Lists keep them in versioned rows; these are defaults.

Names of sections are those of the design: trigger, holds, jury by lot, lanes, protected lane, publishing, expiry,
breaker, standing. Shares are in [0, 1], `_days` are days of 24 hours.
"""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1, le=10_000)]
Days = Annotated[int, Field(ge=1, le=3650)]


class Rules(BaseModel):
    """All numbers of one list. Raises ValidationError for what would switch a protection off."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # Trigger: independent clusters that must report an account before anybody looks.
    trigger_clusters: Annotated[int, Field(ge=2, le=100)] = 2
    cluster_shared: Count = 3  # same account on the same day, so often
    cluster_share: Share = 0.35  # and for this share of the shorter history
    cluster_ratio: Annotated[float, Field(ge=1)] = 3.0  # of the longer history to the shorter, at most
    branch_matures: Count = 20  # confirmed items after which a person no longer counts as their inviter's branch

    # Holds: nothing is published meanwhile; removals go on.
    burst_hour: Count = 5
    burst_day: Count = 10
    burst_days: Days = 3
    burst_longest_days: Days = 14  # a flood cannot hold a case for ever
    young_days: Days = 30
    young_share: Annotated[float, Field(ge=0.1, le=0.9)] = 0.5
    young_reports: Count = 4  # fewer say nothing about a share
    young_hold_days: Days = 14
    one_post_reports: Count = 3
    one_post_days: Days = 7

    # Jury by lot.
    jury_size: Annotated[int, Field(ge=3, le=25)] = 5
    jury_extra: Annotated[int, Field(ge=0, le=25)] = 4
    jury_days: Days = 3
    jury_least: Annotated[int, Field(ge=3, le=25)] = 3  # answers without which a jury has not spoken
    juror_week: Count = 12
    fallback_days: Days = 7  # without enough jurors for so long, three curators decide

    # Lanes, by the share of the jury that would list.
    clear_share: Share = 0.85
    approve_share: Annotated[float, Field(ge=0.5, le=1)] = 0.70
    contested_share: Annotated[float, Field(ge=0.2, le=1)] = 0.40
    protected_share: Annotated[float, Field(ge=0.5, le=1)] = 0.75
    stratum_floor: Annotated[float, Field(ge=0.25, le=1)] = 0.5
    stratum_least: Count = 2  # fewer votes say nothing about a stratum
    disclosure_votes: Count = 3  # jurors who say that the cited post is a disclosure
    curators: Annotated[int, Field(ge=3, le=9)] = 3
    look_days: Days = 3  # a curator who has not answered by then is replaced
    notice_days: Days = 7
    reopen_reports: Count = 3
    reopen_times: Annotated[int, Field(ge=0, le=5)] = 1

    # Expiry.
    flag_days: Days = 180
    hide_days: Days = 365
    review_share: Share = 0.75
    evidence_days: Days = 180  # a report's weight as a trigger ends; half-life of the design, as a limit

    # Appeals.
    appeal_target_days: Days = 3
    appeal_days: Days = 7
    appeal_again_days: Days = 30
    appeals_open: Count = 40

    # Breaker.
    breaker_window: Count = 100
    breaker_least: Count = 20
    breaker_overturned: Annotated[float, Field(gt=0, le=0.25)] = 0.05
    breaker_growth: Annotated[float, Field(gt=1)] = 3.0
    breaker_floor: Count = 10  # additions a day that a young list may always make
    unattended_days: Days = 30  # without a curator for so long, additions stop

    # Standing: Beta reputation (Jøsang and Ismail 2002) from decisions of curators and hidden gold items only.
    prior: Annotated[float, Field(gt=0)] = 2.0
    overturn_weight: Annotated[float, Field(ge=1)] = 3.0
    juror_agrees: Share = 0.5
    juror_wrong_list: Share = 0.5
    juror_wrong_keep: Share = 1 / 6
    jury_only: Share = 0.5
    standing_quantile: Annotated[float, Field(gt=0, lt=0.5)] = 0.10
    qualified_days: Days = 14
    qualified_items: Count = 8
    qualified_score: Annotated[float, Field(ge=0.5, lt=1)] = 0.6
    gold_items: Count = 10

    # What one person may send.
    reports_day: Count = 50
    removals_day: Count = 2  # that one curator may make alone
    removals_month: Count = 10
    invitations_month: Count = 5
    import_day: Count = 200

    @model_validator(mode="after")
    def lanes_in_order(self) -> Self:
        if not self.contested_share < self.approve_share <= self.clear_share:
            raise ValueError("the lanes must be in order: contested_share < approve_share <= clear_share")
        if self.protected_share < self.approve_share:
            raise ValueError("protected_share may not be below approve_share")
        return self
