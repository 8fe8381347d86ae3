"""The pages' addresses."""

from pathlib import Path
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.staticfiles import NotModifiedResponse

from panah import __version__
from panah.pages import documents
from panah.pages.assets import OURS, asset
from panah.pages.extension import find_package, find_packages
from panah.pages.languages import DIRECTIONS, Language, asked_for, examples, known, words
from panah.scoring.policy import LABELS, SENSITIVITIES

router = APIRouter(include_in_schema=False)
ASKED = ["GET", "HEAD"]  # FastAPI adds no HEAD by itself, and link previews and monitors ask that way
templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
templates.globals["asset"] = asset
templates.filters["to_html"] = documents.to_html
# For data attributes: the usual `tojson` marks its output as safe, and quotes would end the attribute.
templates.filters["as_json"] = lambda value: orjson.dumps(value).decode()

# Code, status, what to do about it: the targets of the `type` that errors.problem() writes.
PROBLEMS = (
    ("not-json", "400, 415", "The body is not JSON in UTF-8, or was not sent as application/json."),
    ("unknown-token", "401", "The server does not know the token that was sent. Remove or correct it."),
    ("not-found", "404", "There is nothing at this address."),
    ("package-not-found", "404", "The server has no such file of the extension; /extension says which it has."),
    ("method-not-allowed", "405", "The address does not take that method; the Allow header says which it takes."),
    ("unknown-host", "421", "The server does not answer under that name; its operator can allow it."),
    ("body-too-large", "413", "The body is over the server's limit, 512 KiB unless its operator set another."),
    ("invalid-request", "422", "JSON, but not a request for verdicts. Its errors say where and what."),
    ("too-many-requests", "429", "This client asked too often. Wait as many seconds as Retry-After says."),
    ("part-not-found", "404", "The list has fewer parts in that format."),
    ("list-not-published", "404", "The list has not been published yet. Come back in a day."),
    ("import-too-many", "409", "So many accounts would wait that it would take more than a year. Bring in fewer."),
    ("import-too-large", "413", "The file is larger than 20 MB. Split it."),
    ("import-format-unknown", "422", "No format that Panah reads or writes. docs/formats.md has them."),
    ("import-format-ambiguous", "422", "The file fits several formats, with different meanings. Say which it is."),
    ("import-malformed", "422", "The file cannot be read on from that line. Nothing was changed."),
    ("import-refused", "422", "The file has lines that are not taken. Nothing was changed."),
    ("repository-needed", "422", "Records for Bluesky name the account that will hold the list: give its DID."),
    ("unknown-contributor", "401", "The key in Panah-Key was never signed up here: POST /v1/contributors."),
    ("contributor-suspended", "403", "Reports with this key are not taken. Those made can be taken back."),
    ("invitation-needed", "403", "The list takes reports by invitation, and this code cannot be used."),
    ("not-joined", "403", "Join the list first: POST /v1/lists/{slug}/participants."),
    ("foreign-form", "403", "The form was sent from another site's page."),
    ("blocklist-not-found", "404", "There is no such list here."),
    ("contributor-not-found", "404", "The list knows nobody by that tag. Tags change every year."),
    ("feedback-not-found", "404", "What was told is gone: its time was over, or it was taken back."),
    ("look-not-found", "404", "Nothing like this waits for that curator, or there is no such entry."),
    ("notice-not-found", "404", "There is no such notice of that owner."),
    ("protection-not-found", "404", "Nobody waits for protection of that account."),
    ("task-not-found", "404", "There is no such turn of that juror."),
    ("unknown-receipt", "404", "The receipt is not known here. Look whether it was copied whole."),
    ("cannot-curate", "409", "Only active members with the role of curator can curate a list."),
    ("case-conflict", "409", "Somebody else took the case a step further. Look at it again."),
    ("feedback-conflict", "409", "Somebody else labels this at the moment, or has done so."),
    ("list-archived", "409", "The list is closed: nothing is added, and what is on it expires."),
    ("look-closed", "409", "This was answered or decided already, or went to others."),
    ("already-counts", "409", "The ten seconds in which an answer can be taken back are over."),
    ("cannot-reverse", "409", "What came of that answer cannot be turned round."),
    ("nobody-else", "409", "Nobody else could be asked in place of who takes an answer back."),
    ("daily-cap", "409", "That is all the member wanted to answer today. Tomorrow it goes on."),
    ("model-not-found", "404", "There is no model of that name on this server."),
    ("model-unfit", "409", "The model cannot judge here. The list of models says why."),
    ("model-broken", "409", "The model's files could not be loaded. Nothing was changed."),
    ("model-judges", "409", "The model judges already. Another one can run beside it."),
    ("model-moved", "409", "Somebody chose another model meanwhile. Look again."),
    ("notice-closed", "409", "This was answered, or its time is over. An appeal is still possible."),
    ("onboarding-done", "409", "The items were answered already."),
    ("policy-conflict", "409", "One's own proposal, one that was answered, or none."),
    ("policy-outdated", "409", "Other rules of the list were approved since these were proposed."),
    ("threshold-refused", "422", "The thresholds cannot be used. The page names each and says why."),
    ("policy-moved", "409", "Other thresholds have come into force since. Start again from those."),
    ("policy-version-not-found", "404", "The model has no such version of its thresholds."),
    ("policy-version-closed", "409", "The version was answered already, was never in force, or cannot be read."),
    ("second-person-needed", "403", "Whoever proposed thresholds cannot approve them: another admin can."),
    ("no-evidence", "409", "The model came without test replies, so its thresholds cannot be changed here."),
    ("protection-taken", "409", "The account is protected with another key."),
    ("slug-taken", "409", "There is a list at this address already."),
    ("task-closed", "409", "This was answered, or is decided already."),
    ("too-many-invitations", "409", "So many a month, and only by people who have contributed for a while."),
    ("too-many-removals", "409", "One curator removes so many accounts a day at most."),
    ("bad-appeal", "422", "Say for whom and on what ground, in 2,000 characters at most."),
    ("bad-bulk", "422", "Up to 200 cases at once can be rejected, left to expire, or handed to others."),
    ("bad-care", "422", "The limit, the break or the keys are not within what can be set."),
    ("bad-key", "422", "A key is 32 random bytes in base64url, 43 characters."),
    ("report-not-found", "404", "The list has no transparency report for that month, or not yet."),
    ("erasure-refused", "409", "The account is on the list, or something about it is open; or nothing is known."),
    ("too-many-templates", "409", "The list has as many note templates as it may. Delete one first."),
    ("bad-template", "422", "A note template has a title of up to 60 characters, and a text of up to 500."),
    ("not-the-same", "422", "The account was typed differently the second time."),
    ("bad-label", "422", "Say which acts, or that it is none of them."),
    ("bad-look", "422", "Answer with hide, flag, keep or recuse."),
    ("bad-rules", "422", "The rules have an unknown name, or a number that would switch a protection off."),
    ("bad-slug", "422", "A list's address has 1 to 40 small letters, digits and hyphens."),
    ("bad-subject", "422", "Name the account by platform and lasting id, as x:1234567890."),
    ("bad-vote", "422", "Answer with list, keep, unsure or recuse."),
    ("evidence-needed", "422", "Cite one post by the account that can still be seen."),
    ("form-incomplete", "422", "Something in the form is missing or too long."),
    ("onboarding-incomplete", "422", "Answer every item with list or keep."),
    ("text-without-consent", "422", "A text came without consent to keep it. Nothing was kept."),
    ("too-many-reports", "429", "So many reports a day are all that one person can make."),
    ("list-file-not-found", "404", "No such published file. Read /lists/catalogue.json again: it names them all."),
    ("no-catalogue", "404", "Nothing has been published yet. Come back when the first list is."),
    ("squad-not-found", "404", "No squad has that id, or not any more."),
    ("squad-refused", "403", "The secret does not fit the squad. Ask for a new invitation."),
    ("squad-changed", "409", "Somebody else was faster. Read the squad's box again, add to it, and send that."),
    ("squads-full", "507", "No new squads fit on this server. Squads nobody uses go after 400 days."),
    ("growth-refused", "409", "The list grew too much in a day. An admin has to look before it goes on."),
    ("root-missing", "409", "The root key is not on this machine. docs/self-hosting.md says what to do."),
    ("key-refused", "409", "That key or request does not fit this server. `panah keys show` says which it has."),
    ("internal", "500", "Something broke. The server logged it under the X-Request-ID, without your text."),
    ("bad-switch", "422", "A switch of the server needs a reason and a tick."),
    ("read-only", "503", "The server takes no changes for a while. Come back after Retry-After seconds."),
    ("overloaded", "503", "Too many replies wait to be judged. Come back after Retry-After seconds."),
    ("scoring-failed", "503", "The model failed on these replies. Come back after Retry-After seconds."),
    ("not-signed-in", "401", "The address is for members. Sign in first."),
    ("bad-sign-in", "401", "Name, password or code is not right; a code works once."),
    ("passkey-refused", "401", "The passkey was not accepted. Try again, or use the password."),
    ("not-allowed", "403", "The member's roles do not allow it."),
    ("forged", "403", "A change did not come from this server's own page with its token (X-CSRF-Token)."),
    ("grant-refused", "403", "Nobody gives what they may not give, or changes their own roles."),
    ("member-not-found", "404", "There is no such member."),
    ("grant-conflict", "409", "The role does not go with what the member has or what is on its way to them."),
    ("invitation-gone", "409", "The invitation does not exist, was used, or is over."),
    ("name-taken", "409", "Somebody signs in with this name."),
    ("too-many-passkeys", "409", "The member has ten passkeys. Remove one first."),
    ("bad-form", "415", "The form's body is not what this server's pages send."),
    ("bad-name", "422", "The name is too short, too long, or of other characters."),
    ("weak-password", "422", "The password is easy to guess, or has fewer than 12 characters."),
    ("wrong-code", "422", "The code does not fit the authenticator app's key."),
    ("too-many-failures", "429", "Too many failed attempts under one name. Wait, or use a passkey."),
    ("http-error", "other", "The server refused the request; the status says why."),
)


def page(request: Request, template: str, language: Language, **parts: Any) -> Response:
    """A template as a page in `language`. Links carry the language on only where the visitor chose one."""
    chosen = known(request.query_params.get("lang", ""))
    html = templates.get_template(template).render(
        t=words(language),
        language=language,
        direction=DIRECTIONS[language],
        carry=f"?lang={chosen}" if chosen else "",
        path=request.url.path,
        **parts,
    )
    headers = {"Cache-Control": "no-cache", "Content-Language": language, "Vary": "Accept-Language"}
    return HTMLResponse(html, headers=headers)


@router.api_route("/", methods=ASKED)
async def try_it(request: Request) -> Response:
    return page(
        request,
        "try.html",
        asked_for(request),
        current="try",
        examples=examples(),
        labels=LABELS,
        sensitivities=SENSITIVITIES,
    )


@router.api_route("/extension", methods=ASKED)
def extension(request: Request) -> Response:
    packages = find_packages(request.app.state.settings.extension_dir)
    return page(
        request,
        "extension.html",
        asked_for(request),
        current="extension",
        version=__version__,
        packages=packages,
    )


@router.api_route("/extension/{name}", methods=ASKED)
def download(request: Request, name: str) -> Response:
    """One of the zips, as bytes: what the browser already has by its hash is not sent again."""
    package = find_package(request.app.state.settings.extension_dir, name)
    headers = {"Cache-Control": "no-cache", "ETag": f'"{package.sha256}"'}
    answer = FileResponse(package.path, media_type="application/zip", filename=name, headers=headers)
    if StaticFiles().is_not_modified(answer.headers, request.headers):
        return NotModifiedResponse(answer.headers)
    return answer


@router.api_route("/install", methods=ASKED)
async def install(request: Request) -> Response:
    language = asked_for(request)
    return page(request, "document.html", language, current="install", body=documents.render("install", language))


@router.api_route("/privacy", methods=ASKED)
async def privacy(request: Request) -> Response:
    language = asked_for(request)
    return page(request, "document.html", language, current="privacy", body=documents.render("privacy", language))


@router.api_route("/problems", methods=ASKED)
async def problems(request: Request) -> Response:
    return page(request, "problems.html", "en", current="problems", problems=PROBLEMS)


@router.api_route("/docs", methods=ASKED)
async def api_docs(request: Request) -> Response:
    return page(request, "api.html", "en", current="api")


@router.api_route("/robots.txt", methods=ASKED)
async def robots() -> Response:
    return PlainTextResponse("User-agent: *\nDisallow: /\n")


@router.api_route("/favicon.ico", methods=ASKED)
async def favicon() -> Response:
    """Browsers ask for this name on answers that are no pages, such as /openapi.json."""
    return FileResponse(OURS / "mark.svg", media_type="image/svg+xml")
