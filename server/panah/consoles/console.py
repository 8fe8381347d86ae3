"""Routes of the consoles: there is none without a permission, and none that changes anything without a token.

def add(console: Console) -> None:
    @console.get("/admin/models", Permission.MODEL_SEE)
    def models(request: Request, who: Who) -> Response: ...

    @console.post("/admin/models/activate", Permission.MODEL_SWITCH)
    def activate(request: Request, who: Who, fields: Form) -> Response: ...
"""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from slowapi import Limiter

from panah.accounts.dependencies import SignedIn, needs, signed_in
from panah.accounts.permissions import Permission

Who = Annotated[SignedIn, Depends(signed_in)]
Route = Callable[..., Any]

FORM_LIMIT = "120/minute"


class Console:
    """A router whose routes each name what they need. `signed_in` checks the token of every change."""

    def __init__(self, limiter: Limiter) -> None:
        self.limiter = limiter
        self.router = APIRouter(include_in_schema=False, dependencies=[Depends(signed_in)])
        self.names: set[str] = set()
        self.needed: dict[tuple[str, str], frozenset[Permission]] = {}  # by method and path

    def get(self, path: str, *permissions: Permission) -> Callable[[Route], Route]:
        """A page for members who have all of these permissions."""
        return self.router.get(path, dependencies=self._guard("GET", path, permissions))

    def post(self, path: str, *permissions: Permission, limit: str = FORM_LIMIT) -> Callable[[Route], Route]:
        """A change, by members who have all of these permissions, so many times per address."""
        guard = self._guard("POST", path, permissions)

        def add(route: Route) -> Route:
            name = f"{route.__module__}.{route.__name__}"
            if name in self.names:
                raise TypeError(f"there is another {name}: slowapi would count them together, by either limit")
            self.names.add(name)
            made: Route = self.router.post(path, dependencies=guard)(self.limiter.limit(limit)(route))
            return made

        return add

    def _guard(self, method: str, path: str, permissions: tuple[Permission, ...]) -> list[Any]:
        if not permissions:
            raise TypeError(f"{method} {path} names no permission")
        self.needed[method, path] = frozenset(permissions)
        return [Depends(needs(*permissions))]
