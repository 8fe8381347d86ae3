"""/v1/curator, /v1/admin/lists, /v1/admin/contributors and /v1/audit: what members do with lists.

What they do is here as plain functions too, since the pages do the same.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from slowapi import Limiter

from panah.accounts.audit import lock_accounts
from panah.accounts.dependencies import NotAllowed, SignedIn, needs, turn_of
from panah.accounts.members import roles_of
from panah.accounts.permissions import Permission, permissions_of
from panah.accounts.tables import Member
from panah.blocklists import contributors, events, lists, looks, protection, schemas, views
from panah.blocklists.events import ChainBroken
from panah.blocklists.lists import find_list, seats_of
from panah.blocklists.policy import Rules
from panah.blocklists.routes import LIMITED, LISTED, Slug, SmallBody, was_answered
from panah.blocklists.tables import Blocklist, ListPolicy, Look, Participant
from panah.blocklists.turn import Turn
from panah.errors import AppError
from panah.operations.switches import check_writable
from panah.scoring.routes import problems

Seeing = Annotated[SignedIn, Depends(needs(Permission.LIST_SEE))]
Curating = Annotated[SignedIn, Depends(needs(Permission.ENTRY_DECIDE))]
Confirming = Annotated[SignedIn, Depends(needs(Permission.PROTECTION_SEE))]
Inviting = Annotated[SignedIn, Depends(needs(Permission.LIST_INVITE))]
Creating = Annotated[SignedIn, Depends(needs(Permission.LIST_CREATE))]
Setting = Annotated[SignedIn, Depends(needs(Permission.LIST_SETTINGS))]
Seating = Annotated[SignedIn, Depends(needs(Permission.LIST_SEAT))]
Stopping = Annotated[SignedIn, Depends(needs(Permission.LIST_STOP))]
Ruling = Annotated[SignedIn, Depends(needs(Permission.POLICY_SET))]
Suspending = Annotated[SignedIn, Depends(needs(Permission.CONTRIBUTOR_SUSPEND))]
Auditing = Annotated[SignedIn, Depends(needs(Permission.AUDIT_READ))]

Tag = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="A contributor, as this list knows them.")]
PolicyId = Annotated[int, Path(ge=1, lt=2**31)]
After = Annotated[int, Query(ge=0, lt=2**31, description="The last event that is known already.")]

MEMBERS = LIMITED | problems(s401="Not signed in.", s403="Not allowed, or without X-CSRF-Token.")
MEMBERS_LISTED = MEMBERS | LISTED
STOPPED = "admin"  # why additions stop; the service has words of its own for what it does by itself


class CannotCurate(AppError):
    status = 409
    code = "cannot-curate"


class ContributorNotFound(AppError):
    status = 404
    code = "contributor-not-found"


# What the pages do as well


def answer_look(turn: Turn, who: SignedIn, look_id: UUID, body: schemas.LookIn) -> None:
    """Answers one's look; the same answer again changes nothing. Raises as looks.answer_look does, and ReadOnly."""
    look = views.find_look(turn.session, who.member_id, look_id)
    check_stage(who, look, body.vote)
    looks.check_goes_on(turn, who.member_id, look_id, body.vote)
    try:
        looks.answer_look(turn, who.member_id, look_id, body.vote, body.reason_code or "", body.note)
    except looks.LookClosed:
        if not was_answered(look, vote=body.vote, reason_code=body.reason_code or "", note=body.note):
            raise


def check_stage(who: SignedIn, look: Look, vote: str) -> None:
    """Raises NotAllowed for a vote that one's roles do not allow at that stage. Everybody may recuse themselves."""
    allowed = who.may(Permission.ENTRY_DECIDE)
    if views.stage_of(look) == "appeal":
        allowed = allowed or who.may(Permission.APPEAL_DECIDE)
    if vote != "recuse" and not allowed:
        raise NotAllowed("Your roles do not allow deciding here. Recuse yourself, so that others are asked.")


def seat_member(turn: Turn, blocklist: Blocklist, member_id: UUID) -> None:
    """Gives a curator, or a reviewer of appeals, a seat. Raises CannotCurate for who may not decide."""
    lock_accounts(turn)  # or who is suspended between the look and the seat keeps it
    member = turn.session.get(Member, member_id, populate_existing=True)
    roles = roles_of(turn.session, member_id)
    held = permissions_of(roles)
    if member is None or member.state != "active" or not held & {Permission.ENTRY_DECIDE, Permission.APPEAL_DECIDE}:
        raise CannotCurate("Only active curators and reviewers can have a seat. Give them the role first.")
    lists.seat(turn, blocklist, member_id, appeals_only=Permission.ENTRY_DECIDE not in held)


def propose(
    turn: Turn, blocklist: Blocklist, who: SignedIn, body: schemas.PolicyIn, *, based_on: int | None = None
) -> schemas.PolicyOut:
    """Proposes the newest approved rules with some numbers changed; `based_on` is the policy that was looked at.
    Raises RequestValidationError as Rules does, and PolicyOutdated.
    """
    in_force = lists.rules_of(turn.session, blocklist, turn.now).model_dump()
    base = lists.newest_approved(turn.session, blocklist)
    try:
        rules = Rules(**(base.numbers | dict(body.rules)))
    except ValidationError as cause:
        found = cause.errors(include_url=False, include_input=False, include_context=False)
        raise RequestValidationError([{**one, "loc": ("body", "rules", *one["loc"])} for one in found]) from None
    seen = base.id if based_on is None else based_on
    row = lists.propose_policy(turn, blocklist, author=who.member_id, rules=rules, note=body.note, based_on=seen)
    return views.policy_out(row, in_force)


def suspend(turn: Turn, blocklist: Blocklist, tag: str, *, suspended: bool) -> None:
    """Raises ContributorNotFound, and ReadOnly for letting somebody back in while the server is."""
    if not suspended:
        check_writable(turn.session)
    if turn.session.get(Participant, (blocklist.id, tag)) is None:
        raise ContributorNotFound("This list knows nobody by that tag. Tags change every year.")
    contributors.suspend_on(turn, blocklist, tag, suspended=suspended)


def verified(turn: Turn, blocklist: Blocklist) -> schemas.ChainOut:
    """Whether the list's history is as it was written."""
    try:
        count = events.verify(turn.session, blocklist)
    except ChainBroken as broken:
        return schemas.ChainOut(intact=False, events=blocklist.head_seq, broken_at=broken.seq)
    return schemas.ChainOut(intact=True, events=count, broken_at=None)


def check_seat(turn: Turn, blocklist: Blocklist, who: SignedIn) -> None:
    """Raises NotAllowed for who neither curates this list nor says who does."""
    if who.member_id not in seats_of(turn.session, blocklist) and not who.may(Permission.LIST_SEAT):
        raise NotAllowed("You do not curate this list.")


# Routes


def make_router(limiter: Limiter, *, read_limit: str = "240/minute", write_limit: str = "60/minute") -> APIRouter:
    """The routes, limited per client. Needs the members' tables and what panah.accounts needs."""
    router = APIRouter(prefix="/v1")
    router.include_router(make_curator_router(limiter, read_limit, write_limit))
    router.include_router(make_admin_router(limiter, read_limit, write_limit))
    router.include_router(make_audit_router(limiter, read_limit))
    return router


def make_curator_router(limiter: Limiter, read_limit: str, write_limit: str) -> APIRouter:
    router = APIRouter(prefix="/curator", tags=["curators"], route_class=SmallBody)

    @router.get("/looks", responses=MEMBERS, summary="My open cases")
    @limiter.limit(read_limit)
    def my_looks(request: Request, who: Seeing) -> schemas.LooksOut:
        """Drawn by lot, on all lists, the most urgent first."""
        with turn_of(request) as turn:
            return schemas.LooksOut(looks=views.look_list(turn.session, who.member_id))

    @router.get(
        "/looks/{look_id}",
        responses=MEMBERS | problems(s404="No such case of yours.", s409="It went to others."),
        summary="A case",
    )
    @limiter.limit(read_limit)
    def show_case(request: Request, look_id: UUID, who: Seeing) -> schemas.CaseOut:
        """What there is to judge by. How a jury and others voted is told after one's own vote."""
        with turn_of(request) as turn:
            return views.case_of(turn, who.member_id, look_id)

    @router.post(
        "/looks/{look_id}",
        status_code=204,
        responses=MEMBERS | problems(s404="No such case of yours.", s409="Answered or decided already."),
        summary="Decide a case",
    )
    @limiter.limit(write_limit)
    def decide(request: Request, look_id: UUID, body: schemas.LookIn, who: Seeing) -> None:
        """One vote of three. The same answer again changes nothing."""
        with turn_of(request) as turn:
            answer_look(turn, who, look_id, body)

    @router.post(
        "/lists/{slug}/removals",
        status_code=204,
        responses=MEMBERS_LISTED | problems(s409="One curator removes so many a day at most."),
        summary="Take an account off",
    )
    @limiter.limit(write_limit)
    def remove(request: Request, slug: Slug, body: schemas.RemovalIn, who: Curating) -> None:
        """At once, and by one curator alone: what hides people is undone faster than it is done."""
        with turn_of(request) as turn:
            blocklist = find_list(turn.session, slug)
            looks.remove_entry(turn, blocklist, who.member_id, body.subject, body.reason_code)

    @router.post("/lists/{slug}/invitations", status_code=201, responses=MEMBERS_LISTED, summary="Invite somebody")
    @limiter.limit(write_limit)
    def invite_to_list(request: Request, slug: Slug, who: Inviting) -> schemas.InvitationOut:
        """A code for one contributor."""
        with turn_of(request) as turn:
            blocklist = find_list(turn.session, slug)
            check_seat(turn, blocklist, who)
            code, expires_on = contributors.invite(turn, blocklist, None)
        return schemas.InvitationOut(code=code, expires_on=expires_on)

    @router.post(
        "/protection",
        responses=MEMBERS | problems(s404="Nobody waits with that code.", s422="Not an account."),
        summary="I saw the code there",
    )
    @limiter.limit(write_limit)
    def seen(request: Request, body: schemas.SeenIn, who: Confirming) -> schemas.SeenOut:
        """With the code as the profile shows it. The second member who says so makes the protection active."""
        with turn_of(request) as turn:
            row = protection.see_protection(turn, who.member_id, body.subject, body.code)
            return schemas.SeenOut.model_validate({"status": row.status})

    return router


def make_admin_router(limiter: Limiter, read_limit: str, write_limit: str) -> APIRouter:
    router = APIRouter(prefix="/admin", tags=["admins"], route_class=SmallBody)

    @router.post(
        "/lists",
        status_code=201,
        responses=MEMBERS | problems(s409="There is a list at this address already."),
        summary="Make a list",
    )
    @limiter.limit(write_limit)
    def create(request: Request, body: schemas.ListIn, who: Creating) -> schemas.ManagedOut:
        """With the rules that every list begins with, and no curators yet."""
        with turn_of(request) as turn:
            return views.managed_out(turn, lists.create_list(turn, **body.model_dump()))

    @router.get("/lists/{slug}", responses=MEMBERS_LISTED, summary="A list with its rules and curators")
    @limiter.limit(read_limit)
    def managed(request: Request, slug: Slug, who: Seeing) -> schemas.ManagedOut:
        with turn_of(request) as turn:
            return views.managed_out(turn, find_list(turn.session, slug))

    @router.patch("/lists/{slug}", responses=MEMBERS_LISTED, summary="Change a list's public face")
    @limiter.limit(write_limit)
    def change(request: Request, slug: Slug, body: schemas.ListChangesIn, who: Setting) -> schemas.ManagedOut:
        with turn_of(request) as turn:
            changes = body.model_dump(exclude_none=True)
            return views.managed_out(turn, lists.change_list(turn, find_list(turn.session, slug), **changes))

    @router.put(
        "/lists/{slug}/seats/{member_id}",
        status_code=204,
        responses=MEMBERS_LISTED | problems(s409="Not a curator."),
        summary="Let a member curate",
    )
    @limiter.limit(write_limit)
    def seat(request: Request, slug: Slug, member_id: UUID, who: Seating) -> None:
        """Again changes nothing."""
        with turn_of(request) as turn:
            seat_member(turn, find_list(turn.session, slug), member_id)

    @router.delete(
        "/lists/{slug}/seats/{member_id}", status_code=204, responses=MEMBERS_LISTED, summary="Take the seat back"
    )
    @limiter.limit(write_limit)
    def unseat(request: Request, slug: Slug, member_id: UUID, who: Seating) -> None:
        """Their open cases go to others. Again changes nothing."""
        with turn_of(request) as turn:
            lists.unseat(turn, find_list(turn.session, slug), member_id)

    @router.post("/lists/{slug}/policies", status_code=201, responses=MEMBERS_LISTED, summary="Propose rules")
    @limiter.limit(write_limit)
    def propose_rules(request: Request, slug: Slug, body: schemas.PolicyIn, who: Ruling) -> schemas.PolicyOut:
        """They wait for a second admin, and then for 24 hours."""
        with turn_of(request) as turn:
            return propose(turn, find_list(turn.session, slug), who, body)

    @router.post(
        "/lists/{slug}/policies/{policy_id}/approval",
        responses=MEMBERS_LISTED | problems(s409="One's own proposal, or one that was answered."),
        summary="Approve rules as the second admin",
    )
    @limiter.limit(write_limit)
    def approve_rules(request: Request, slug: Slug, policy_id: PolicyId, who: Ruling) -> schemas.PolicyOut:
        with turn_of(request) as turn:
            blocklist = find_list(turn.session, slug)
            in_force = lists.rules_of(turn.session, blocklist, turn.now).model_dump()
            row: ListPolicy = lists.approve_policy(turn, blocklist, policy_id, approver=who.member_id)
            return views.policy_out(row, in_force)

    @router.post("/lists/{slug}/stop", status_code=204, responses=MEMBERS_LISTED, summary="Stop additions")
    @limiter.limit(write_limit)
    def stop(request: Request, slug: Slug, who: Stopping) -> None:
        """Removals go on. Again changes nothing."""
        with turn_of(request) as turn:
            lists.stop(turn, find_list(turn.session, slug), STOPPED)

    @router.post("/lists/{slug}/resume", status_code=204, responses=MEMBERS_LISTED, summary="Let additions go on")
    @limiter.limit(write_limit)
    def resume(request: Request, slug: Slug, who: Stopping) -> None:
        """After somebody looked why they stopped. Again changes nothing."""
        with turn_of(request) as turn:
            lists.resume(turn, find_list(turn.session, slug))

    @router.post(
        "/contributors/{slug}/{tag}",
        status_code=204,
        responses=MEMBERS_LISTED,
        summary="Suspend a contributor of a list",
    )
    @limiter.limit(write_limit)
    def suspend_contributor(
        request: Request, slug: Slug, tag: Tag, body: schemas.SuspensionIn, who: Suspending
    ) -> None:
        """By tag: who it is, nobody here knows. Curators read tags in cases that they decided."""
        with turn_of(request) as turn:
            suspend(turn, find_list(turn.session, slug), tag, suspended=body.suspended)

    return router


def make_audit_router(limiter: Limiter, read_limit: str) -> APIRouter:
    router = APIRouter(prefix="/audit", tags=["audit"])

    @router.get("/lists/{slug}/events", responses=MEMBERS_LISTED, summary="A list's history")
    @limiter.limit(read_limit)
    def list_events(request: Request, slug: Slug, who: Auditing, after: After = 0) -> schemas.EventsOut:
        """Every write, oldest first, with what is needed to check the hashes oneself."""
        with turn_of(request) as turn:
            return views.events_after(turn.session, find_list(turn.session, slug), after)

    @router.get("/lists/{slug}/verify", responses=MEMBERS_LISTED, summary="Check a list's history")
    @limiter.limit("12/minute")
    def verify_list(request: Request, slug: Slug, who: Auditing) -> schemas.ChainOut:
        """Reads it whole."""
        with turn_of(request) as turn:
            return verified(turn, find_list(turn.session, slug))

    return router
