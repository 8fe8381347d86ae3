"""/v1/feedback: what readers say about verdicts, without an account, and how they take it back."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from slowapi import Limiter

from panah.accounts.dependencies import turn_of
from panah.blocklists.routes import LIMITED, SmallBody
from panah.feedback import service
from panah.feedback.schemas import FeedbackIn, FeedbackOut, ToldOut
from panah.limits import refuse_unknown_token
from panah.scoring.routes import problems

Receipt = Annotated[str, Path(max_length=64, description="As it was given: 32 hex digits.")]


def make_router(limiter: Limiter, *, tell_limit: str = "60/hour", receipt_limit: str = "120/minute") -> APIRouter:
    """The routes, limited per client. Needs `app.state.engine` and `app.state.keys`."""
    router = APIRouter(prefix="/v1/feedback", tags=["feedback"], route_class=SmallBody)

    @router.post(
        "",
        status_code=201,
        response_model=ToldOut,
        summary="Say that a verdict was wrong",
        responses=LIMITED
        | problems(
            s401="A token that this server does not know.",
            s413="The body is too large.",
            s422="The request could not be read, or holds a text without consent (text-without-consent).",
        ),
    )
    @limiter.limit(tell_limit)
    def tell(request: Request, body: FeedbackIn) -> service.Told:
        """Keeps the verdict's label, language and score range, and the day. The text is kept with consent only,
        sealed, for 180 days. What was sent without consent but with a text is not kept at all.
        """
        refuse_unknown_token(request)
        with turn_of(request) as turn:
            return service.tell(turn, **body.model_dump())

    @router.get(
        "/{receipt}",
        response_model=FeedbackOut,
        summary="How far it is",
        responses=LIMITED | problems(s404="The receipt is not known here, or what it stood for is gone."),
    )
    @limiter.limit(receipt_limit)
    def look(request: Request, receipt: Receipt) -> FeedbackOut:
        """Whether it is still kept, and was looked at."""
        with turn_of(request) as turn:
            found = service.find_told(turn, receipt)
            return FeedbackOut.model_validate(
                {
                    "state": found.state,
                    "keep_until": found.keep_until,
                    "with_text": found.sealed_text is not None,
                }
            )

    @router.delete("/{receipt}", status_code=204, summary="Take it back", responses=LIMITED)
    @limiter.limit(receipt_limit)
    def forget(request: Request, receipt: Receipt) -> Response:
        """Deletes it, text and labels included. The answer is the same where there was nothing. What was exported
        for training before cannot be called back.
        """
        with turn_of(request) as turn:
            service.forget(turn, receipt)
        return Response(status_code=204)

    return router
