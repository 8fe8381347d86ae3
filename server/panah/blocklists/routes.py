"""/v1/lists, /v1/contributors, /v1/me and /v1/appeals: for readers, contributors and owners of accounts."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Header, Path, Request, Response
from fastapi.routing import APIRoute
from slowapi import Limiter
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from panah.accounts.dependencies import turn_of
from panah.blocklists import (
    appeals,
    contributions,
    contributors,
    juries,
    lists,
    onboarding,
    protection,
    schemas,
    views,
)
from panah.blocklists.contributors import KEY, UnknownContributor, contributor_of
from panah.blocklists.lists import find_list
from panah.blocklists.tables import Contributor, OwnerNotice, ReviewTask
from panah.blocklists.turn import Turn
from panah.errors import BodyTooLarge
from panah.scoring.routes import problems

T = TypeVar("T")

BODY_MOST = 64 * 1024  # bytes; the longest of these bodies has 20 KiB
SLUG = "^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$"

Slug = Annotated[str, Path(max_length=40, pattern=SLUG, description="The list's address.")]
Key = Annotated[
    str,
    Header(
        alias="Panah-Key",
        description="The contributor's key: 32 random bytes in base64url, 43 characters. Only its digest is kept.",
    ),
]
Handler = Callable[[Request], Coroutine[Any, Any, Response]]

LIMITED = problems(s429="Too many requests; Retry-After says how many seconds to wait.")
LISTED = problems(s404="There is no such list.", s422="The request could not be read.") | LIMITED
SIGNED = problems(s401="This server does not know the key.", s403="Not joined, or suspended.")
CONTRIBUTED = SIGNED | LISTED | problems(s409="The list is closed, or this was done already.")


class SmallBody(APIRoute):
    """Refuses a large body by what it says of its size, before it is read."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def small(request: Request) -> Response:
            length = request.headers.get("content-length", "0")
            if length.isdecimal() and int(length) > BODY_MOST:
                raise BodyTooLarge(f"The body is larger than {BODY_MOST // 1024} KiB.")
            return await handle(request)

        return small


class KeyFirst(SmallBody):
    """Refuses, before the body is read, what brings no key that could be known."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def with_key(request: Request) -> Response:
            if not KEY.fullmatch(request.headers.get("panah-key", "")):
                raise UnknownContributor("Send the key of a contributor in the header Panah-Key.")
            return await handle(request)

        return with_key


def twice(request: Request, work: Callable[[Turn], T]) -> T:
    """What `work` gives in a turn; tried again where another request made the same row at that moment."""
    try:
        with turn_of(request) as turn:
            return work(turn)
    except IntegrityError:
        with turn_of(request) as turn:
            return work(turn)


def owner_of(session: Session, key: str) -> Contributor:
    """Whoever has the key, suspended or not: what one gave can be taken back, and an account stays protected.

    Raises UnknownContributor.
    """
    digest = contributors.digest_key(key)
    found = session.exec(select(Contributor).where(Contributor.key_digest == digest)).first()
    return found or contributor_of(session, key)


def was_answered(row: Any, **said: Any) -> bool:
    """Whether this very answer was given before, and is only sent again."""
    return row is not None and all(getattr(row, name) == value for name, value in said.items())


def make_router(
    limiter: Limiter,
    *,
    read_limit: str = "120/minute",
    write_limit: str = "60/minute",
    sign_up_limit: str = "20/hour",
    appeal_limit: str = "20/hour",
    receipt_limit: str = "30/minute",
) -> APIRouter:
    """The routes, limited per client. Needs `app.state.engine` and `app.state.keys`."""
    router = APIRouter(prefix="/v1")
    router.include_router(make_open_router(limiter, read_limit, sign_up_limit, appeal_limit, receipt_limit))
    router.include_router(make_contributor_router(limiter, read_limit, write_limit))
    router.include_router(make_owner_router(limiter, read_limit, write_limit))
    return router


def make_open_router(
    limiter: Limiter, read_limit: str, sign_up_limit: str, appeal_limit: str, receipt_limit: str
) -> APIRouter:
    """What needs no key, or makes one known."""
    router = APIRouter(tags=["lists"], route_class=SmallBody)

    @router.get("/lists", responses=LIMITED, summary="All lists")
    @limiter.limit(read_limit)
    def show_lists(request: Request) -> schemas.ListsOut:
        """The public face of every list, closed ones too. What is on them is in /lists/catalogue.json."""
        with turn_of(request) as turn:
            return schemas.ListsOut(lists=[views.list_out(one) for one in lists.all_lists(turn.session)])

    @router.post(
        "/contributors",
        status_code=201,
        responses=LIMITED | problems(s422="Not a key as extensions make them."),
        summary="Sign up with a key",
        tags=["contributors"],
    )
    @limiter.limit(sign_up_limit)
    def sign_up(request: Request, panah_key: Key = "") -> schemas.ContributorOut:
        """Makes a key known. Nothing is asked about whoever has it, and a repeat changes nothing."""
        made = twice(request, lambda turn: contributors.register(turn, panah_key))
        return schemas.ContributorOut(joined_on=made.joined_on)

    @router.post(
        "/lists/{slug}/appeals",
        status_code=202,
        responses=LISTED,
        summary="Ask that an account is taken off",
        tags=["appeals"],
    )
    @limiter.limit(appeal_limit)
    def appeal(request: Request, slug: Slug, body: schemas.AppealIn) -> schemas.ReceiptOut:
        """For anybody, without signing in. The answer is the same whether the account is on the list or not."""
        with turn_of(request) as turn:
            blocklist = find_list(turn.session, slug)
            return schemas.ReceiptOut(receipt=appeals.file_appeal(turn, blocklist, **body.model_dump()))

    @router.post(
        "/appeals/status",
        responses=LIMITED | problems(s404="That receipt is not known."),
        summary="How an appeal stands",
        tags=["appeals"],
    )
    @limiter.limit(receipt_limit)
    def appeal_status(request: Request, body: schemas.ReceiptIn) -> schemas.AppealOut:
        """A POST, so that receipts stand in no address. An account that is on no list waits, then is moot."""
        with turn_of(request) as turn:
            found = appeals.appeal_status(turn.session, turn.keys, body.receipt)
            return views.told(turn.session, found, turn.now)

    return router


def make_contributor_router(limiter: Limiter, read_limit: str, write_limit: str) -> APIRouter:
    """Joining, reporting, taking back, and turns on juries."""
    router = APIRouter(tags=["contributors"], route_class=KeyFirst)

    @router.delete("/me", status_code=204, responses=LIMITED, summary="Forget me")
    @limiter.limit(write_limit)
    def forget_me(request: Request, panah_key: Key) -> None:
        """Deletes the key, all reports and every tag. Decisions that others made stay. Again changes nothing."""
        with turn_of(request) as turn:
            try:
                mine = owner_of(turn.session, panah_key)
            except UnknownContributor:
                return
            contributions.forget(turn, mine)

    @router.post("/lists/{slug}/participants", status_code=201, responses=CONTRIBUTED, summary="Join a list")
    @limiter.limit(write_limit)
    def join(
        request: Request, slug: Slug, panah_key: Key, body: schemas.JoinIn | None = None
    ) -> schemas.StandingOut:
        """Begins with a time of probation. A repeat changes nothing."""
        with turn_of(request) as turn:
            mine, blocklist = contributor_of(turn.session, panah_key), find_list(turn.session, slug)
            joined = contributors.join(turn, blocklist, mine, body.invitation if body else None)
            return views.standing_out(turn, blocklist, joined)

    @router.get("/lists/{slug}/me", responses=SIGNED | LISTED, summary="How a list sees me")
    @limiter.limit(read_limit)
    def my_standing(request: Request, slug: Slug, panah_key: Key) -> schemas.StandingOut:
        """In words. Raised neither by many reports nor by fast ones."""
        with turn_of(request) as turn:
            return views.standing_on(turn, find_list(turn.session, slug), owner_of(turn.session, panah_key))

    @router.get("/lists/{slug}/onboarding", responses=SIGNED | LISTED, summary="What to answer first")
    @limiter.limit(read_limit)
    def onboarding_items(request: Request, slug: Slug, panah_key: Key) -> schemas.ItemsOut:
        """Made-up accounts in words, always the same ones for the same person."""
        with turn_of(request) as turn:
            mine, blocklist = contributor_of(turn.session, panah_key), find_list(turn.session, slug)
            items = onboarding.items_for(turn, blocklist, mine)
        return schemas.ItemsOut(
            items=[schemas.ItemOut(id=one.id, text=schemas.ItemText(en=one.en, ur=one.ur)) for one in items]
        )

    @router.post("/lists/{slug}/onboarding", responses=CONTRIBUTED, summary="Answer it")
    @limiter.limit(write_limit)
    def onboarding_answers(
        request: Request, slug: Slug, panah_key: Key, body: schemas.AnswersIn
    ) -> schemas.StandingOut:
        """Once. Nobody is told which answers were right."""
        with turn_of(request) as turn:
            mine, blocklist = contributor_of(turn.session, panah_key), find_list(turn.session, slug)
            answered = onboarding.answer(turn, blocklist, mine, dict(body.answers))
            return views.standing_out(turn, blocklist, answered)

    @router.post("/lists/{slug}/contributions", status_code=201, responses=CONTRIBUTED, summary="Report an account")
    @limiter.limit(write_limit)
    def contribute(
        request: Request, slug: Slug, panah_key: Key, body: schemas.ContributionIn
    ) -> schemas.ContributionOut:
        """One report of one account on one list; a repeat returns the first. Its day is kept, never its time."""

        def work(turn: Turn) -> schemas.ContributionOut:
            mine, blocklist = contributor_of(turn.session, panah_key), find_list(turn.session, slug)
            made = contributions.contribute(turn, blocklist, mine, **body.model_dump())
            return schemas.ContributionOut(id=made.id, reported_on=made.reported_on)

        return twice(request, work)

    @router.delete(
        "/lists/{slug}/contributions/{contribution_id}",
        status_code=204,
        responses=SIGNED | LISTED,
        summary="Take a report back",
    )
    @limiter.limit(write_limit)
    def take_back(request: Request, slug: Slug, contribution_id: UUID, panah_key: Key) -> None:
        """Also for ids that are unknown, or somebody else's: then nothing happens."""
        with turn_of(request) as turn:
            mine, blocklist = owner_of(turn.session, panah_key), find_list(turn.session, slug)
            contributions.withdraw(turn, blocklist, mine, contribution_id)

    @router.delete("/me/contributions", responses=SIGNED | LIMITED, summary="Take all my reports back")
    @limiter.limit(write_limit)
    def take_all_back(request: Request, panah_key: Key) -> schemas.DeletedOut:
        """On all lists, imports that wait included. Decisions that others made stay."""
        with turn_of(request) as turn:
            return schemas.DeletedOut(deleted=contributions.delete_mine(turn, owner_of(turn.session, panah_key)))

    @router.post("/lists/{slug}/invitations", status_code=201, responses=CONTRIBUTED, summary="Invite somebody")
    @limiter.limit(write_limit)
    def invite(request: Request, slug: Slug, panah_key: Key) -> schemas.InvitationOut:
        """A code for one person. Only from people in good standing, and so many a month."""
        with turn_of(request) as turn:
            mine, blocklist = contributor_of(turn.session, panah_key), find_list(turn.session, slug)
            code, expires_on = contributors.invite(turn, blocklist, mine)
        return schemas.InvitationOut(code=code, expires_on=expires_on)

    @router.get("/me/tasks", responses=SIGNED | LIMITED, summary="My turns on juries")
    @limiter.limit(read_limit)
    def my_tasks(request: Request, panah_key: Key) -> schemas.TasksOut:
        """Drawn by lot, on all lists, the most urgent first."""
        with turn_of(request) as turn:
            return schemas.TasksOut(tasks=views.task_list(turn, contributor_of(turn.session, panah_key)))

    @router.post(
        "/me/tasks/{task_id}",
        status_code=204,
        responses=SIGNED | LIMITED | problems(s404="No such turn of yours.", s409="Answered or over."),
        summary="Vote",
    )
    @limiter.limit(write_limit)
    def vote(request: Request, task_id: UUID, panah_key: Key, body: schemas.VoteIn) -> None:
        """Answers one turn. The same answer again changes nothing."""
        with turn_of(request) as turn:
            mine = contributor_of(turn.session, panah_key)
            try:
                juries.vote(turn, mine, task_id, body.vote, body.disclosure)
            except juries.TaskClosed:
                task = turn.session.get(ReviewTask, task_id)
                if not was_answered(task, vote=body.vote, disclosure=body.disclosure):
                    raise

    return router


def make_owner_router(limiter: Limiter, read_limit: str, write_limit: str) -> APIRouter:
    """Survivors' own accounts: protection, and what is asked before anything is published."""
    router = APIRouter(tags=["owners"], route_class=KeyFirst)

    @router.get("/me/notices", responses=SIGNED | LIMITED, summary="What I am asked as an owner")
    @limiter.limit(read_limit)
    def my_notices(request: Request, panah_key: Key) -> schemas.NoticesOut:
        """Curators would list a protected account: nothing is published before its owner was asked."""
        with turn_of(request) as turn:
            mine = owner_of(turn.session, panah_key)
            return schemas.NoticesOut(notices=views.notice_list(turn.session, mine))

    @router.post(
        "/me/notices/{notice_id}",
        status_code=204,
        responses=SIGNED | LIMITED | problems(s404="No such notice of yours.", s409="Answered or over."),
        summary="Answer as an owner",
    )
    @limiter.limit(write_limit)
    def answer_notice(request: Request, notice_id: UUID, panah_key: Key, body: schemas.NoticeAnswerIn) -> None:
        """A doubt has three others look afresh. The same answer again changes nothing."""
        with turn_of(request) as turn:
            mine = owner_of(turn.session, panah_key)
            try:
                protection.answer_notice(turn, mine, notice_id, body.answer)
            except protection.NoticeClosed:
                if not was_answered(turn.session.get(OwnerNotice, notice_id), answer=body.answer):
                    raise

    @router.post(
        "/me/protection",
        status_code=201,
        responses=SIGNED | LIMITED | problems(s409="Protected with another key.", s422="Not an account."),
        summary="Protect my account",
    )
    @limiter.limit(write_limit)
    def protect(request: Request, panah_key: Key, body: schemas.SubjectIn) -> schemas.ProtectionOut:
        """Gives a code for the account's profile. Once two members have seen it there, the account is protected."""

        def work(turn: Turn) -> schemas.ProtectionOut:
            made = protection.ask_protection(turn, owner_of(turn.session, panah_key), body.subject)
            return schemas.ProtectionOut.model_validate({"code": made.code, "status": made.status})

        return twice(request, work)

    @router.get("/me/protection", responses=SIGNED | LIMITED, summary="My protected accounts")
    @limiter.limit(read_limit)
    def my_protection(request: Request, panah_key: Key) -> schemas.ProtectedAccountsOut:
        """The server keeps keyed digests of accounts only, so it cannot name them."""
        with turn_of(request) as turn:
            mine = protection.protections_of(turn.session, owner_of(turn.session, panah_key))
        return schemas.ProtectedAccountsOut.model_validate({"accounts": mine}, from_attributes=True)

    @router.delete("/me/protection", status_code=204, responses=SIGNED | LIMITED, summary="Give protection up")
    @limiter.limit(write_limit)
    def unprotect(request: Request, panah_key: Key, body: schemas.SubjectIn) -> None:
        """For an account that is not protected with this key nothing happens."""
        with turn_of(request) as turn:
            protection.end_protection(turn, owner_of(turn.session, panah_key), body.subject)

    return router
